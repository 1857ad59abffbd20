using System.Threading.RateLimiting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.AspNetCore;

/// <summary>Settings of the Thrift services of a host.</summary>
/// <remarks>Copied when the server starts: later changes have no effect.</remarks>
public sealed class ThriftServerOptions
{
    /// <summary>
    /// Whether callers see the texts of exceptions that were not meant for them. Default <see langword="null"/>: only where the host's
    /// environment is Development; a <see cref="ThriftServer"/> has no environment. Kitex always shows them. Meant for the caller are
    /// <see cref="ThriftStatusException"/>, <see cref="ThriftBizStatusException"/> and exceptions that the IDL declares.
    /// </summary>
    public bool? RevealErrors { get; set; }

    /// <summary>Middleware around the whole handling of each call; the first is the outermost. Default: none.</summary>
    public IList<ThriftServerStreamMiddleware> StreamMiddleware { get; private set; } = [];

    /// <summary>Middleware around sending each response; the first is the outermost. Default: none.</summary>
    public IList<ThriftSendMiddleware> SendMiddleware { get; private set; } = [];

    /// <summary>Middleware around receiving each request; the first is the outermost. Default: none.</summary>
    public IList<ThriftReceiveMiddleware> ReceiveMiddleware { get; private set; } = [];

    /// <summary>
    /// Rules that reject calls before their handlers run; the first reason counts. They run after authentication and authorization, before all middleware. Default: none.
    /// </summary>
    public IList<ThriftRejectRule> RejectRules { get; private set; } = [];

    /// <summary>
    /// Limits calls by anything in their context, for instance by a rate for each <see cref="ThriftServerContext.CallerService"/>: every call acquires one permit, and
    /// keeps it until its handler has ended. With a queue in the limiter, calls wait. Calls that get no permit end with
    /// <see cref="ThriftStatusCode.ResourceExhausted"/>. Default <see langword="null"/>: none. The server does not dispose it. For limits that are the same for all
    /// callers see <see cref="ThriftTrafficLimits"/>.
    /// </summary>
    public PartitionedRateLimiter<ThriftServerContext>? CallLimiter { get; set; }

    /// <summary>Refuses calls that the server is too busy to handle. Default <see langword="null"/>: none are refused.</summary>
    public ThriftLoadSheddingOptions? LoadShedding { get; set; }

    /// <summary>
    /// How long calls may still run when the server stops, on every transport. Default 5 s, as in Kitex; <see cref="Timeout.InfiniteTimeSpan"/> for as long as the
    /// host waits. Then their tokens are cancelled, and a second later their connections are closed, unless other requests over HTTP/2 run on them: these may run as
    /// long as the host waits. Keep <c>HostOptions.ShutdownTimeout</c> more than a second longer. Handlers learn of the stop at its beginning by
    /// <see cref="ThriftServerContext.Stopping"/>.
    /// </summary>
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long what arrives is still served when the server stops, or when a connection has reached its greatest age, on every transport: it was sent before the peer
    /// knew. Default 100 ms, as in Kitex; more for callers that are far away or slow to read. A connection without calls is kept for this time too, so it adds to
    /// the time of a stop.
    /// </summary>
    public TimeSpan ShutdownNotice { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// The path at which ports answer probes in HTTP/1.1, for load balancers that do not speak <c>grpc.health.v1</c>: <c>GET</c> and <c>HEAD</c> get 200 while the server serves, and 503 while a health
    /// check of the host is unhealthy. Such a connection gets one answer and ends. Callers need no credentials. Default <see langword="null"/>: HTTP/1 is refused. Must begin with a slash.
    /// </summary>
    public string? HttpProbePath { get; set; }

    /// <summary>The clock of deadlines and of all limits. Default: the system's.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Limits of what callers can make the server hold, run or wait for.</summary>
    public ThriftServerLimits Limits { get; private set; } = new();

    /// <summary>Settings of the gRPC transport.</summary>
    public ThriftGrpcServerOptions Grpc { get; private set; } = new();

    /// <summary>Settings of the TTHeader Streaming transport.</summary>
    public ThriftTTHeaderServerOptions TTHeader { get; private set; } = new();

    /// <summary>Settings of the ping-pong transports.</summary>
    public ThriftPingPongServerOptions PingPong { get; private set; } = new();

    /// <summary>What is reported about calls while they run.</summary>
    public ThriftTelemetryOptions Telemetry { get; private set; } = new();

    /// <summary>Where the values come from, for errors; <see langword="null"/> if it is code alone.</summary>
    internal IConfigurationSection? Section { get; set; }

    /// <summary>Run when the host starts, and fail if a dependency of middleware is not registered.</summary>
    internal List<Action<IServiceProvider>> StartChecks { get; } = [];

    /// <summary>An immutable copy, which a server keeps. Throws if a value is invalid, naming its option.</summary>
    internal ThriftServerOptions Snapshot()
    {
        try
        {
            Validate();
        }
        catch (ArgumentOutOfRangeException refused) when (OptionSection.FailureOf(Section, refused) is { } failure)
        {
            throw new OptionsValidationException(string.Empty, typeof(ThriftServerOptions), [failure]);
        }

        var copy = (ThriftServerOptions)MemberwiseClone();
        copy.StreamMiddleware = [.. StreamMiddleware];
        copy.SendMiddleware = [.. SendMiddleware];
        copy.ReceiveMiddleware = [.. ReceiveMiddleware];
        copy.RejectRules = [.. RejectRules];
        copy.LoadShedding = LoadShedding?.Snapshot();
        copy.Limits = (ThriftServerLimits)Limits.Snapshot();
        copy.Grpc = Grpc.Snapshot();
        copy.TTHeader = TTHeader.Snapshot();
        copy.PingPong = PingPong.Snapshot();
        copy.Telemetry = Telemetry.Snapshot();
        return copy;
    }

    private void Validate()
    {
        OptionChecks.NotNull(TimeProvider, nameof(TimeProvider));
        OptionChecks.TimeLimitOrZero(ShutdownTimeout, nameof(ShutdownTimeout));
        OptionChecks.TimeOrZero(ShutdownNotice, nameof(ShutdownNotice));
        if (HttpProbePath is not null && !HttpProbePath.StartsWith('/'))
        {
            throw new ArgumentException($"{nameof(HttpProbePath)} must begin with a slash, but is \"{HttpProbePath}\".", nameof(HttpProbePath));
        }

        LoadShedding?.Validate(nameof(LoadShedding));
        Limits.Validate(nameof(Limits));
        Grpc.Validate(nameof(Grpc));
        TTHeader.Validate(nameof(TTHeader));
        Telemetry.Validate(nameof(Telemetry));
    }
}
