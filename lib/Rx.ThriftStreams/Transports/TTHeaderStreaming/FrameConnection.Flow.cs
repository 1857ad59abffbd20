using System.Buffers;
using System.Buffers.Binary;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Transports.TTHeaderStreaming;

/// <summary>What keeps memory bounded: credit, pauses, and frames that are passed over.</summary>
internal abstract partial class FrameConnection
{
    private readonly Lock _pauseGate = new();
    private long _queuedBytes;
    private volatile FrameStream? _fullStream;
    private volatile bool _full;
    private TaskCompletionSource? _resumed;

    /// <summary>The bytes that the peer takes on each stream before it grants more; 0 while it has not said so.</summary>
    internal int PeerWindow { get; private protected set; }

    /// <summary>Bytes of messages that wait in all streams.</summary>
    internal long QueuedBytes => Interlocked.Read(ref _queuedBytes);

    private bool IsPaused => _full || _fullStream is not null;

    internal void OnQueued(long bytes) => Interlocked.Add(ref _queuedBytes, bytes);

    /// <summary>A stream has consumed or dropped bytes.</summary>
    internal void OnReleased(FrameStream stream, long bytes)
    {
        Interlocked.Add(ref _queuedBytes, -bytes);
        if ((ReferenceEquals(_fullStream, stream) && !IsOver(stream)) || (_full && QueuedBytes <= Limits.ConnectionBytes / 2))
        {
            Resume();
        }
    }

    internal void SendCredit(FrameStream stream, long bytes)
        => SendMeta(stream.Id, stream.Templates.Method, FlowControlKeys.Credit, bytes);

    protected void SendMeta(int streamId, string method, ReadOnlySpan<byte> key, long value)
    {
        var buffer = FrameBuffer.Rent();
        try
        {
            Span<byte> text = stackalloc byte[20];
            _ = value.TryFormat(text, out var length, default, System.Globalization.CultureInfo.InvariantCulture);
            buffer.Begin(TTHeaderFrameType.Meta, streamId, method).AddString(key, (ReadOnlySpan<byte>)text[..length]);
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

    /// <summary>Grants the window to the streams that were there before it was known.</summary>
    protected void GrantToAll(int window)
    {
        foreach (var stream in _streams.Values)
        {
            stream.GrantFirst(window);
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
                Find(frame.SequenceId)?.OnCredit(Number(pair));
            }
            else if (pair.Key.SequenceEqual(FlowControlKeys.Window))
            {
                OnWindow(Number(pair));
            }
        }
    }

    private int Number(HeaderStringPair pair) => FlowControlKeys.TryParse(pair.Value, out var value)
        ? value
        : throw Error(TTStreamCodes.IllegalFrame, $"malformed {System.Text.Encoding.UTF8.GetString(pair.Key)} in a META frame");

    private bool IsOver(FrameStream stream)
    {
        // A peer that keeps to its window may overdraw by one message, and by what it sent before it knew of the window.
        var limit = (long)Limits.StreamBytes + (stream.PeerKeepsWindow ? Limits.MaxMessageSize : 0);
        return stream.QueuedBytes > limit;
    }

    private void CheckRoom(FrameStream stream)
    {
        var streamIsOver = IsOver(stream);
        if (!streamIsOver && QueuedBytes <= Limits.ConnectionBytes)
        {
            return;
        }

        if (Limits.WhenFull == ThriftFullBufferPolicy.ResetStream)
        {
            Refuse(stream, new ThriftStatusException(
                ThriftStatusCode.ResourceExhausted,
                $"The stream was given up: its messages are not consumed as fast as they come, and the limit of {(streamIsOver ? Limits.StreamBytes : Limits.ConnectionBytes)} bytes is reached."));
            return;
        }

        lock (_pauseGate)
        {
            _resumed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (streamIsOver)
            {
                _fullStream = stream;
            }
            else
            {
                _full = true;
            }
        }

        // The consumer may have made room just before it could see that somebody waits for it.
        OnReleased(stream, 0);
    }

    private Task WaitForRoomAsync()
    {
        lock (_pauseGate)
        {
            return IsClosed ? Task.CompletedTask : _resumed?.Task ?? Task.CompletedTask;
        }
    }

    private void Resume()
    {
        lock (_pauseGate)
        {
            _fullStream = null;
            _full = false;
            _resumed?.TrySetResult();
            _resumed = null;
        }
    }

    /// <summary>
    /// Passes over the rest of a frame that is too large for anything here. Only its stream ends: the length says where the next frame begins.
    /// </summary>
    /// <returns>Whether a frame may be taken.</returns>
    private bool SkipRefused(ref ReadOnlySequence<byte> buffer)
    {
        if (_skip == 0)
        {
            if (!buffer.IsEmpty && IsTooLarge(buffer, out var streamId, out var length))
            {
                _skip = 4 + length;
                if (Find(streamId) is { } stream)
                {
                    Refuse(stream, TooLarge(length));
                }
            }
            else
            {
                return true;
            }
        }

        var skipped = Math.Min(_skip, buffer.Length);
        buffer = buffer.Slice(skipped);
        _skip -= skipped;
        return _skip == 0;
    }

    private bool IsTooLarge(in ReadOnlySequence<byte> buffer, out int streamId, out long length)
    {
        streamId = 0;
        length = 0;
        if (buffer.Length < TTHeaderFormat.FixedSize)
        {
            return false;
        }

        Span<byte> head = stackalloc byte[TTHeaderFormat.FixedSize];
        buffer.Slice(0, TTHeaderFormat.FixedSize).CopyTo(head);
        length = BinaryPrimitives.ReadUInt32BigEndian(head);
        streamId = BinaryPrimitives.ReadInt32BigEndian(head[TTHeaderFormat.SequenceIdOffset..]);

        if (length <= Limits.MaxFrameLength
            || length > TTHeaderFormat.MaxFrameLength
            || BinaryPrimitives.ReadUInt16BigEndian(head[TTHeaderFormat.MagicOffset..]) != TTHeaderFormat.Magic)
        {
            // Small enough, or lengths that lie, which are for the frame reader to refuse.
            return false;
        }

        return ((TTHeaderFlags)BinaryPrimitives.ReadUInt16BigEndian(head[TTHeaderFormat.FlagsOffset..]) & TTHeaderFlags.Streaming) != 0
            ? true
            : throw Error(TTStreamCodes.IllegalFrame, $"a frame of {length} bytes, more than the {Limits.MaxFrameLength} that are allowed, belongs to no stream");
    }
}
