using System.Net.Security;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams;

/// <summary>Settings of a <see cref="ThriftChannel"/>.</summary>
/// <remarks>Copied when the channel is created: later changes affect only channels that are created afterwards.</remarks>
public sealed class ThriftChannelOptions
{
    /// <summary>Options that calls inherit. Default: none are set.</summary>
    public ThriftCallOptions Defaults { get; set; } = ThriftCallOptions.None;

    /// <summary>
    /// Options that the calls of single methods inherit, over <see cref="Defaults"/>, by the name of the method in the IDL, such as <c>Echo</c>, or with that of its service, <c>TestService/Echo</c>, and its package,
    /// <c>echo.TestService/Echo</c>. A longer name beats a shorter one. Options of a client or a call beat them. Default: none.
    /// </summary>
    public IDictionary<string, ThriftCallOptions> Methods { get; private set; } = new Dictionary<string, ThriftCallOptions>(StringComparer.Ordinal);

    /// <summary>
    /// How streaming methods travel: <see cref="ThriftTransport.Grpc"/> or <see cref="ThriftTransport.TTHeaderStreaming"/>.
    /// Default: by the scheme of the address.
    /// </summary>
    public ThriftTransport? StreamTransport { get; set; }

    /// <summary>
    /// How ping-pong methods travel, and unary ones unless streams travel over gRPC. Default: gRPC for a <c>grpc</c> address,
    /// <see cref="ThriftTransport.TTHeaderFramed"/> for a <c>ttheader</c> one.
    /// </summary>
    public ThriftTransport? PingPongTransport { get; set; }

    /// <summary>The name of the called service in Kitex's registry: the <c>:authority</c> over gRPC. Default: the endpoint.</summary>
    public string? DestinationService { get; set; }

    /// <summary>The name under which this process is known to others. Default: none.</summary>
    public string? ServiceName { get; set; }

    /// <summary>
    /// Whether a call made while a server call is handled inherits its deadline, cancellation and metainfo. Default <see langword="true"/>.
    /// <see cref="ThriftCallOptions.FlowServerContext"/> overrides it for one call.
    /// </summary>
    public bool FlowServerContext { get; set; } = true;

    /// <summary>
    /// How far transient metainfo travels when <see cref="FlowServerContext"/> is on. Default <see cref="ThriftTransientPropagation.SingleHop"/>;
    /// Kitex's own default is <see cref="ThriftTransientPropagation.EveryHop"/>.
    /// </summary>
    public ThriftTransientPropagation TransientPropagation { get; set; }

    /// <summary>Middleware around the creation of each stream; the first is the outermost. Default: none.</summary>
    public IList<ThriftClientStreamMiddleware> StreamMiddleware { get; private set; } = [];

    /// <summary>Middleware around sending each request; the first is the outermost. Default: none.</summary>
    public IList<ThriftSendMiddleware> SendMiddleware { get; private set; } = [];

    /// <summary>Middleware around receiving each response; the first is the outermost. Default: none.</summary>
    public IList<ThriftReceiveMiddleware> ReceiveMiddleware { get; private set; } = [];

    /// <summary>
    /// Whether calls carry the trace context of <see cref="System.Diagnostics.Activity.Current"/> in their headers, as W3C <c>traceparent</c>, over transports
    /// that have headers. Default <see langword="true"/>.
    /// </summary>
    public bool PropagateTraceContext { get; set; } = true;

    /// <summary>The clock of every time limit and breaker. Default: the system's.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Creates the channel's loggers. Default: none; the channel does not log.</summary>
    public ILoggerFactory LoggerFactory { get; set; } = NullLoggerFactory.Instance;

    /// <summary>
    /// TLS settings of every transport, used with a <c>grpcs</c> or <c>ttheaders</c> address: client certificates, validation, versions.
    /// Default: the system's trust. The expected name is the endpoint's host unless <see cref="SslClientAuthenticationOptions.TargetHost"/> is set.
    /// </summary>
    public SslClientAuthenticationOptions? TlsOptions { get; set; }

    /// <summary>
    /// Finds the endpoints of the address: <see cref="ThriftResolver"/>. Default <see langword="null"/>: by the address, which lists endpoints or selects a resolver by
    /// its scheme. With a resolver the address has the form <c>grpc://target</c>.
    /// </summary>
    public ThriftResolver? Resolver { get; set; }

    /// <summary>How streams are spread over the endpoints. Default <see langword="null"/>: smooth weighted round robin.</summary>
    public ThriftBalancer? Balancer { get; set; }

    /// <summary>How the channel follows the endpoints of its service.</summary>
    public ThriftDiscoveryOptions Discovery { get; private set; } = new();

    /// <summary>What happens when a stream cannot be created: connect timeout, further endpoints, circuit breakers.</summary>
    public ThriftResilienceOptions Resilience { get; private set; } = new();

    /// <summary>Bounds of what a server can make the channel hold.</summary>
    public ThriftLimits Limits { get; private set; } = new();

    /// <summary>How calls share the connections of the transports other than gRPC.</summary>
    public ThriftConnectionOptions Connections { get; private set; } = new();

    /// <summary>Settings of the gRPC transport.</summary>
    public ThriftGrpcOptions Grpc { get; private set; } = new();

    /// <summary>Settings of the TTHeader transports.</summary>
    public ThriftTTHeaderOptions TTHeader { get; private set; } = new();

    /// <summary>Settings of ping-pong calls to servers of Apache Thrift.</summary>
    public ThriftPingPongOptions PingPong { get; private set; } = new();

    /// <summary>What is reported about calls while they run.</summary>
    public ThriftTelemetryOptions Telemetry { get; private set; } = new();

    /// <summary>Looks up the addresses of a host name, for resolving and for connecting. Tests replace it.</summary>
    internal Func<string, CancellationToken, Task<System.Net.IPAddress[]>> Lookup { get; set; } = System.Net.Dns.GetHostAddressesAsync;

    /// <summary>Policies that come from outside of the program; <see langword="null"/> for none.</summary>
    internal CallPolicies? Policies { get; set; }

    /// <summary>An immutable copy, which a channel keeps. Throws if a value is invalid, naming its option.</summary>
    internal ThriftChannelOptions Snapshot()
    {
        Validate();
        var copy = (ThriftChannelOptions)MemberwiseClone();
        copy.Defaults = Defaults.Snapshot();
        copy.Methods = Methods.ToDictionary(static pair => pair.Key, static pair => pair.Value.Snapshot(), StringComparer.Ordinal);
        copy.TlsOptions = TlsOptions?.Snapshot();
        copy.StreamMiddleware = [.. StreamMiddleware];
        copy.SendMiddleware = [.. SendMiddleware];
        copy.ReceiveMiddleware = [.. ReceiveMiddleware];
        copy.Discovery = Discovery.Snapshot();
        copy.Resilience = Resilience.Snapshot();
        copy.Limits = Limits.Snapshot();
        copy.Connections = Connections.Snapshot();
        copy.Grpc = Grpc.Snapshot();
        copy.TTHeader = TTHeader.Snapshot();
        copy.PingPong = PingPong.Snapshot();
        copy.Telemetry = Telemetry.Snapshot();
        return copy;
    }

    private void Validate()
    {
        OptionChecks.NotNull(Defaults, nameof(Defaults));
        OptionChecks.NotNull(TimeProvider, nameof(TimeProvider));
        OptionChecks.NotNull(LoggerFactory, nameof(LoggerFactory));
        OptionChecks.Authority(DestinationService, nameof(DestinationService));
        Defaults.Validate(nameof(Defaults));
        foreach (var (method, options) in Methods)
        {
            var name = $"{nameof(Methods)}[\"{method}\"]";
            OptionChecks.NotNull(options, name);
            options.Validate(name);
        }

        Discovery.Validate(nameof(Discovery));
        Resilience.Validate(nameof(Resilience));
        Limits.Validate(nameof(Limits));
        Connections.Validate(nameof(Connections));
        Grpc.Validate(nameof(Grpc));
        TTHeader.Validate(nameof(TTHeader));
        PingPong.Validate(nameof(PingPong));
        Telemetry.Validate(nameof(Telemetry));
    }
}
