using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Transports.TTHeaderStreaming;

/// <summary>A stream on its client.</summary>
internal sealed class ClientFrameStream : FrameStream
{
    private readonly ClientFrameConnection _connection;
    private readonly TaskCompletionSource<ThriftMetadata> _headers = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _headerSeen;
    private long _pairsMemory;
    private int _sendClosed;
    private int _ended;

    internal ClientFrameStream(ClientFrameConnection connection, int id, FrameTemplates templates, int window)
        : base(connection, id, templates, connection.PeerWindow, window)
        => _connection = connection;

    internal Task<ThriftMetadata> Headers => _headers.Task;

    internal ThriftMetadata Trailers { get; private set; } = ThriftMetadata.Empty;

    internal override bool PeerKeepsWindow => Connection.PeerWindow > 0;

    /// <summary>Ends the sending direction.</summary>
    internal void CloseSend()
    {
        if (Interlocked.Exchange(ref _sendClosed, 1) == 0)
        {
            var buffer = FrameBuffer.Rent();
            Templates.Trailer.WriteTo(buffer.Bytes, Id, 0);
            Connection.Writer.AppendControl(buffer.Bytes.WrittenSpan);
            buffer.Return();
        }
    }

    /// <summary>Cancels the call and sends the server the reason. Idempotent; does nothing after the end.</summary>
    internal void Abort(Exception reason)
    {
        if (!TryEnd())
        {
            return;
        }

        SendReset(CancelReason.From(reason, _connection.ServiceName));
        Fail(reason);
        SetEnded();
    }

    internal void OnHeader(in TTHeaderFrame frame)
    {
        if (_headerSeen)
        {
            throw StreamErrors.Create(TTStreamCodes.UnexpectedHeader, $"stream[{Id}] already set header", isServerSide: false);
        }

        _headerSeen = true;
        if (TryKeepPairs(frame))
        {
            _headers.TrySetResult(ReceivedPairs.ReadMetadata(frame));
        }
        else
        {
            GiveUp(NoRoomForPairs());
        }
    }

    internal void OnTrailer(in TTHeaderFrame frame)
    {
        if (!TryEnd())
        {
            return;
        }

        var keeps = TryKeepPairs(frame);
        if (keeps)
        {
            Trailers = ReceivedPairs.ReadMetadata(frame);
        }

        var error = keeps ? ReceivedPairs.ReadEnd(frame, Trailers, isServerSide: false) : NoRoomForPairs();

        // Servers expect it even after they have ended the stream.
        CloseSend();
        Inbox.End(error);
        Outbox.End(error ?? StreamErrors.Create(TTStreamCodes.IllegalOperation, "stream is closed send", isServerSide: false));
        SetEnded();
    }

    internal void OnReset(in TTHeaderFrame frame)
    {
        if (TryEnd())
        {
            CloseSend();
            End(ReceivedPairs.ReadReset(frame, isServerSide: false));
            SetEnded();
        }
    }

    /// <summary>Ends the stream because of a message that cannot be accepted, after the messages before it.</summary>
    internal void Refuse(ThriftStatusException reason)
    {
        if (TryEnd())
        {
            SendReset(ResetFor(reason));
            End(reason);
            SetEnded();
        }
    }

    /// <summary>Ends the stream immediately because there is no room for what it has received.</summary>
    internal void GiveUp(ThriftStatusException reason)
    {
        if (TryEnd())
        {
            SendReset(ResetFor(reason));
            Fail(reason);
            SetEnded();
        }
    }

    internal void OnConnectionLost(ThriftException error)
    {
        if (Interlocked.Exchange(ref _ended, 1) == 0)
        {
            End(error);
            SetEnded();
        }
    }

    /// <summary>Drops what was received and not consumed. The stream must no longer be in use.</summary>
    internal void Release()
    {
        Fail(new ObjectDisposedException(nameof(ClientFrameStream)));
        Connection.Memory.Return(Interlocked.Exchange(ref _pairsMemory, 0));
    }

    private void SetEnded()
    {
        _headers.TrySetResult(ThriftMetadata.Empty);
        _connection.OnStreamEnded();
    }

    /// <summary>Charges the memory of a frame's pairs for as long as the call can return them.</summary>
    private bool TryKeepPairs(in TTHeaderFrame frame)
    {
        var bytes = ReceivedPairs.MemoryOf(frame);
        if (!Connection.Memory.TryTake(bytes))
        {
            return false;
        }

        Interlocked.Add(ref _pairsMemory, bytes);
        return true;
    }

    private static ThriftStatusException NoRoomForPairs() => new(
        ThriftStatusCode.ResourceExhausted, "The headers or trailers of the stream do not fit into the memory that its connection may use.");

    private CancelReason ResetFor(ThriftStatusException reason) => new(TTStreamCodes.InternalCanceled, reason.Message, _connection.ServiceName);

    private bool TryEnd()
    {
        if (Interlocked.Exchange(ref _ended, 1) != 0)
        {
            return false;
        }

        Connection.Remove(this);
        return true;
    }

    private void SendReset(CancelReason reason)
    {
        // A direction that was not ended before ends with the reset.
        var withTrailer = Interlocked.Exchange(ref _sendClosed, 1) == 0;
        var buffer = FrameBuffer.Rent();
        try
        {
            buffer.Begin(TTHeaderFrameType.Rst, Id, Templates.Method).AddString(TTHeaderStringKeys.CancelPath, reason.Path);
            buffer.End(Templates.Method, Id, reason.Code, reason.Text);
            if (withTrailer)
            {
                Templates.Trailer.WriteTo(buffer.Bytes, Id, 0);
            }

            Connection.Writer.AppendControl(buffer.Bytes.WrittenSpan);
        }
        finally
        {
            buffer.Return();
        }
    }
}
