using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>What every call of a host shares: its services, settings, clock and log.</summary>
internal sealed class ThriftServerRuntime(IOptions<ThriftServerOptions> options, IHostEnvironment environment, ILoggerFactory loggerFactory)
{
    internal ThriftServerOptions Options { get; } = options.Value;

    internal ThriftServiceRegistry Services { get; } = new();

    internal ILogger Logger { get; } = loggerFactory.CreateLogger("Rx.ThriftStreams.Server");

    internal bool RevealErrors => Options.RevealErrors ?? environment.IsDevelopment();
}
