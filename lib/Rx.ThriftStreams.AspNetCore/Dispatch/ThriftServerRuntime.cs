using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rx.ThriftStreams.Diagnostics;
using Rx.ThriftStreams.Middleware;

namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>What every call of a host shares: its services, settings, clock and log.</summary>
internal sealed class ThriftServerRuntime : IDisposable
{
    private readonly IHostEnvironment _environment;

    public ThriftServerRuntime(IOptions<ThriftServerOptions> options, IHostEnvironment environment, ILoggerFactory loggerFactory)
    {
        _environment = environment;
        Options = options.Value;
        Logger = loggerFactory.CreateLogger("Rx.ThriftStreams.Server");
        Events = new EventHub(Logger);
        if (Options.StreamMiddleware.Count + Options.SendMiddleware.Count + Options.ReceiveMiddleware.Count > 0)
        {
            Middleware = new([.. Options.StreamMiddleware], [.. Options.SendMiddleware], [.. Options.ReceiveMiddleware]);
        }
    }

    internal ThriftServerOptions Options { get; }

    internal ThriftServiceRegistry Services { get; } = new();

    internal ILogger Logger { get; }

    internal EventHub Events { get; }

    /// <summary>The middleware; <see langword="null"/> if there is none.</summary>
    internal ServerMiddleware? Middleware { get; }

    internal bool RevealErrors => Options.RevealErrors ?? _environment.IsDevelopment();

    public void Dispose() => Events.Complete();
}
