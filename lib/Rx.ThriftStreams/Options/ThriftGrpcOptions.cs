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

    internal ThriftGrpcOptions Snapshot() => (ThriftGrpcOptions)MemberwiseClone();
}
