namespace Rx.ThriftStreams;

/// <summary>What happened in the life of a call.</summary>
public enum ThriftStreamEventKind
{
    /// <summary>The call began: on a client before its stream is created, on a server when its headers have arrived. Always the first event of a call.</summary>
    RpcStart,

    /// <summary>On a client: the response headers arrived; at the latest with the first message. A call that ends with neither has no such event.</summary>
    HeadersReceived,

    /// <summary>The transport accepted a message, or sending failed: then <see cref="ThriftStreamEvent.Error"/> is the cause.</summary>
    StreamSend,

    /// <summary>A message was received, or receiving failed: then <see cref="ThriftStreamEvent.Error"/> is the cause. The normal end of the messages is not reported as a receive.</summary>
    StreamRecv,

    /// <summary>The call is over. Exactly one per call, and always its last event.</summary>
    RpcFinish,
}
