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

    /// <summary>
    /// A message has waited for <see cref="ThriftTelemetryOptions.PauseThreshold"/> because the peer does not take it: the peer is a slow consumer. Once per episode, which
    /// <see cref="SendResumed"/> or the end of the call ends.
    /// </summary>
    SendPaused,

    /// <summary>The peer has taken the message, after <see cref="SendPaused"/>.</summary>
    SendResumed,

    /// <summary>
    /// The application has not asked for the next message for <see cref="ThriftTelemetryOptions.PauseThreshold"/>, although there is one: this side is a slow consumer, and the
    /// peer will have to wait. Once per episode, which <see cref="ReceiveResumed"/> or the end of the call ends.
    /// </summary>
    ReceivePaused,

    /// <summary>The application has asked for the next message, after <see cref="ReceivePaused"/>.</summary>
    ReceiveResumed,

    /// <summary>
    /// The buffer between an observable and this call is full and drops messages: those that this side sends, by <see cref="Reactive.OverflowPolicy"/>. Once per episode, which ends
    /// when half of the buffer is free; <see cref="ThriftStreamEvent.DroppedMessages"/> of the call's later events counts them all.
    /// </summary>
    MessagesDropped,

    /// <summary>The call is over. Exactly one per call, and always its last event.</summary>
    RpcFinish,
}
