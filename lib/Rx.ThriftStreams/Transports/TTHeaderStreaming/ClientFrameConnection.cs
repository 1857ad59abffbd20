using System.Globalization;
using System.IO.Pipelines;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Sockets;
using Rx.ThriftStreams.Transport;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Transports.TTHeaderStreaming;

/// <summary>A client's connection: creates streams and hands frames to them. The call it was made for has entered it.</summary>
internal sealed class ClientFrameConnection : FrameConnection, IPooledConnection
{
    private static int s_lastId;

    private readonly Func<ThriftException, ValueTask> _shut;
    private readonly Action<ClientFrameConnection> _onFree;
    private CallGate _gate;

    /// <param name="pipe">The bytes.</param>
    /// <param name="control">The connection under them.</param>
    /// <param name="peer">The server's address.</param>
    /// <param name="limits">The limits of the connection and its streams.</param>
    /// <param name="serviceName">This process's own name; may be empty.</param>
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

    /// <inheritdoc/>
    public long IdleSince { get; set; }

    /// <inheritdoc/>
    public bool IsStale => IsClosed;

    /// <inheritdoc/>
    public bool TryEnter() => _gate.TryEnter();

    /// <inheritdoc/>
    public void Exit() => _gate.Exit();

    /// <inheritdoc/>
    public bool TryRetire() => _gate.TryRetire();

    /// <inheritdoc/>
    public void Close(ThriftTransportException reason) => Close((ThriftException)reason);

    /// <summary>Begins to read. Nothing of the caller's context flows into it: the connection outlives the call that made it.</summary>
    internal void Start() => ThreadPool.UnsafeQueueUserWorkItem(static self => _ = self.ReadFramesAsync(), this, preferLocal: false);

    /// <summary>Creates a stream and sends its HEADER. Its caller has entered the connection; the end of the stream, or a failure of this, exits.</summary>
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
                // Announced between the creation of the stream, which saw none, and its addition, before which the announcement did not reach it.
                stream.Outbox.GrantFirst(PeerWindow);
            }

            Writer.AppendControl(buffer.Bytes.WrittenSpan);
            return stream;
        }
        catch (ThriftProtocolException)
        {
            // A header that cannot be sent: nobody knows of the stream, but it has a part of the connection's windows.
            stream.Release();
            OnStreamEnded();
            throw;
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

    protected override void OnWindow(int window)
    {
        if (Limits.OfferFlowControl && PeerWindow == 0)
        {
            PeerWindow = window;
            GrantToAll(window);
        }
    }

    // One counter for all connections of the process, as peers expect from logs; 0 is nobody's.
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

        // Last, so that no header of the user's can stand for it.
        header.AddString(TTHeaderStringKeys.ServiceName, method.ServiceName);
        buffer.End();
    }
}
