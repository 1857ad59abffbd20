namespace Rx.ThriftStreams.Wire;

/// <summary>The protocol indicated by the first eight bytes of a connection, or of a ping-pong message.</summary>
internal enum WireProtocol
{
    /// <summary>Undecided: fewer than eight bytes have arrived.</summary>
    NeedMore,

    /// <summary>None of the protocols: the connection must be closed without an answer.</summary>
    Unknown,

    /// <summary>The preface of HTTP/2 with prior knowledge. Only the first bytes of a connection can be this.</summary>
    Http2,

    /// <summary>A TTHeader frame with the streaming flag; the connection stays with TTHeader Streaming.</summary>
    TTHeaderStreaming,

    /// <summary>A ping-pong TTHeader; its payload must be detected separately.</summary>
    TTHeader,

    /// <summary>A mesh header; a framed or buffered message follows.</summary>
    Mesh,

    /// <summary>A length and a Thrift message.</summary>
    Framed,

    /// <summary>A bare Thrift message.</summary>
    Buffered,

    /// <summary>A length and a Kitex Protobuf message: recognized, but not served.</summary>
    FramedKitexProtobuf,

    /// <summary>The start of a TLS handshake, on a port without TLS. Only the first bytes of a connection can be this; the same applies to <see cref="Http1"/>.</summary>
    Tls,

    /// <summary>A request of HTTP/1.</summary>
    Http1,
}
