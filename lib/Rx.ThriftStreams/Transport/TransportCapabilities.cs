namespace Rx.ThriftStreams.Transport;

/// <summary>What a transport can carry. Code above the transports checks these instead of which transport it runs on.</summary>
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

    /// <summary>Several concurrent calls on one connection: answers identify their call.</summary>
    SharedConnections = 8,

    /// <summary>Messages other than strict Binary, for peers of Apache Thrift.</summary>
    ApacheProtocols = 16,

    /// <summary>Requests before earlier ones are answered, to servers that answer in the order of the requests.</summary>
    Pipelining = 32,
}
