namespace Rx.ThriftStreams.Transport;

/// <summary>What a transport can carry. Nothing above the transports asks which one it is on; it asks for one of these.</summary>
[Flags]
internal enum TransportCapabilities
{
    None = 0,

    /// <summary>Streaming methods.</summary>
    Streams = 1,

    /// <summary>Ping-pong methods, and unary ones as ping-pong calls.</summary>
    Calls = 2,

    /// <summary>Unary methods as streams of one message each way, as Kitex does over HTTP/2.</summary>
    UnaryStreams = 4,

    /// <summary>Several calls at a time on one connection: answers name the call that they belong to.</summary>
    SharedConnections = 8,

    /// <summary>Messages other than strict Binary, for peers of Apache Thrift.</summary>
    ApacheProtocols = 16,
}
