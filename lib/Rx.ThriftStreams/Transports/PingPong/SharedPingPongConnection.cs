using System.Runtime.CompilerServices;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Sockets;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Transports.PingPong;

/// <summary>A connection that many calls share. Requests that come close together are written in one go; answers are matched to calls by sequence id.</summary>
/// <remarks>
/// Multiplexed, the server answers in any order. Pipelined, it answers one call after the other, so that few calls should be under way, and a call that was given up still delays those
/// behind it: the connection then takes no further call.
/// <para>
/// A call is in the table from before its request is written until it is removed, and only the thread that removes it completes it: the reader with the answer, the call itself
/// when it is cancelled, or the end of the connection. A call that is added while the connection ends checks for the end afterwards, so exactly one of the two removes it.
/// </para>
/// </remarks>
internal sealed class SharedPingPongConnection : IPooledConnection
{
    private readonly SocketConnection _socket;
    private readonly PingPongMessageReader _reader;
    private readonly BatchWriter _writer;
    private readonly Lock _table = new();
    private readonly Dictionary<int, PingPongReply> _expected = [];
    private readonly List<PingPongReply> _answered = [];
    private readonly Func<int, PingPongReply?> _take;
    private readonly ConnectionSet<SharedPingPongConnection> _owner;
    private ThriftTransportException? _closed;
    private CallGate _gate;
    private readonly Action? _onRefusal;
    private readonly SemaphoreSlim? _room;
    private int _asked;
    private volatile bool _isAnswered;
    private volatile bool _takesCancellations;
    private volatile bool _isLeft;

    /// <param name="socket">The connection.</param>
    /// <param name="owner">All connections of the transport.</param>
    /// <param name="limits">What answers may take.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="onRefusal">Called when its server turns out not to share connections; it then takes no further call. <see langword="null"/> if calls share whatever the server says.</param>
    /// <param name="depth">How many calls at a time it takes if they are pipelined; <see langword="null"/> if they are multiplexed.</param>
    internal SharedPingPongConnection(
        SocketConnection socket,
        ConnectionSet<SharedPingPongConnection> owner,
        MessageLimits limits,
        TimeProvider clock,
        Action? onRefusal,
        int? depth)
    {
        _room = depth is { } most ? new(most) : null;
        _onRefusal = onRefusal;
        _socket = socket;
        _writer = new BatchWriter(socket.Output, new PeerMemory(long.MaxValue), clock, error => Close(Lost(error)));
        _owner = owner;
        _reader = new PingPongMessageReader(limits);
        _take = Take;
    }

    internal string Peer => _socket.Peer;

    /// <summary>Whether no further call may use it.</summary>
    internal bool IsClosed => _isLeft || _gate.IsRetired || Volatile.Read(ref _closed) is not null;

    /// <summary>Whether calls are under way on it.</summary>
    internal bool IsBusy => _gate.HasCalls;

    /// <inheritdoc/>
    public long IdleSince { get; set; }

    /// <inheritdoc/>
    public bool IsStale => IsClosed;

    /// <inheritdoc/>
    public bool TryEnter() => (_room is null || _room.Wait(0)) && TryBegin();

    /// <summary>Begins a call when there is room for it.</summary>
    /// <returns><see langword="false"/> if the connection takes no further call.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    internal async ValueTask<bool> EnterAsync(CancellationToken cancellationToken)
    {
        if (_room is not null)
        {
            await _room.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        return TryBegin();
    }

    private bool TryBegin()
    {
        if (_gate.TryEnter())
        {
            if (!IsClosed)
            {
                return true;
            }

            _gate.Exit();
        }

        // Another that waits for room shall find out as well.
        _room?.Release();
        return false;
    }

    /// <inheritdoc/>
    public void Exit() => _gate.Exit();

    /// <inheritdoc/>
    public bool TryRetire() => _gate.TryRetire();

    /// <summary>A call has ended. Only the first time counts.</summary>
    internal void Leave(PingPongReply reply)
    {
        if (reply.TryLeave())
        {
            _owner.Exit(this);
            _room?.Release();
            if (_isLeft && _gate.TryRetire())
            {
                Close(new ThriftTransportException(ThriftStatusCode.Unavailable, $"The connection to {Peer} was closed after its last call."));
            }
        }
    }

    /// <summary>Begins to read. Nothing of the caller's context flows into it: the connection outlives the call that made it.</summary>
    internal void Start() => ThreadPool.UnsafeQueueUserWorkItem(static self => _ = self.ReadRepliesAsync(), this, preferLocal: false);

    /// <summary>Has the reply delivered: its <see cref="PingPongReply.WhenAnsweredAsync"/> completes when it is there, and fails when it will not come.</summary>
    internal void Expect(PingPongReply reply)
    {
        lock (_table)
        {
            _expected[reply.SequenceId] = reply;
        }

        if (Volatile.Read(ref _closed) is { } closed && Remove(reply.SequenceId) is not null)
        {
            reply.Complete(closed);
        }
    }

    /// <summary>Abandons a call; its answer is dropped if it arrives.</summary>
    /// <param name="reply">Its reply.</param>
    /// <param name="reason">Why; <see langword="null"/> if its stream was disposed of.</param>
    /// <param name="cancels">Whether the server has the request, and must learn that nobody waits for the answer.</param>
    internal void GiveUp(PingPongReply reply, Exception? reason, bool cancels)
    {
        if (Remove(reply.SequenceId, leavesAnswer: cancels) is null)
        {
            return;
        }

        reply.Complete(reason ?? new ObjectDisposedException(nameof(SharedPingPongStream<,>)));
        if (cancels && _takesCancellations)
        {
            using var rented = PerThread<ThriftWriteBuffer>.Rent();
            PingPongRequestWriter.WriteCancellation(rented.Value, reply.SequenceId);
            _writer.AppendControl(rented.Value.WrittenSpan);
        }
    }

    /// <summary>Whether the next request asks the server if it shares connections, and so takes cancellations.</summary>
    internal bool TakeQuestion() => _room is null && Volatile.Read(ref _asked) == 0 && Interlocked.Exchange(ref _asked, 1) == 0;

    /// <summary>Sends a request; waits while the server does not read.</summary>
    /// <param name="request">The request, which must not change until the task has completed.</param>
    /// <exception cref="ThriftTransportException">The connection is lost.</exception>
    internal ValueTask SendAsync(ReadOnlyMemory<byte> request)
    {
        var appended = _writer.TryAppend(request.Span);
        return appended == AppendResult.Appended ? default : AwaitSendAsync(request);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AwaitSendAsync(ReadOnlyMemory<byte> request)
    {
        if (!await _writer.AppendAsync(request).ConfigureAwait(false))
        {
            throw Volatile.Read(ref _closed) ?? Lost(null);
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
                if (!buffer.IsEmpty)
                {
                    _isAnswered = true;
                }

                try
                {
                    while (_reader.TryRead(ref buffer, null, _take))
                    {
                    }
                }
                finally
                {
                    // Also those before bytes that are not an answer.
                    DeliverAnswers();
                }

                _socket.Input.AdvanceTo(buffer.Start, buffer.End);
                if (result.IsCompleted)
                {
                    Close(Lost(null));
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
            Close(Lost(error));
        }
    }

    private ThriftTransportException Lost(Exception? cause) => PingPongErrors.Lost(Peer, cause, !_isAnswered && _socket.IsPlain);

    private void DeliverAnswers()
    {
        if (_reader.IsAskedToLeave)
        {
            _isLeft = true;
        }

        foreach (var reply in _answered)
        {
            _takesCancellations |= reply.OffersMultiplexing;
            if (_onRefusal is not null && reply.RefusesMultiplexing)
            {
                _isLeft = true;
                _onRefusal();
            }
            else if (reply.ServerCloses)
            {
                _isLeft = true;
            }

            Leave(reply);
            reply.Complete();
        }

        _answered.Clear();
    }

    /// <summary>The answer is read while the buffer is held; its waiter is woken afterwards.</summary>
    private PingPongReply? Take(int sequenceId)
    {
        var reply = Remove(sequenceId);
        if (reply is not null)
        {
            _answered.Add(reply);
        }
        else if (_room is not null && !_isLeft)
        {
            // Nobody has given up a call, so somebody waits for this one, and would for ever.
            throw new ThriftProtocolException($"The server answered a call with the sequence id {sequenceId}, which no call on the connection has.");
        }

        return reply;
    }

    /// <param name="sequenceId">The number of the call.</param>
    /// <param name="leavesAnswer">Whether an answer may still come, for which nobody waits.</param>
    /// <returns><see langword="null"/> if somebody else removed it, who then completes it.</returns>
    private PingPongReply? Remove(int sequenceId, bool leavesAnswer = false)
    {
        lock (_table)
        {
            if (!_expected.Remove(sequenceId, out var reply))
            {
                return null;
            }

            // Within the lock: the reader must not find an answer that belongs to nobody, and no reason why.
            if (leavesAnswer && _room is not null)
            {
                _isLeft = true;
            }

            return reply;
        }
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
        _room?.Release();
        PingPongReply[] abandoned;
        lock (_table)
        {
            abandoned = [.. _expected.Values];
            _expected.Clear();
        }

        foreach (var reply in abandoned)
        {
            reply.Complete(reason);
        }
    }
}
