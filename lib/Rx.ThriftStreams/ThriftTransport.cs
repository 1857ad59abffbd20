namespace Rx.ThriftStreams;

/// <summary>How messages travel.</summary>
public enum ThriftTransport
{
    /// <summary>Thrift payloads in gRPC messages over HTTP/2. Carries every kind of method.</summary>
    Grpc,
}
