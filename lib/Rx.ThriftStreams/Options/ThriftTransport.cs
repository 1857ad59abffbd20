namespace Rx.ThriftStreams;

/// <summary>How messages travel.</summary>
public enum ThriftTransport
{
    /// <summary>Thrift payloads in gRPC messages over HTTP/2. Carries every kind of method.</summary>
    Grpc,

    /// <summary>TTHeader Streaming: streams in TTHeader frames over TCP. Carries streaming methods.</summary>
    TTHeaderStreaming,

    /// <summary>A TTHeader and a Thrift message. Carries ping-pong and unary methods.</summary>
    TTHeader,

    /// <summary>A TTHeader, a length and a Thrift message: what a Kitex client configured for TTHeader sends. Carries ping-pong and unary methods.</summary>
    TTHeaderFramed,

    /// <summary>A length and a Thrift message: the default of Kitex's clients. Carries ping-pong and unary methods, without metadata.</summary>
    Framed,

    /// <summary>A Thrift message by itself ("pure payload"). Carries ping-pong and unary methods, without metadata.</summary>
    Buffered,

    /// <summary>
    /// A Thrift message in a request of HTTP/1.1 (POST, <c>application/x-thrift</c>), as Apache Thrift's HTTP transports send it. Carries ping-pong and unary methods,
    /// without metadata.
    /// </summary>
    Http,
}
