using Rx.ThriftStreams.Wire;
namespace Rx.ThriftStreams.Transports.TTHeaderStreaming;

/// <summary>A stream on its client.</summary>
internal sealed class ClientFrameStream : FrameStream
{
    private readonly ClientFrameConnection _connection;
    private readonly TaskCompletionSource<ThriftMetadata> _headers = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _headerSeen;
    private int _sendClosed;
    private int _ended;

    internal ClientFrameStream(ClientFrameConnection connection, int id, FrameTemplates templates)
        : base(connection, id, templates, connection.PeerWindow)
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

    /// <summary>Gives the call up and tells the server why. Idempotent; nothing happens after the end.</summary>
    internal void Abort(Exception reason)
    {
        if (!TryEnd())
        {
            return;
        }

        SendReset(CancelReason.From(reason, _connection.ServiceName), Interlocked.Exchange(ref _sendClosed, 1) == 0);
        Fail(reason);
        _headers.TrySetResult(ThriftMetadata.Empty);
        _connection.OnStreamEnded();
    }

    internal void OnHeader(ThriftMetadata headers)
    {
        if (_headerSeen)
        {
            throw StreamErrors.Create(TTStreamCodes.UnexpectedHeader, $"stream[{Id}] already set header", isServerSide: false);
        }

        _headerSeen = true;
        _headers.TrySetResult(headers);
    }

    internal void OnTrailer(in TTHeaderFrame frame)
    {
        if (!TryEnd())
        {
            return;
        }

        Trailers = ReceivedPairs.ReadMetadata(frame);
        var error = ReceivedPairs.ReadEnd(frame, Trailers, isServerSide: false);

        // Servers expect it although they have ended the stream themselves.
        CloseSend();
        End(error, error ?? StreamErrors.Create(TTStreamCodes.IllegalOperation, "stream is closed send", isServerSide: false));
    }

    internal void OnReset(in TTHeaderFrame frame)
    {
        if (TryEnd())
        {
            CloseSend();
            Fail(ReceivedPairs.ReadReset(frame, isServerSide: false));
            _headers.TrySetResult(ThriftMetadata.Empty);
            _connection.OnStreamEnded();
        }
    }

    /// <summary>This side cannot take what the server sends.</summary>
    internal void Refuse(ThriftStatusException reason)
    {
        if (TryEnd())
        {
            SendReset(new CancelReason(TTStreamCodes.InternalCanceled, reason.Message, _connection.ServiceName), Interlocked.Exchange(ref _sendClosed, 1) == 0);
            Fail(reason);
            _headers.TrySetResult(ThriftMetadata.Empty);
            _connection.OnStreamEnded();
        }
    }

    internal void OnConnectionLost(ThriftException error)
    {
        if (Interlocked.Exchange(ref _ended, 1) == 0)
        {
            End(error, error);
        }
    }

    /// <summary>Lets go of what was received and not consumed.</summary>
    internal void Release() => Fail(new ObjectDisposedException(nameof(ClientFrameStream)));

    private void End(Exception? receiveError, Exception sendError)
    {
        EndReceive(receiveError);
        EndSend(sendError);
        _headers.TrySetResult(ThriftMetadata.Empty);
        _connection.OnStreamEnded();
    }

    private bool TryEnd()
    {
        if (Interlocked.Exchange(ref _ended, 1) != 0)
        {
            return false;
        }

        Connection.Remove(this);
        return true;
    }

    private void SendReset(CancelReason reason, bool withTrailer)
    {
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
