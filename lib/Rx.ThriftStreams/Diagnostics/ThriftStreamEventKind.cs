namespace Rx.ThriftStreams;

/// <summary>What happened in the life of a call.</summary>
public enum ThriftStreamEventKind
{
    /// <summary>The call began: on a client before its stream is created, on a server when its headers have arrived. Always the first event of a call.</summary>
    RpcStart,

    /// <summary>On a client: the response headers arrived; with the first message at the latest. A call that ends with neither has no such event.</summary>
    HeadersReceived,

    /// <summary>A message was handed to the transport, or could not be: then <see cref="ThriftStreamEvent.Error"/> says why.</summary>
    StreamSend,

    /// <summary>A message was received, or receiving failed: then <see cref="ThriftStreamEvent.Error"/> says why. An orderly end is no receive.</summary>
    StreamRecv,

    /// <summary>The call is over. Exactly one a call, and always its last event.</summary>
    RpcFinish,
}
