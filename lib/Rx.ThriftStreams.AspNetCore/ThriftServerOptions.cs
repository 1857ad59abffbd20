using Rx.ThriftStreams.Middleware;

namespace Rx.ThriftStreams.AspNetCore;

/// <summary>Settings of the Thrift services of a host.</summary>
public sealed class ThriftServerOptions
{
    /// <summary>The largest message that is received, in bytes, after decompression. Default 4 MiB. A larger one ends its call with <see cref="ThriftStatusCode.ResourceExhausted"/>.</summary>
    public int MaxReceiveMessageSize { get; set; } = 4 * 1024 * 1024;

    /// <summary>
    /// Whether callers see the texts of exceptions that were not meant for them. Default <see langword="null"/>: only where the host's
    /// environment is Development. Kitex always shows them. <see cref="ThriftException"/>s are always meant for the caller.
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

    /// <summary>The clock of deadlines. Default: the system's.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;
}
