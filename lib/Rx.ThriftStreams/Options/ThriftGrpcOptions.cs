using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams;

/// <summary>Settings of a channel's gRPC transport: <see cref="ThriftChannelOptions.Grpc"/>.</summary>
public sealed class ThriftGrpcOptions
{
    internal ThriftGrpcOptions()
    {
    }

    /// <summary>
    /// Changes the HTTP handler: its windows, pings or proxy. Default: none. Called once for each endpoint. For TLS, see <see cref="ThriftChannelOptions.TlsOptions"/>.
    /// </summary>
    public Action<SocketsHttpHandler>? ConfigureHttpHandler { get; set; }

    /// <summary>
    /// How long a connection with running calls may receive nothing before the server is sent an HTTP/2 PING. Default <see cref="Timeout.InfiniteTimeSpan"/>: no
    /// PINGs, as in Kitex. At least 1 s. A Kitex server closes connections that are pinged more often than every 5 min while it sends nothing. PINGs run on the
    /// system's clock.
    /// </summary>
    public TimeSpan KeepAlivePingDelay { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>How long the answer to a PING may take before the connection is closed and its calls end with <see cref="ThriftStatusCode.Unavailable"/>. Default 20 s, as in Kitex; at least 1 s.</summary>
    public TimeSpan KeepAlivePingTimeout { get; set; } = TimeSpan.FromSeconds(20);

    internal void Validate(string owner)
    {
        OptionChecks.PingTime(KeepAlivePingDelay, $"{owner}.{nameof(KeepAlivePingDelay)}");
        OptionChecks.PingTime(KeepAlivePingTimeout, $"{owner}.{nameof(KeepAlivePingTimeout)}");
    }

    internal ThriftGrpcOptions Snapshot() => (ThriftGrpcOptions)MemberwiseClone();
}
