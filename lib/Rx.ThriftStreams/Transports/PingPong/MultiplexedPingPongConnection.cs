using System.Collections.Concurrent;
using Rx.ThriftStreams.Sockets;

namespace Rx.ThriftStreams.Transports.PingPong;

/// <summary>A TTHeader connection that many calls share. Requests are written one after the other; answers come in any order.</summary>
internal sealed class MultiplexedPingPongConnection : IAsyncDisposable
{
    private readonly SocketConnection _socket;
    private readonly PingPongMessageReader _reader;
    private readonly SemaphoreSlim _writeTurn = new(1, 1);
    private readonly ConcurrentDictionary<int, (PingPongReply Reply, TaskCompletionSource Answered)> _expected = new();
    private readonly List<TaskCompletionSource> _answered = [];
    private readonly Func<int, PingPongReply?> _take;
    private ThriftTransportException? _closed;

    internal MultiplexedPingPongConnection(SocketConnection socket, int maxMessageSize)
    {
        _socket = socket;
        _reader = new PingPongMessageReader(maxMessageSize);
        _take = Take;
    }

    internal string Peer => _socket.Peer;

    internal bool IsClosed => Volatile.Read(ref _closed) is not null;

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

    public ValueTask DisposeAsync()
    {
        Close(new ThriftTransportException(ThriftStatusCode.Unavailable, $"The connection to {Peer} was closed by this client."));
        return default;
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

    private void Close(ThriftTransportException reason)
    {
        if (Interlocked.CompareExchange(ref _closed, reason, null) is not null)
        {
            return;
        }

        _socket.Abort(reason);
        foreach (var sequenceId in _expected.Keys)
        {
            if (_expected.TryRemove(sequenceId, out var expected))
            {
                expected.Answered.TrySetException(reason);
            }
        }
    }
}
