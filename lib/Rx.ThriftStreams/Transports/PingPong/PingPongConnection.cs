using System.Runtime.CompilerServices;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Sockets;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Transports.PingPong;

/// <summary>A connection that carries one call at a time. It is made for a call, which has begun on it.</summary>
internal sealed class PingPongConnection : IPooledConnection, IAsyncDisposable
{
    private readonly SocketConnection _socket;
    private readonly TimeProvider _clock;
    private readonly ConnectionSet<PingPongConnection> _owner;
    private readonly PingPongMessageReader? _reader;
    private readonly HttpReplyReader? _httpReader;
    private Action? _onOffer;
    private bool _asks;
    private bool _isAnswered;
    private CallGate _gate;

    /// <param name="socket">The connection.</param>
    /// <param name="limits">What answers may take.</param>
    /// <param name="isHttp">Whether messages travel in HTTP.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="owner">Keeps it while it is idle.</param>
    /// <param name="onOffer">Called when the server says that calls may share connections, for which the first request asks; <see langword="null"/> if nobody wants to know.</param>
    internal PingPongConnection(SocketConnection socket, MessageLimits limits, bool isHttp, TimeProvider clock, ConnectionSet<PingPongConnection> owner, Action? onOffer)
    {
        _onOffer = onOffer;
        _asks = onOffer is not null;
        _socket = socket;
        _owner = owner;
        _clock = clock;
        _reader = isHttp ? null : new PingPongMessageReader(limits);
        _httpReader = isHttp ? new HttpReplyReader(limits) : null;
        _gate.TryEnter();
    }

    internal string Peer => _socket.Peer;

    /// <summary>Whether oneway calls are answered, with an empty response: a server or proxy in between may drop a request whose sender leaves.</summary>
    internal bool AnswersOneway => _httpReader is not null;

    /// <inheritdoc/>
    public long IdleSince { get; set; }

    /// <inheritdoc/>
    public bool IsStale => _socket.HasInput;

    /// <inheritdoc/>
    public bool TryEnter() => _gate.TryEnter();

    /// <inheritdoc/>
    public void Exit() => _gate.Exit();

    /// <inheritdoc/>
    public bool TryRetire() => _gate.TryRetire();

    /// <inheritdoc/>
    public void Close(ThriftTransportException reason)
    {
        _socket.Abort(reason);
        _ = _socket.DisposeAsync().AsTask();
    }

    /// <summary>Whether the next request asks the server if calls may share connections.</summary>
    internal bool TakeQuestion()
    {
        var asks = _asks;
        _asks = false;
        return asks;
    }

    /// <summary>The server says that they may.</summary>
    internal void OnOffer()
    {
        _onOffer?.Invoke();
        _onOffer = null;
    }

    /// <exception cref="ThriftTransportException">The connection is lost.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    internal async ValueTask SendAsync(ReadOnlyMemory<byte> request)
    {
        try
        {
            await _socket.Output.WriteAsync(request).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or InvalidOperationException)
        {
            throw Lost(error);
        }
    }

    /// <summary>Receives the answer.</summary>
    /// <exception cref="ThriftException">The connection is lost, or the bytes are not an answer.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    internal async ValueTask ReceiveAsync(PingPongReply reply)
    {
        try
        {
            while (true)
            {
                var result = await _socket.Input.ReadAsync().ConfigureAwait(false);
                var buffer = result.Buffer;
                _isAnswered |= !buffer.IsEmpty;
                var taken = _reader?.TryRead(ref buffer, reply, null) ?? _httpReader!.TryRead(ref buffer, reply, result.IsCompleted);
                _socket.Input.AdvanceTo(buffer.Start, taken ? buffer.Start : buffer.End);
                if (taken)
                {
                    return;
                }

                if (result.IsCompleted)
                {
                    throw Lost(null);
                }
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or InvalidOperationException)
        {
            throw Lost(error);
        }
    }

    /// <summary>The call has ended and its answer was read whole: another may use the connection.</summary>
    internal void Release()
    {
        if (!_owner.TryKeep(this))
        {
            _ = DisposeAsync().AsTask();
        }
    }

    /// <summary>
    /// Takes the answer to a oneway call after the call has ended, so that nobody in between drops a request whose sender left. Some servers never answer, so the
    /// wait is bounded. Never fails: the caller of a oneway method receives no result, whatever it is.
    /// </summary>
    internal async Task LingerAsync(PingPongReply reply)
    {
        try
        {
            using var limit = new CancellationTokenSource(ClientTransport.OnewayLimit, _clock);
            using var registration = limit.Token.UnsafeRegister(
                static self => ((PingPongConnection)self!).Abort(new TimeoutException("The server did not answer a oneway call.")), this);
            await ReceiveAsync(reply).ConfigureAwait(false);
        }
        catch (ThriftException error)
        {
            reply.Fail(error);
        }

        if (reply.KeepsConnection)
        {
            Release();
        }
        else
        {
            await DisposeAsync().ConfigureAwait(false);
        }
    }

    internal void Abort(Exception reason)
    {
        _owner.Remove(this);
        _socket.Abort(reason);
    }

    public ValueTask DisposeAsync()
    {
        _owner.Remove(this);
        return _socket.DisposeAsync();
    }

    /// <summary>The reason for which this side closed the connection takes precedence over the resulting read or write error.</summary>
    private ThriftException Lost(Exception? cause) => _socket.AbortReason as ThriftTransportException ?? PingPongErrors.Lost(Peer, cause, !_isAnswered && _reader is not null && _socket.IsPlain);
}
