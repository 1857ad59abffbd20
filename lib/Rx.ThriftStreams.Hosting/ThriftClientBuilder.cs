using Microsoft.Extensions.DependencyInjection;

namespace Rx.ThriftStreams.Hosting;

/// <summary>The builder of a client.</summary>
internal sealed class ThriftClientBuilder(string name, IServiceCollection services) : IThriftClientBuilder
{
    public string Name { get; } = name;

    public IServiceCollection Services { get; } = services;
}
