using Microsoft.Extensions.DependencyInjection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rx.ThriftStreams.AspNetCore.Access;
using Rx.ThriftStreams.AspNetCore.Protection;
using Rx.ThriftStreams.Diagnostics;
using Rx.ThriftStreams.Sockets;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>What every call of a host shares: its services, settings, clock and log.</summary>
internal sealed class ThriftServerRuntime : IDisposable
{
    private readonly IHostEnvironment _environment;

    public ThriftServerRuntime(
        IServiceProvider services,
        IOptions<ThriftServerOptions> options,
        IOptionsMonitor<ThriftTrafficLimits> traffic,
        IHostEnvironment environment,
        IHostApplicationLifetime lifetime,
        ILoggerFactory loggerFactory)
    {
        _environment = environment;
        Stopping = lifetime.ApplicationStopping;
        Options = options.Value.Snapshot();
        Logger = loggerFactory.CreateLogger("Rx.ThriftStreams.Server");
        Events = new EventHub(Logger);
        Entries = new EntryLimits(Logger, Options.TimeProvider);
        Calls = new CallWatch(ThriftCallSide.Server, Events, Logger, Options.TimeProvider, Options.Telemetry, Entries);
        Memory = new PeerMemory(Options.Limits.MaxTotalMemory);
        Sweep = new ConnectionSweep(Options.TimeProvider);
        Access = new AccessRules(services);
        Router = new ServiceRouter(this);
        Fallbacks = new RawFallbacks(Options);
        HandlerFailures = new HandlerFailureLog(Logger, Options.TimeProvider);
        UnhandledErrors = new UnhandledErrorLog(Logger, Entries);
        Traffic = new TrafficControl(traffic, Options.TimeProvider, Logger);
        Guard = CallGuard.Of(Options);
        Policy = MethodPolicy.Of(Options, [], services);
        foreach (var check in Options.StartChecks)
        {
            check(services);
        }
    }

    /// <summary>The runtime of a host.</summary>
    /// <exception cref="InvalidOperationException"><c>AddThriftStreams()</c> was not called.</exception>
    internal static ThriftServerRuntime Of(IServiceProvider services) => services.GetService<ThriftServerRuntime>()
        ?? throw new InvalidOperationException("Thrift services are not registered. Call builder.Services.AddThriftStreams() first.");

    /// <summary>A snapshot: never changed.</summary>
    internal ThriftServerOptions Options { get; }

    /// <summary>The host has begun to stop; its connections drain a little later.</summary>
    internal CancellationToken Stopping { get; }

    internal ThriftServiceRegistry Services { get; } = new();

    internal ServiceRouter Router { get; }

    /// <summary>Whether services are also served as JSON, over HTTP of any version.</summary>
    internal bool IsServedAsJson { get; set; }

    /// <summary>Handle calls to unknown methods.</summary>
    internal RawFallbacks Fallbacks { get; }

    /// <summary>The checks for the calls of each method.</summary>
    internal AccessRules Access { get; }

    /// <summary>Bounds the entries that callers can cause, and those of handlers that fail: a fault that every call meets would fill the log with its stack.</summary>
    internal EntryLimits Entries { get; }

    /// <summary>Logs handlers that fail with faults of a server.</summary>
    internal HandlerFailureLog HandlerFailures { get; }

    /// <summary>Logs errors of requests that reach no handler.</summary>
    internal UnhandledErrorLog UnhandledErrors { get; }

    internal ILogger Logger { get; }

    internal EventHub Events { get; }

    /// <summary>The calls that are observed.</summary>
    internal CallWatch Calls { get; }

    /// <summary>What the peers of all connections make this server hold.</summary>
    internal PeerMemory Memory { get; }

    /// <summary>Checks the time limits of connections.</summary>
    internal ConnectionSweep Sweep { get; }

    /// <summary>How much traffic the host accepts.</summary>
    internal TrafficControl Traffic { get; }

    /// <summary>Protects handlers; <see langword="null"/> if nothing does.</summary>
    internal CallGuard? Guard { get; }

    /// <summary>The middleware and rules of all methods.</summary>
    internal MethodPolicy Policy { get; }

    internal bool RevealErrors => Options.RevealErrors ?? _environment.IsDevelopment();

    /// <summary>What one connection makes this server hold. Its transport closes it when the connection ends.</summary>
    internal PeerMemory CreateConnectionMemory() => new(Options.Limits.MaxConnectionMemory, Memory);

    public void Dispose()
    {
        Traffic.Dispose();
        Sweep.Dispose();
        Calls.Dispose();
        HandlerFailures.Dispose();
        Entries.Dispose();
        Events.Complete();
    }
}
