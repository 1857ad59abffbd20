namespace Rx.ThriftStreams.Contracts;

/// <summary>How many messages each side of a method sends; the <c>streaming.mode</c> annotation of the IDL.</summary>
public enum ThriftStreamingMode
{
    /// <summary>No annotation: a classic Thrift call, one message each way.</summary>
    PingPong,

    /// <summary><c>streaming.mode="unary"</c>: one message each way, over the stream transport.</summary>
    Unary,

    /// <summary><c>streaming.mode="client"</c>: the client sends any number of messages, the server answers with one.</summary>
    Client,

    /// <summary><c>streaming.mode="server"</c>: the client sends one message, the server answers with any number.</summary>
    Server,

    /// <summary><c>streaming.mode="bidirectional"</c>: both sides send any number of messages, independently.</summary>
    Bidirectional,
}
