namespace Rx.ThriftStreams.Wire;

/// <summary>What the first eight bytes of a connection, or of a ping-pong message, are.</summary>
internal enum WireProtocol
{
    /// <summary>Fewer than eight bytes have come: nothing can be said.</summary>
    NeedMore,

    /// <summary>None of the protocols: the connection is to be closed without an answer.</summary>
    Unknown,

    /// <summary>The preface of HTTP/2 with prior knowledge. Only the first bytes of a connection can be this.</summary>
    Http2,

    /// <summary>A TTHeader frame with the streaming flag; the connection stays with TTHeader Streaming.</summary>
    TTHeaderStreaming,

    /// <summary>A ping-pong TTHeader; the payload inside is to be sniffed.</summary>
    TTHeader,

    /// <summary>A mesh header; a framed or buffered message follows.</summary>
    Mesh,

    /// <summary>A length and a Thrift message.</summary>
    Framed,

    /// <summary>A bare Thrift message.</summary>
    Buffered,

    /// <summary>A length and a Kitex Protobuf message: recognized, but not served.</summary>
    FramedKitexProtobuf,

    /// <summary>The start of a TLS handshake, on a port without TLS. Only the first bytes of a connection can be this; the same holds for <see cref="Http1"/>.</summary>
    Tls,

    /// <summary>A request of HTTP/1.</summary>
    Http1,
}
