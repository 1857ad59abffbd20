using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using Rx.ThriftStreams.Serialization;
using System.Text;
using Rx.ThriftStreams.Sockets;
using Rx.ThriftStreams.Transport;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Transports.TTHeaderStreaming;

/// <summary>A connection that many streams share, on either side: its streams by id, and what each kind of frame means to them.</summary>
/// <remarks>
/// Invariant: a stream that is removed from <see cref="_streams"/> has ended or is cancelled. The loss of the connection ends exactly the streams that are in it.
/// </remarks>
internal abstract class FrameConnection : ISweptConnection
{
    // Clients choose the ids of their streams: with a predictable hash they could choose ids that all collide.
    private readonly ConcurrentDictionary<int, FrameStream> _streams = new(ThriftComparer.I32);
    private readonly PeerProbe _probe;
    private readonly FrameIntake _intake;
    private ThriftException? _closed;

    protected FrameConnection(IDuplexPipe pipe, IConnectionControl control, string peer, StreamLimits limits, PeerMemory memory, TimeProvider clock)
    {
        _probe = new PeerProbe(this, control);
        Peer = peer;
        Limits = limits;
        Memory = memory;
        Windows = new WindowPool(limits);
        Gate = new ReceiveGate(memory, limits);
        Writer = new BatchWriter(pipe.Output, memory, clock, error => Close(Lost(error)));
        _intake = new FrameIntake(this, pipe.Input, pipe as IDirectInput, clock);
    }

    internal string Peer { get; }

    internal StreamLimits Limits { get; }

    /// <summary>What the peer makes this side hold.</summary>
    internal PeerMemory Memory { get; }

    internal WindowPool Windows { get; }

    internal ReceiveGate Gate { get; }

    internal BatchWriter Writer { get; }

    internal int StreamCount => _streams.Count;

    /// <summary>The streams at this moment.</summary>
    internal IEnumerable<FrameStream> Streams => _streams.Select(static pair => pair.Value);

    internal bool IsClosed => Volatile.Read(ref _closed) is not null;

    /// <summary>The bytes that the peer accepts on each stream before it grants more; 0 while it has not announced a window.</summary>
    internal int PeerWindow { get; private protected set; }

    /// <summary>How long a frame may take from its first byte to its last; zero for no limit.</summary>
    protected virtual TimeSpan FrameTimeout => TimeSpan.Zero;

    /// <summary>How long a write may go without progress; zero for no limit.</summary>
    protected virtual TimeSpan WriteTimeout => TimeSpan.Zero;

    /// <summary>Whether anything has ever arrived.</summary>
    protected bool HasReceived => _intake.HasReceived;

    /// <summary>Releases the transport. Called once, on any thread, when every stream has been ended.</summary>
    protected abstract void Shut(ThriftException reason);

    protected abstract void OnHeader(in TTHeaderFrame frame);

    protected abstract void OnTrailer(FrameStream stream, in TTHeaderFrame frame);

    protected abstract void OnReset(FrameStream stream, in TTHeaderFrame frame);

    /// <summary>Ends a stream because of a message that cannot be accepted, after the messages before it, and notifies the peer.</summary>
    protected abstract void Refuse(FrameStream stream, ThriftStatusException reason);

    /// <summary>Ends a stream that has no room for what it received: drops that, and notifies the peer.</summary>
    protected abstract void GiveUp(FrameStream stream, ThriftStatusException reason);

    protected abstract void OnConnectionLost(FrameStream stream, ThriftException error);

    protected abstract ThriftException Error(int code, string text, Exception? cause = null);

    /// <summary>The error of a connection that the peer or the network has ended.</summary>
    protected virtual ThriftException LossError(string text, Exception? cause) => Error(TTStreamCodes.TransportClosing, text, cause);

    /// <summary>The error of a stream whose connection ended with that error.</summary>
    protected virtual ThriftException LossOf(ThriftException error) => error;

    /// <summary>Adds a stream.</summary>
    /// <returns><see langword="false"/> if the connection is closed; the stream has been ended.</returns>
    protected bool TryAdd(FrameStream stream)
    {
        // Adds first, then checks whether the connection is closed. Close does the reverse, so at least one of them ends the stream.
        _streams[stream.Id] = stream;
        if (Volatile.Read(ref _closed) is { } error)
        {
            if (Remove(stream))
            {
                OnConnectionLost(stream, LossOf(error));
            }

            return false;
        }

        return true;
    }

    protected FrameStream? Find(int id) => _streams.GetValueOrDefault(id);

    /// <summary>Frames for the stream are ignored from here on. The caller has ended it or ends it now.</summary>
    internal bool Remove(FrameStream stream) => _streams.TryRemove(KeyValuePair.Create(stream.Id, stream));

    /// <summary>Ends the connection and every stream on it. The first reason is kept.</summary>
    internal void Close(ThriftException error)
    {
        if (Interlocked.CompareExchange(ref _closed, error, null) is not null)
        {
            return;
        }

        Gate.Lift();
        var loss = LossOf(error);
        foreach (var stream in _streams.Values)
        {
            if (Remove(stream))
            {
                OnConnectionLost(stream, loss);
            }
        }

        // Last: otherwise a send could fail before its stream knows of the loss, and the handler would end with the wrong reason.
        Writer.Fail();
        Shut(error);
    }

    /// <summary>Reads until the connection ends. Never fails.</summary>
    protected Task ReadFramesAsync() => _intake.RunAsync();

    public virtual void Sweep()
    {
        if (IsClosed)
        {
            return;
        }

        _probe.Sweep();
        if (FrameTimeout > TimeSpan.Zero && _intake.PartialFor >= FrameTimeout)
        {
            Close(IllegalFrame($"a frame was not complete within {FrameTimeout}"));
        }
        else if (WriteTimeout > TimeSpan.Zero && Writer.StalledFor >= WriteTimeout)
        {
            Close(Error(TTStreamCodes.TransportClosing, $"the peer has not read what is sent to it for {WriteTimeout}"));
        }
        else
        {
            CheckIdle();
        }
    }

    /// <summary>Closes the connection if it has been without a stream for too long.</summary>
    protected virtual void CheckIdle()
    {
    }

    /// <summary>Hands a frame to what it is for.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="owner">The array that holds the frame and nothing else; <see langword="null"/> if it lies in the connection's buffer.</param>
    internal void Dispatch(in TTHeaderFrame frame, FrameArray? owner)
    {
        if (!frame.IsStreaming)
        {
            throw IllegalFrame("unexpected flags, the streaming bit is not set");
        }

        switch (frame.FrameType)
        {
            case TTHeaderFrameType.Data:
                if (Find(frame.SequenceId) is { } stream)
                {
                    OnData(stream, frame.Payload, owner);
                }

                break;

            case TTHeaderFrameType.Header:
                OnHeader(frame);
                break;

            case TTHeaderFrameType.Trailer:
                if (Find(frame.SequenceId) is { } ended)
                {
                    OnTrailer(ended, frame);
                }

                break;

            case TTHeaderFrameType.Rst:
                if (Find(frame.SequenceId) is { } reset)
                {
                    OnReset(reset, frame);
                }

                break;

            case TTHeaderFrameType.Meta:
                OnMeta(frame);
                break;

            default:
                throw IllegalFrame($"unexpected frame type: {Encoding.UTF8.GetString(frame.FrameTypeText[..Math.Min(frame.FrameTypeText.Length, 32)])}");
        }
    }

    /// <summary>A frame is larger than any message may be; its bytes are being discarded.</summary>
    internal void OnMessageTooLarge(int streamId, long size)
    {
        if (Find(streamId) is { } stream)
        {
            Refuse(stream, TooLarge(size));
        }
    }

    internal void SendCredit(FrameStream stream, long bytes)
        => SendMeta(stream.Id, stream.Templates.Method, FlowControlKeys.Credit, bytes);

    protected void SendMeta(int streamId, string method, ReadOnlySpan<byte> key, long value)
    {
        Span<byte> text = stackalloc byte[20];
        _ = value.TryFormat(text, out var length, default, System.Globalization.CultureInfo.InvariantCulture);
        SendMeta(streamId, method, key, text[..length]);
    }

    /// <summary>Sends a META frame that says nothing, and that every implementation ignores.</summary>
    internal void SendEmptyMeta(int streamId, string method) => SendMeta(streamId, method, key: default, value: default(ReadOnlySpan<byte>));

    private void SendMeta(int streamId, string method, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var buffer = FrameBuffer.Rent();
        try
        {
            var frame = buffer.Begin(TTHeaderFrameType.Meta, streamId, method);
            if (!key.IsEmpty)
            {
                frame.AddString(key, value);
            }

            buffer.End();
            Writer.AppendControl(buffer.Bytes.WrittenSpan);
        }
        finally
        {
            buffer.Return();
        }
    }

    /// <summary>The peer's window for all streams of this connection became known.</summary>
    protected virtual void OnWindow(int window)
    {
    }

    /// <summary>The peer asks to open no further streams on this connection.</summary>
    protected virtual void OnLeave()
    {
    }

    /// <summary>Applies the window to the streams that were opened before it was known.</summary>
    protected void GrantToAll(int window)
    {
        foreach (var stream in _streams.Values)
        {
            stream.Outbox.GrantFirst(window);
        }
    }

    internal ThriftException IllegalFrame(string text, Exception? cause = null) => Error(TTStreamCodes.IllegalFrame, text, cause);

    internal ThriftException Lost(Exception? cause) => LossError(cause is null ? "connection closed by peer" : $"connection lost: {cause.Message}", cause);

    internal ThriftException Lost(string text) => Error(TTStreamCodes.TransportClosing, text);

    /// <summary>The error of a send that found the connection failed.</summary>
    internal ThriftException LossOnSend() => LossOf(Volatile.Read(ref _closed) ?? Lost(cause: null));

    /// <summary>The error of a connection that must end because the server has no memory left for it.</summary>
    internal ThriftException OutOfMemory()
        => Error(TTStreamCodes.TransportClosing, "the connection was closed: peers make this server hold more memory than its limit allows");

    private void OnData(FrameStream stream, in ReadOnlySequence<byte> payload, FrameArray? owner)
    {
        if (payload.Length > Limits.MaxMessageSize)
        {
            Refuse(stream, TooLarge(payload.Length));
            return;
        }

        if (payload.IsEmpty)
        {
            // A struct has at least its STOP byte. Kitex refuses it too.
            Refuse(stream, new ThriftStatusException(ThriftStatusCode.Internal, "A DATA frame without a payload is not a message."));
            return;
        }

        if (stream.Inbox.OnData(payload, owner))
        {
            _intake.OnTouched(stream);
        }

        CheckRoom(stream);
    }

    private void CheckRoom(FrameStream stream)
    {
        if (Memory.IsParentOver)
        {
            GiveUp(stream, new ThriftStatusException(
                ThriftStatusCode.ResourceExhausted, "The stream was reset: peers make this server hold more memory than its limit allows."));
            return;
        }

        var streamIsOver = Gate.IsOver(stream);
        if (!streamIsOver && !Memory.IsOver)
        {
            return;
        }

        if (Limits.WhenFull == ThriftFullBufferPolicy.ResetStream)
        {
            GiveUp(stream, new ThriftStatusException(
                ThriftStatusCode.ResourceExhausted,
                $"The stream was reset: its messages are not consumed as fast as they arrive, and the limit of {(streamIsOver ? Limits.StreamBytes : Memory.Limit)} bytes is reached."));
        }
        else if (streamIsOver)
        {
            Gate.CloseFor(stream);
        }
        else
        {
            Gate.CloseForConnection(stream);
        }
    }

    private void OnMeta(in TTHeaderFrame frame)
    {
        if (!frame.HasStringPairs)
        {
            return;
        }

        foreach (var pair in frame.StringPairs)
        {
            if (pair.Key.SequenceEqual(FlowControlKeys.Credit))
            {
                Find(frame.SequenceId)?.Outbox.OnCredit(Number(pair));
            }
            else if (pair.Key.SequenceEqual(FlowControlKeys.Window))
            {
                OnWindow(Number(pair));
            }
            else if (pair.Key.SequenceEqual(TTHeaderStringKeys.ConnectionReadyToReset))
            {
                OnLeave();
            }
        }
    }

    private int Number(HeaderStringPair pair) => FlowControlKeys.TryParse(pair.Value, out var value)
        ? value
        : throw IllegalFrame($"malformed {Encoding.UTF8.GetString(pair.Key)} in a META frame");

    private ThriftStatusException TooLarge(long size) => Limits.Message.TooLarge(size);
}
