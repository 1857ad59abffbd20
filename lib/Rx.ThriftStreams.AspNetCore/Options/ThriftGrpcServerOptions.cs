namespace Rx.ThriftStreams.AspNetCore;

/// <summary>Settings of a server's gRPC transport: <see cref="ThriftServerOptions.Grpc"/>.</summary>
public sealed class ThriftGrpcServerOptions
{
    internal ThriftGrpcServerOptions()
    {
    }

    /// <summary>
    /// Whether an unknown service or method is answered over gRPC with the standard <see cref="ThriftStatusCode.Unimplemented"/>.
    /// Default <see langword="false"/>: as Kitex does, with 20 for a service and 1 for a method.
    /// </summary>
    public bool UseStandardUnimplementedStatus { get; set; }

    /// <summary>
    /// Whether the path of a call must name the package of its service, exactly. Default <see langword="false"/>: any package is taken, and none, as in Kitex. A proxy that
    /// permits paths by their package needs <see langword="true"/> here.
    /// </summary>
    public bool RequirePackage { get; set; }

    /// <summary>Whether messages are compressed for callers that name gzip in <c>grpc-accept-encoding</c>. Default <see langword="true"/>, as Kitex with gzip.</summary>
    public bool CompressResponses { get; set; } = true;

    internal ThriftGrpcServerOptions Snapshot() => (ThriftGrpcServerOptions)MemberwiseClone();
}
