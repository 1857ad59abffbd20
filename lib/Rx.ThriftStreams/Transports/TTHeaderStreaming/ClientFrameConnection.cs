using System.Globalization;
using System.IO.Pipelines;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Sockets;
using Rx.ThriftStreams.Transport;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Transports.TTHeaderStreaming;

/// <summary>A client's connection: creates streams and passes frames to them. The call for which it was created has already entered it.</summary>
internal sealed class ClientFrameConnection : FrameConnection, IPooledConnection
{
    private static int s_lastId;

    private readonly Func<ThriftException, ValueTask> _shut;
    private readonly Action<ClientFrameConnection> _onFree;
    private CallGate _gate;
    private volatile bool _leaves;

    /// <param name="pipe">The bytes.</param>
    /// <param name="control">The connection under them.</param>
    /// <param name="peer">The server's address.</param>
    /// <param name="limits">The limits of the connection and its streams.</param>
    /// <param name="serviceName">The name of this process; may be empty.</param>
    /// <param name="clock">The clock of all limits.</param>
    /// <param name="shut">Closes the bytes. Called once.</param>
    /// <param name="onFree">Called when a stream has ended; exits from the connection.</param>
    internal ClientFrameConnection(
        IDuplexPipe pipe,
        IConnectionControl control,
        string peer,
        StreamLimits limits,
        string serviceName,
        TimeProvider clock,
        Func<ThriftException, ValueTask> shut,
        Action<ClientFrameConnection> onFree)
        : base(pipe, control, peer, limits, new PeerMemory(limits.ConnectionMemory), clock)
    {
        ServiceName = serviceName;
        _shut = shut;
        _onFree = onFree;
        _gate.TryEnter();
    }

    internal string ServiceName { get; }

    /// <summary>Whether the connection has no TLS.</summary>
    internal bool IsPlain { get; init; }

    /// <summary>Whether no further stream should be opened on it: it is closed, or the server has asked for that and closes it soon.</summary>
    internal bool IsLeft => IsClosed || _leaves;

    /// <inheritdoc/>
    public long IdleSince { get; set; }

    /// <inheritdoc/>
    public bool IsStale => IsLeft;

    /// <inheritdoc/>
    public bool TryEnter() => _gate.TryEnter();

    /// <inheritdoc/>
    public void Exit() => _gate.Exit();

    /// <inheritdoc/>
    public bool TryRetire() => _gate.TryRetire();

    /// <inheritdoc/>
    public void Close(ThriftTransportException reason) => Close((ThriftException)reason);

    /// <summary>Starts reading, without the caller's execution context: the connection outlives the call that created it.</summary>
    internal void Start() => ThreadPool.UnsafeQueueUserWorkItem(static self => _ = self.ReadFramesAsync(), this, preferLocal: false);

    /// <summary>Creates a stream and sends its HEADER. The caller has entered the connection; the end of the stream, or a failure of this method, exits it.</summary>
    /// <exception cref="ThriftTransportException">The connection is closed.</exception>
    /// <exception cref="ThriftProtocolException">A header is too large to be sent.</exception>
    internal ClientFrameStream Open(ThriftMethod method, FrameTemplates templates, ClientCallStart start)
    {
        var stream = new ClientFrameStream(this, NextId(), templates, Windows.TakeFirst());
        var buffer = FrameBuffer.Rent();
        try
        {
            WriteHeader(buffer, stream, method, start);
            if (!TryAdd(stream))
            {
                throw Error(TTStreamCodes.TransportClosing, "the connection was closed before the stream was created");
            }

            if (PeerWindow > 0)
            {
                // The window was announced after the stream was created without one, and before the stream was added, so the announcement did not reach it.
                stream.Outbox.GrantFirst(PeerWindow);
            }

            Writer.AppendControl(buffer.Bytes.WrittenSpan);
            return stream;
        }
        catch (ThriftProtocolException error)
        {
            // The header cannot be sent: no peer knows the stream, but it holds a part of the connection's windows.
            stream.Release();
            OnStreamEnded();
            throw ThriftProtocolException.Unsent(error);
        }
        finally
        {
            buffer.Return();
        }
    }

    /// <summary>Closes when everything is written.</summary>
    internal async Task CloseGracefullyAsync()
    {
        await Writer.WhenIdleAsync().ConfigureAwait(false);
        Close(Error(TTStreamCodes.TransportClosing, "the connection was closed by this client"));
    }

    internal void OnStreamEnded() => _onFree(this);

    protected override void Shut(ThriftException reason) => _ = _shut(reason).AsTask();

    protected override void OnHeader(in TTHeaderFrame frame)
    {
        if (Find(frame.SequenceId) is ClientFrameStream stream)
        {
            stream.OnHeader(frame);
        }
    }

    protected override void OnTrailer(FrameStream stream, in TTHeaderFrame frame) => ((ClientFrameStream)stream).OnTrailer(frame);

    protected override void OnReset(FrameStream stream, in TTHeaderFrame frame) => ((ClientFrameStream)stream).OnReset(frame);

    protected override void Refuse(FrameStream stream, ThriftStatusException reason) => ((ClientFrameStream)stream).Refuse(reason);

    protected override void GiveUp(FrameStream stream, ThriftStatusException reason) => ((ClientFrameStream)stream).GiveUp(reason);

    protected override void OnConnectionLost(FrameStream stream, ThriftException error) => ((ClientFrameStream)stream).OnConnectionLost(error);

    protected override ThriftException Error(int code, string text, Exception? cause = null)
        => StreamErrors.Create(code, text, isServerSide: false, innerException: cause);

    protected override ThriftException LossError(string text, Exception? cause)
        => StreamErrors.Create(TTStreamCodes.TransportClosing, text, isServerSide: false, innerException: cause, hint: IsPlain && !HasReceived ? $": {WrongPort.Unanswered}" : null);

    // The streams that run end as they would have, and one that is opened at this moment is still served. The server closes the connection.
    protected override void OnLeave() => _leaves = true;

    protected override void OnWindow(int window)
    {
        if (Limits.OfferFlowControl && PeerWindow == 0)
        {
            PeerWindow = window;
            GrantToAll(window);
        }
    }

    // One counter for all connections of the process, so that ids are unique in logs, as in Kitex; 0 is never used.
    private static int NextId()
    {
        int id;
        do
        {
            id = Interlocked.Increment(ref s_lastId);
        }
        while (id == 0);
        return id;
    }

    private void WriteHeader(FrameBuffer buffer, ClientFrameStream stream, ThriftMethod method, ClientCallStart start)
    {
        var header = buffer.Begin(TTHeaderFrameType.Header, stream.Id, method.Name);
        if (ServiceName.Length > 0)
        {
            header.AddInt(TTHeaderIntKey.FromService, ServiceName);
        }

        header.AddPairs(start);
        if (start.RemainingMilliseconds() is { } milliseconds)
        {
            header.AddString(FlowControlKeys.Timeout, milliseconds.ToString(CultureInfo.InvariantCulture));
        }

        if (Limits.OfferFlowControl)
        {
            header.AddString(FlowControlKeys.Window, stream.Inbox.Window.ToString(CultureInfo.InvariantCulture));
        }

        // Last, so that a user's header cannot override it.
        header.AddString(TTHeaderStringKeys.ServiceName, method.ServiceName);
        buffer.End();
    }
}
