using System.Net.Security;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Rx.ThriftStreams;

/// <summary>Settings of a <see cref="ThriftChannel"/>. Read once, when the channel is made.</summary>
public sealed class ThriftChannelOptions
{
    /// <summary>Settings of every call that does not say otherwise.</summary>
    public ThriftCallOptions Defaults { get; set; }

    /// <summary>
    /// How streaming methods travel: <see cref="ThriftTransport.Grpc"/> or <see cref="ThriftTransport.TTHeaderStreaming"/>.
    /// Default: what the address says.
    /// </summary>
    public ThriftTransport? StreamTransport { get; set; }

    /// <summary>
    /// How ping-pong methods travel, and unary ones unless streams travel over gRPC. Default: gRPC for a <c>grpc</c> address,
    /// <see cref="ThriftTransport.TTHeaderFramed"/> for a <c>ttheader</c> one.
    /// </summary>
    public ThriftTransport? PingPongTransport { get; set; }

    /// <summary>How long creating a stream may take for each endpoint tried. Default 3 s: the first call of a process also waits for
    /// code to be compiled. <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>The circuit breakers around creating streams; <see langword="null"/> for none. Default: on, with the defaults of <see cref="ThriftCircuitBreakerOptions"/>.</summary>
    public ThriftCircuitBreakerOptions? CircuitBreaker { get; set; } = new();

    /// <summary>How many endpoints are tried, one after the other, when no connection can be had. Default 6, as in Kitex; never more than there are.</summary>
    public int MaxConnectAttempts { get; set; } = 6;

    /// <summary>The name of the service that is called, as Kitex's registry knows it: the <c>:authority</c> over gRPC. Default: the endpoint.</summary>
    public string? DestinationService { get; set; }

    /// <summary>The name under which this process is known to others. Default: none.</summary>
    public string? ServiceName { get; set; }

    /// <summary>The largest message that is received, in bytes, after decompression. Default 4 MiB. A larger one ends its call with <see cref="ThriftStatusCode.ResourceExhausted"/>.</summary>
    public int MaxReceiveMessageSize { get; set; } = 4 * 1024 * 1024;

    /// <summary>
    /// Whether a call made while a server call is handled inherits its deadline, cancellation and metainfo. Default <see langword="true"/>.
    /// </summary>
    public bool FlowServerContext { get; set; } = true;

    /// <summary>
    /// How far transient metainfo travels when <see cref="FlowServerContext"/> is on. Default <see cref="ThriftTransientPropagation.SingleHop"/>;
    /// Kitex's own default is <see cref="ThriftTransientPropagation.EveryHop"/>.
    /// </summary>
    public ThriftTransientPropagation TransientPropagation { get; set; }

    /// <summary>Middleware around the creation of each stream; the first is the outermost. Default: none.</summary>
    public IList<ThriftClientStreamMiddleware> StreamMiddleware { get; } = [];

    /// <summary>Middleware around sending each request; the first is the outermost. Default: none.</summary>
    public IList<ThriftSendMiddleware> SendMiddleware { get; } = [];

    /// <summary>Middleware around receiving each response; the first is the outermost. Default: none.</summary>
    public IList<ThriftReceiveMiddleware> ReceiveMiddleware { get; } = [];

    /// <summary>
    /// Whether calls carry the trace context of <see cref="System.Diagnostics.Activity.Current"/> in their headers, as W3C <c>traceparent</c>, over transports
    /// that have headers. Default <see langword="true"/>.
    /// </summary>
    public bool PropagateTraceContext { get; set; } = true;

    /// <summary>The clock of every time limit and breaker. Default: the system's.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Where the channel logs. Default: nowhere.</summary>
    public ILoggerFactory LoggerFactory { get; set; } = NullLoggerFactory.Instance;

    /// <summary>
    /// TLS settings of every transport, used with a <c>grpcs</c> or <c>ttheaders</c> address: client certificates, validation, versions.
    /// Default: the system's trust. The expected name is the endpoint's host unless <see cref="SslClientAuthenticationOptions.TargetHost"/> says another.
    /// </summary>
    public SslClientAuthenticationOptions? TlsOptions { get; set; }

    /// <summary>
    /// How calls share the connections of the TTHeader transports. Default: the transport's own, which is
    /// <see cref="ThriftConnectionMode.Multiplexed"/> for streams and <see cref="ThriftConnectionMode.Pooled"/> for ping-pong calls, as in Kitex.
    /// </summary>
    public ThriftConnectionMode? ConnectionMode { get; set; }

    /// <summary>
    /// Whether requests over TTHeader carry a CRC-32C of their payload, which the server verifies. Default <see langword="false"/>. The checksums of
    /// answers that have one are always verified.
    /// </summary>
    public bool SendChecksums { get; set; }

    /// <summary>
    /// The most connections to an endpoint: of a multiplexed TTHeader transport the number that it shares out, of a pooled one the number of idle ones that it keeps
    /// (for ping-pong calls at least 100). Default: one for each processor.
    /// </summary>
    public int MaxConnectionsPerEndpoint { get; set; } = Environment.ProcessorCount;

    /// <summary>How long a connection of the TTHeader transports is kept without a call. Default 1 min, as in Kitex.</summary>
    public TimeSpan ConnectionIdleTimeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How much a stream over TTHeader Streaming keeps of what was received and not yet consumed.</summary>
    public ThriftStreamBufferOptions StreamBuffers { get; set; } = new();

    /// <summary>Changes the HTTP handler of the gRPC transport: its windows, pings or proxy. Called once an endpoint. For TLS, see <see cref="TlsOptions"/>.</summary>
    public Action<SocketsHttpHandler>? ConfigureHttpHandler { get; set; }

    /// <summary>Fails if a setting is not valid by itself. Whether transports can carry what they were chosen for is the channel's matter.</summary>
    internal void Validate()
    {
        Defaults.Validate();
        ThriftCallOptions.CheckAuthority(DestinationService, nameof(DestinationService));
    }
}
