namespace Rx.ThriftStreams.AspNetCore;

/// <summary>Settings of the Thrift services of a host.</summary>
public sealed class ThriftServerOptions
{
    /// <summary>The largest message that is received, in bytes, after decompression. Default 4 MiB. A larger one ends its call with <see cref="ThriftStatusCode.ResourceExhausted"/>.</summary>
    public int MaxReceiveMessageSize { get; set; } = 4 * 1024 * 1024;

    /// <summary>
    /// The most memory that one connection of the TTHeader transports, or one HTTP/2 connection, may make the server hold, in bytes: messages and parts of
    /// messages that were received and not yet consumed, headers of running calls, and answers that the peer does not read. Default 64 MiB; at least 1 MiB.
    /// What happens beyond it is up to the transport: reading stops, or the call ends with <see cref="ThriftStatusCode.ResourceExhausted"/>.
    /// </summary>
    public long MaxConnectionMemory { get; set; } = 64 * 1024 * 1024;

    /// <summary>
    /// The same for all connections of the server together. Default: a quarter of the memory that is available to the process, which is the limit of its
    /// container if there is one; at least 1 MiB. Beyond it, calls end with <see cref="ThriftStatusCode.ResourceExhausted"/>.
    /// </summary>
    public long MaxTotalMemory { get; set; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4;

    /// <summary>
    /// Whether callers see the texts of exceptions that were not meant for them. Default <see langword="null"/>: only where the host's
    /// environment is Development, which a <see cref="ThriftServer"/> does not look at. Kitex always shows them. Meant for the caller are
    /// <see cref="ThriftStatusException"/>, <see cref="ThriftBizStatusException"/> and exceptions that the IDL declares.
    /// </summary>
    public bool? RevealErrors { get; set; }

    /// <summary>
    /// Whether an unknown service or method is answered over gRPC with the standard <see cref="ThriftStatusCode.Unimplemented"/>.
    /// Default <see langword="false"/>: as Kitex does, with 20 for a service and 1 for a method.
    /// </summary>
    public bool UseStandardUnimplementedStatus { get; set; }

    /// <summary>Whether messages are compressed for callers that name gzip in <c>grpc-accept-encoding</c>. Default <see langword="true"/>, as Kitex with gzip.</summary>
    public bool CompressResponses { get; set; } = true;

    /// <summary>Middleware around the whole handling of each call; the first is the outermost. Default: none.</summary>
    public IList<ThriftServerStreamMiddleware> StreamMiddleware { get; } = [];

    /// <summary>Middleware around sending each response; the first is the outermost. Default: none.</summary>
    public IList<ThriftSendMiddleware> SendMiddleware { get; } = [];

    /// <summary>Middleware around receiving each request; the first is the outermost. Default: none.</summary>
    public IList<ThriftReceiveMiddleware> ReceiveMiddleware { get; } = [];

    /// <summary>How much a stream over TTHeader Streaming keeps of what was received and not yet consumed.</summary>
    public ThriftStreamBufferOptions StreamBuffers { get; set; } = new();

    /// <summary>
    /// The most streams that may run on a connection of TTHeader Streaming, those counted whose caller has gone and whose handler has not ended.
    /// Default 10 000. More are answered with an error. Over gRPC it is Kestrel's limit, unless that was changed.
    /// </summary>
    public int MaxStreamsPerConnection { get; set; } = 10_000;

    /// <summary>
    /// The most calls over gRPC that the caller of a connection may cancel within a second, before the connection is closed as an attack. Default 5 000; zero for
    /// no limit. Counted on endpoints that called <c>UseThriftStreams()</c>.
    /// </summary>
    public int MaxResetsPerSecond { get; set; } = 5_000;

    /// <summary>
    /// How long a frame of TTHeader Streaming, or a ping-pong request, may take from its first byte to its last before its connection is closed. Default 1 min; zero for no limit.
    /// </summary>
    public TimeSpan FrameTimeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a ping-pong connection may be idle before it is closed. Default 10 min, as in Kitex; zero for no limit.</summary>
    public TimeSpan ConnectionIdleTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a connection to a port that speaks every protocol may take to say which. Default 10 s; zero for no limit.</summary>
    public TimeSpan DetectionTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The service, by its name in the IDL, that gets calls which name none, where several services have the method. Default: none. Only Framed and Buffered
    /// calls, and TTHeader calls of some clients, name no service.
    /// </summary>
    public string? FallbackService { get; set; }

    /// <summary>Whether calls over TTHeader, Framed and Buffered that do not name their service are refused. Default <see langword="false"/>.</summary>
    public bool RefuseWithoutServiceName { get; set; }

    /// <summary>How long streams over the TTHeader transports may still run when the host stops. Default 5 s, as in Kitex.</summary>
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a handler may wait for one request. Default <see langword="null"/>: no limit. When it passes the call is cancelled and ends with <see cref="ThriftStatusCode.DeadlineExceeded"/>.</summary>
    public TimeSpan? ReceiveTimeout { get; set; }

    /// <summary>
    /// How long a response may wait for room on its way to the caller. Default <see langword="null"/>: no limit. When it passes the call is cancelled and its stream
    /// reset: a caller that makes no room cannot be told a status.
    /// </summary>
    public TimeSpan? SendTimeout { get; set; }

    /// <summary>
    /// How long a stream may live, whatever its caller allows. Default <see langword="null"/>: no limit. When it passes the handler is cancelled and the call ends with
    /// <see cref="ThriftStatusCode.DeadlineExceeded"/>. Methods of one message each way are not concerned.
    /// </summary>
    public TimeSpan? MaxStreamDuration { get; set; }

    /// <summary>The clock of deadlines and of all limits. Default: the system's.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;
}
