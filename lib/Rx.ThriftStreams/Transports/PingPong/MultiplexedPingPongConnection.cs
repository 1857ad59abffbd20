using System.Collections.Concurrent;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Sockets;

namespace Rx.ThriftStreams.Transports.PingPong;

/// <summary>A TTHeader connection that many calls share. Requests are written one after the other; answers come in any order.</summary>
internal sealed class MultiplexedPingPongConnection : IPooledConnection
{
    private readonly SocketConnection _socket;
    private readonly PingPongMessageReader _reader;
    private readonly SemaphoreSlim _writeTurn = new(1, 1);
    private readonly ConcurrentDictionary<int, (PingPongReply Reply, TaskCompletionSource Answered)> _expected = new();
    private readonly List<TaskCompletionSource> _answered = [];
    private readonly Func<int, PingPongReply?> _take;
    private readonly ConnectionSet<MultiplexedPingPongConnection> _owner;
    private ThriftTransportException? _closed;
    private CallGate _gate;

    internal MultiplexedPingPongConnection(SocketConnection socket, MessageLimits limits, ConnectionSet<MultiplexedPingPongConnection> owner)
    {
        _socket = socket;
        _owner = owner;
        _reader = new PingPongMessageReader(limits);
        _take = Take;
    }

    internal string Peer => _socket.Peer;

    internal bool IsClosed => Volatile.Read(ref _closed) is not null || _gate.IsRetired;

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

    /// <summary>Has an answer delivered. Completes when it is there; fails when it will not come.</summary>
    internal Task Expect(PingPongReply reply)
    {
        var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _expected[reply.SequenceId] = (reply, answered);
        if (Volatile.Read(ref _closed) is { } closed && _expected.TryRemove(reply.SequenceId, out _))
        {
            answered.TrySetException(closed);
        }

        return answered.Task;
    }

    /// <summary>Nobody waits for that answer any longer; if it comes it is dropped.</summary>
    internal void GiveUp(PingPongReply reply, Exception reason)
    {
        if (_expected.TryRemove(reply.SequenceId, out var expected))
        {
            expected.Answered.TrySetException(reason);

            // Whoever gave up may have stopped waiting.
            _ = expected.Answered.Task.Exception;
        }
    }

    /// <exception cref="ThriftTransportException">The connection is lost.</exception>
    internal async ValueTask SendAsync(ReadOnlyMemory<byte> request)
    {
        await _writeTurn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (Volatile.Read(ref _closed) is { } closed)
            {
                throw closed;
            }

            await _socket.Output.WriteAsync(request).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or InvalidOperationException)
        {
            var lost = PingPongErrors.Lost(Peer, error);
            Close(lost);
            throw lost;
        }
        finally
        {
            _writeTurn.Release();
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
                _answered.ForEach(static answered => answered.TrySetResult());
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
        if (!_expected.TryRemove(sequenceId, out var expected))
        {
            return null;
        }

        _answered.Add(expected.Answered);
        return expected.Reply;
    }

    /// <summary>Closes it at once; calls on it fail with the reason. The first reason counts.</summary>
    public void Close(ThriftTransportException reason)
    {
        if (Interlocked.CompareExchange(ref _closed, reason, null) is not null)
        {
            return;
        }

        _owner.Remove(this);
        _socket.Abort(reason);
        _ = _socket.DisposeAsync().AsTask();
        foreach (var sequenceId in _expected.Keys)
        {
            if (_expected.TryRemove(sequenceId, out var expected))
            {
                expected.Answered.TrySetException(reason);
            }
        }
    }
}
