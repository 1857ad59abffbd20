using Rx.ThriftStreams.Options;

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

    /// <summary>Whether messages are compressed for callers that name gzip in <c>grpc-accept-encoding</c>. Default <see langword="true"/>, like Kitex with gzip.</summary>
    public bool CompressResponses { get; set; } = true;

    /// <summary>
    /// How long a connection may receive nothing before its client is sent an HTTP/2 PING. Default <see cref="Timeout.InfiniteTimeSpan"/>: no PINGs; TCP probes idle
    /// connections after 1 min. At least 1 s. Sets Kestrel's limit of the whole host unless the host has set it, on endpoints that call <c>UseThriftStreams()</c>, and
    /// runs on the system's clock.
    /// </summary>
    public TimeSpan KeepAlivePingDelay { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>How long the answer to a PING may take before the connection is closed. Default 20 s, as in Kitex; at least 1 s.</summary>
    public TimeSpan KeepAlivePingTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// The least time between two HTTP/2 PINGs of a client, while no call sends anything in either direction. The third that comes sooner closes the connection, with GOAWAY
    /// ENHANCE_YOUR_CALM and <c>too_many_pings</c>. Default 500 ms, which is shorter than every keep-alive interval of .NET and Go: it bounds floods, because each PING is answered.
    /// Kitex requires 5 min, which closes the connections of clients with other settings. Zero for no limit. On endpoints that call <c>UseThriftStreams()</c>.
    /// </summary>
    public TimeSpan MinPingInterval { get; set; } = TimeSpan.FromMilliseconds(500);

    internal void Validate(string owner)
    {
        OptionChecks.Between(TimeSpan.Zero, TimeSpan.FromDays(1), MinPingInterval, $"{owner}.{nameof(MinPingInterval)}");
        OptionChecks.PingTime(KeepAlivePingDelay, $"{owner}.{nameof(KeepAlivePingDelay)}");
        OptionChecks.PingTime(KeepAlivePingTimeout, $"{owner}.{nameof(KeepAlivePingTimeout)}");
    }

    internal ThriftGrpcServerOptions Snapshot() => (ThriftGrpcServerOptions)MemberwiseClone();
}
