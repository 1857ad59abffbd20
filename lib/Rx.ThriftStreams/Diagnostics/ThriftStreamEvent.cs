using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams;

/// <summary>An event in the life of a call, reported by <see cref="ThriftChannel.Events"/> and servers. A value that may be kept.</summary>
public readonly record struct ThriftStreamEvent
{
    /// <summary>What happened.</summary>
    public ThriftStreamEventKind Kind { get; init; }

    /// <summary>The side on which it happened.</summary>
    public ThriftCallSide Side { get; init; }

    /// <summary>The number of the call: the same for all its events, and unique in this process.</summary>
    public long CallId { get; init; }

    /// <summary>The method.</summary>
    public ThriftMethod Method { get; init; }

    /// <summary>The transport, named as by <see cref="ThriftServerContext.Transport"/>.</summary>
    public string Transport { get; init; }

    /// <summary>The other side's address, as <c>host:port</c>. Empty on a client until the stream is created.</summary>
    public string Peer { get; init; }

    /// <summary>
    /// The size of the message of a <see cref="ThriftStreamEventKind.StreamSend"/> or <see cref="ThriftStreamEventKind.StreamRecv"/> in bytes:
    /// of its payload, without framing and without compression. 0 otherwise.
    /// </summary>
    public int Size { get; init; }

    /// <summary>How many messages have been sent so far.</summary>
    public long SentMessages { get; init; }

    /// <summary>Their sizes together, in bytes.</summary>
    public long SentBytes { get; init; }

    /// <summary>How many messages have been received so far.</summary>
    public long ReceivedMessages { get; init; }

    /// <summary>Their sizes together, in bytes.</summary>
    public long ReceivedBytes { get; init; }

    /// <summary>How many messages the buffer between an observable and this call has dropped so far, before they could be sent.</summary>
    public long DroppedMessages { get; init; }

    /// <summary>The time since the call's start.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>The response headers, of <see cref="ThriftStreamEventKind.HeadersReceived"/> only. Do not change them.</summary>
    public ThriftMetadata? Headers { get; init; }

    /// <summary>The status with which the call ended, of <see cref="ThriftStreamEventKind.RpcFinish"/> only.</summary>
    public ThriftStatus? Status { get; init; }

    /// <summary>
    /// Why a send, a receive or the call failed. A call that ended with a <see cref="ThriftBizStatusException"/> has it here although the
    /// RPC worked; a call that its user ended early has no error, and the status <see cref="ThriftStatusCode.Cancelled"/>.
    /// </summary>
    public Exception? Error { get; init; }

    /// <summary>Whether the RPC itself failed: there is an <see cref="Error"/>, and it is not a <see cref="ThriftBizStatusException"/>.</summary>
    public bool Failed => Error is not (null or ThriftBizStatusException);
}
