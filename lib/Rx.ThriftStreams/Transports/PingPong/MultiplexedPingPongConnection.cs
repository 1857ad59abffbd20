using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Sockets;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Transports.PingPong;

/// <summary>A TTHeader connection that many calls share. Requests that come close together are written in one go; answers come in any order.</summary>
/// <remarks>
/// A call is in the table from before its request is written until it is removed, and only the thread that removes it completes it: the reader with the answer, the call itself
/// when it is cancelled, or the end of the connection. A call that is added while the connection ends checks for the end afterwards, so exactly one of the two removes it.
/// </remarks>
internal sealed class MultiplexedPingPongConnection : IPooledConnection
{
    private readonly SocketConnection _socket;
    private readonly PingPongMessageReader _reader;
    private readonly BatchWriter _writer;
    private readonly ConcurrentDictionary<int, PingPongReply> _expected = new();
    private readonly List<PingPongReply> _answered = [];
    private readonly Func<int, PingPongReply?> _take;
    private readonly ConnectionSet<MultiplexedPingPongConnection> _owner;
    private ThriftTransportException? _closed;
    private CallGate _gate;
    private volatile bool _serverCloses;

    internal MultiplexedPingPongConnection(SocketConnection socket, ConnectionSet<MultiplexedPingPongConnection> owner, MessageLimits limits, TimeProvider clock)
    {
        _socket = socket;
        _writer = new BatchWriter(socket.Output, new PeerMemory(long.MaxValue), clock, error => Close(PingPongErrors.Lost(Peer, error)));
        _owner = owner;
        _reader = new PingPongMessageReader(limits);
        _take = Take;
    }

    internal string Peer => _socket.Peer;

    /// <summary>Whether no further call may use it.</summary>
    internal bool IsClosed => Volatile.Read(ref _closed) is not null || _serverCloses || _gate.IsRetired;

    /// <inheritdoc/>
    public long IdleSince { get; set; }

    /// <inheritdoc/>
    public bool IsStale => IsClosed;

    /// <inheritdoc/>
    public bool TryEnter()
    {
        if (!_gate.TryEnter())
        {
            return false;
        }

        if (!IsClosed)
        {
            return true;
        }

        _gate.Exit();
        return false;
    }

    /// <inheritdoc/>
    public void Exit() => _gate.Exit();

    /// <inheritdoc/>
    public bool TryRetire() => _gate.TryRetire();

    /// <summary>A call has ended.</summary>
    internal void Leave() => _owner.Exit(this);

    /// <summary>Begins to read. Nothing of the caller's context flows into it: the connection outlives the call that made it.</summary>
    internal void Start() => ThreadPool.UnsafeQueueUserWorkItem(static self => _ = self.ReadRepliesAsync(), this, preferLocal: false);

    /// <summary>Has the reply delivered: its <see cref="PingPongReply.WhenAnsweredAsync"/> completes when it is there, and fails when it will not come.</summary>
    internal void Expect(PingPongReply reply)
    {
        _expected[reply.SequenceId] = reply;
        if (Volatile.Read(ref _closed) is { } closed && _expected.TryRemove(reply.SequenceId, out _))
        {
            reply.Complete(closed);
        }
    }

    /// <summary>Abandons a call; its answer is dropped if it arrives.</summary>
    internal void GiveUp(PingPongReply reply, Exception reason)
    {
        if (_expected.TryRemove(reply.SequenceId, out _))
        {
            reply.Complete(reason);
        }
    }

    /// <summary>Sends a request; waits while the server does not read.</summary>
    /// <exception cref="ThriftTransportException">The connection is lost.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    internal async ValueTask SendAsync(ReadOnlyMemory<byte> request)
    {
        if (!await _writer.AppendAsync(request).ConfigureAwait(false))
        {
            throw Volatile.Read(ref _closed) ?? PingPongErrors.Lost(Peer, null);
        }
    }

    private async Task ReadRepliesAsync()
    {
        try
        {
            while (true)
            {
                var result = await _socket.Input.ReadAsync().ConfigureAwait(false);
                var buffer = result.Buffer;
                while (_reader.TryRead(ref buffer, null, _take))
                {
                }

                _socket.Input.AdvanceTo(buffer.Start, buffer.End);
                _serverCloses |= _reader.IsAskedToLeave;
                foreach (var reply in _answered)
                {
                    _serverCloses |= reply.ServerCloses;
                    reply.Complete();
                }

                _answered.Clear();
                if (result.IsCompleted)
                {
                    Close(PingPongErrors.Lost(Peer, null));
                    return;
                }
            }
        }
        catch (ThriftException error)
        {
            Close(new ThriftTransportException(error.StatusCode, $"The connection to {Peer} was closed: {error.Message}", error));
        }
        catch (Exception error)
        {
            Close(PingPongErrors.Lost(Peer, error));
        }
    }

    /// <summary>The answer is read while the buffer is held; its waiter is woken afterwards.</summary>
    private PingPongReply? Take(int sequenceId)
    {
        if (_expected.TryRemove(sequenceId, out var reply))
        {
            _answered.Add(reply);
        }

        return reply;
    }

    /// <summary>Closes it at once; calls on it fail with the reason. The first reason counts.</summary>
    public void Close(ThriftTransportException reason)
    {
        if (Interlocked.CompareExchange(ref _closed, reason, null) is not null)
        {
            return;
        }

        _owner.Remove(this);
        _writer.Fail();
        _socket.Abort(reason);
        _ = _socket.DisposeAsync().AsTask();
        foreach (var sequenceId in _expected.Keys)
        {
            if (_expected.TryRemove(sequenceId, out var reply))
            {
                reply.Complete(reason);
            }
        }
    }
}
