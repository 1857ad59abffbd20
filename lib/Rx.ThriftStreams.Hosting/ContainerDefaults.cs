using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Rx.ThriftStreams.Hosting;

/// <summary>What a client takes from its container unless its options set it. Runs before them.</summary>
internal sealed class ContainerDefaults(IServiceProvider provider) : IConfigureNamedOptions<ThriftClientOptions>
{
    public void Configure(string? name, ThriftClientOptions options)
    {
        options.Channel.LoggerFactory = provider.GetService<ILoggerFactory>() ?? options.Channel.LoggerFactory;
        options.Channel.TimeProvider = provider.GetService<TimeProvider>() ?? options.Channel.TimeProvider;
    }

    public void Configure(ThriftClientOptions options) => Configure(string.Empty, options);
}
