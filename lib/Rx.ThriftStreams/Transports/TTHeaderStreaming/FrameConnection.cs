using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Transports.TTHeaderStreaming;

/// <summary>A connection that many streams share, on either side: reads frames and hands them to their streams.</summary>
internal abstract partial class FrameConnection
{
    // Clients choose the ids of their streams: a hash that they know would let them collide.
    private readonly ConcurrentDictionary<int, FrameStream> _streams = new(ThriftComparer.I32);

    // Without a limit of its own: frames that are too large are passed over before it sees them.
    private readonly TTHeaderFrameReader _frames = new();
    private readonly List<FrameStream> _touched = [];
    private readonly PipeReader _input;
    private ThriftException? _closed;
    private long _skip;

    protected FrameConnection(IDuplexPipe pipe, string peer, StreamLimits limits)
    {
        _input = pipe.Input;
        Peer = peer;
        Limits = limits;
        Writer = new FrameWriter(pipe.Output, error => Close(Lost(error)));
    }

    internal string Peer { get; }

    internal StreamLimits Limits { get; }

    internal FrameWriter Writer { get; }

    internal int StreamCount => _streams.Count;

    internal bool IsClosed => Volatile.Read(ref _closed) is not null;

    /// <summary>Completes streams and lets go of the transport. Called once, on any thread.</summary>
    protected abstract void Shut(ThriftException reason);

    protected abstract void OnHeader(in TTHeaderFrame frame);

    protected abstract void OnTrailer(FrameStream stream, in TTHeaderFrame frame);

    protected abstract void OnReset(FrameStream stream, in TTHeaderFrame frame);

    /// <summary>The stream cannot go on for want of room, or because of a message that is too large: tells the peer and the stream.</summary>
    protected abstract void Refuse(FrameStream stream, ThriftStatusException reason);

    protected abstract void OnConnectionLost(FrameStream stream, ThriftException error);

    protected abstract ThriftException Error(int code, string text, Exception? cause = null);

    /// <summary>Adds a stream.</summary>
    /// <returns><see langword="false"/> if the connection is closed; the stream has been told.</returns>
    protected bool TryAdd(FrameStream stream)
    {
        _streams[stream.Id] = stream;
        if (Volatile.Read(ref _closed) is { } error)
        {
            Remove(stream);
            OnConnectionLost(stream, error);
            return false;
        }

        return true;
    }

    protected FrameStream? Find(int id) => _streams.GetValueOrDefault(id);

    /// <summary>Frames for the stream are ignored from here on.</summary>
    internal bool Remove(FrameStream stream) => _streams.TryRemove(KeyValuePair.Create(stream.Id, stream));

    /// <summary>Ends the connection and every stream on it. The first reason counts.</summary>
    internal void Close(ThriftException error)
    {
        if (Interlocked.CompareExchange(ref _closed, error, null) is not null)
        {
            return;
        }

        Writer.Fail();
        Resume();
        foreach (var stream in _streams.Values)
        {
            if (Remove(stream))
            {
                OnConnectionLost(stream, error);
            }
        }

        Shut(error);
    }

    /// <summary>Reads until the connection ends. Never fails: whatever goes wrong closes it.</summary>
    protected async Task ReadFramesAsync()
    {
        try
        {
            while (!IsClosed)
            {
                var result = await _input.ReadAsync().ConfigureAwait(false);
                if (result.IsCanceled)
                {
                    break;
                }

                var buffer = result.Buffer;
                var paused = Process(ref buffer);
                OnProgress(isPartial: !paused && (_skip > 0 || !buffer.IsEmpty), tookFrames: buffer.Length < result.Buffer.Length);
                if (paused)
                {
                    _input.AdvanceTo(buffer.Start);
                    await WaitForRoomAsync().ConfigureAwait(false);
                    continue;
                }

                var left = buffer.Length;
                _input.AdvanceTo(buffer.Start, buffer.End);
                if (result.IsCompleted)
                {
                    Close(left == 0 && _skip == 0
                        ? Lost(null)
                        : Error(TTStreamCodes.TransportClosing, "the connection ended within a frame: unexpected EOF"));
                    break;
                }
            }
        }
        catch (ThriftException error) when (error.Kitex is { IsStream: true })
        {
            Close(error);
        }
        catch (ThriftProtocolException error)
        {
            Close(Error(TTStreamCodes.IllegalFrame, error.Message, error));
        }
        catch (Exception error)
        {
            Close(Lost(error));
        }
    }

    /// <summary>Bytes were read; some may be the beginning of a frame whose rest is to come.</summary>
    /// <param name="isPartial">Whether the beginning of a frame waits for its rest.</param>
    /// <param name="tookFrames">Whether the bytes completed a frame.</param>
    protected virtual void OnProgress(bool isPartial, bool tookFrames)
    {
    }

    private ThriftException Lost(Exception? cause) => Error(
        TTStreamCodes.TransportClosing,
        cause is null ? "connection closed by peer" : $"connection lost: {cause.Message}",
        cause);

    /// <summary>Takes all whole frames. Receivers are woken once, when all messages of a batch are queued.</summary>
    /// <returns>Whether nothing more may be taken before there is room.</returns>
    private bool Process(ref ReadOnlySequence<byte> buffer)
    {
        try
        {
            while (SkipRefused(ref buffer) && _frames.TryRead(ref buffer, out var frame))
            {
                Dispatch(frame);
                if (IsPaused)
                {
                    return true;
                }
            }

            return false;
        }
        finally
        {
            foreach (var stream in _touched)
            {
                stream.SetReceived();
            }

            _touched.Clear();
        }
    }

    private void Dispatch(in TTHeaderFrame frame)
    {
        if (!frame.IsStreaming)
        {
            throw Error(TTStreamCodes.IllegalFrame, "unexpected flags, the streaming bit is not set");
        }

        switch (frame.FrameType)
        {
            case TTHeaderFrameType.Data:
                if (Find(frame.SequenceId) is { } stream)
                {
                    OnData(stream, frame.Payload);
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
                throw Error(TTStreamCodes.IllegalFrame, $"unexpected frame type: {System.Text.Encoding.UTF8.GetString(frame.FrameTypeText[..Math.Min(frame.FrameTypeText.Length, 32)])}");
        }
    }

    private void OnData(FrameStream stream, in ReadOnlySequence<byte> payload)
    {
        if (payload.Length > Limits.MaxMessageSize)
        {
            Refuse(stream, TooLarge(payload.Length));
            return;
        }

        if (stream.OnData(payload))
        {
            _touched.Add(stream);
        }

        CheckRoom(stream);
    }

    private ThriftStatusException TooLarge(long size) => MessageSize.TooLarge(size, Limits.MaxMessageSize);
}
