using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Transports.TTHeaderStreaming;

/// <summary>The receiving direction of a stream: messages that wait for their consumer, and the credit that is granted to the peer as they are consumed.</summary>
/// <remarks>
/// The connection's reader adds messages and ends the direction, one consumer takes messages, and any thread may fail the stream. <see cref="_gate"/> guards what
/// they share. The consumer empties the part of the queue that it has taken over without the lock, and therefore accounts for what it has consumed in portions.
/// </remarks>
internal sealed class StreamInbox
{
    private readonly FrameStream _stream;
    private readonly Lock _gate = new();
    private readonly Signal _received = new();
    private readonly MessageQueue _queue = new();
    private Exception? _failure;
    private Exception? _endError;
    private bool _ended;
    private bool _dropped;
    private long _queued;
    private long _ungranted;
    private int _window;

    // Used only by the consumer: what it has taken and not accounted for yet.
    private int _consumed;

    internal StreamInbox(FrameStream stream, int window)
    {
        _stream = stream;
        _window = window;
    }

    /// <summary>Bytes of messages that wait here, each with its overhead.</summary>
    internal long QueuedBytes => Volatile.Read(ref _queued);

    /// <summary>The bytes that the peer may have in flight or queued here at any time.</summary>
    internal int Window => Volatile.Read(ref _window);

    /// <summary>Takes the next message if there is one.</summary>
    /// <exception cref="ThriftException">The stream has failed, or the bytes are not a message.</exception>
    internal bool TryReceive<T>(out T? message, out int size, CancellationToken cancellationToken = default)
        where T : class, IThriftStruct<T>
    {
        if (Volatile.Read(ref _failure) is { } failure)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        if (!_queue.TryTake(out var bytes))
        {
            // The remainder below a portion is accounted for before the consumer waits: otherwise the peer could wait for credit while the consumer waits for the peer.
            if (_consumed > 0)
            {
                Settle();
            }

            lock (_gate)
            {
                if (_dropped || !_queue.TryTakeOver())
                {
                    message = null;
                    size = 0;
                    return false;
                }
            }

            _queue.TryTake(out bytes);
        }

        size = bytes.Length;
        _consumed += size + StreamLimits.MessageOverhead;
        message = _stream.Connection.Limits.Message.Decode<T>(bytes, ref _queue.TakenArray, cancellationToken);
        if (_consumed >= Math.Max(1, _window / 4))
        {
            Settle();
        }

        return true;
    }

    private void ThrowEndError()
    {
        if (_endError is { } error)
        {
            ExceptionDispatchInfo.Throw(error);
        }
    }

    /// <summary>Waits until there may be a message.</summary>
    /// <returns><see langword="false"/> if the peer has ended its direction and all messages were taken.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal async ValueTask<bool> WaitToReceiveAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ValueTask wait;
        lock (_gate)
        {
            // A message may have arrived, or the stream may have failed, since TryReceive found nothing: TryReceive then handles it. Only if both are excluded
            // may the end be reported.
            if (_queue.HasNew || _failure is not null)
            {
                return true;
            }

            if (_ended)
            {
                ThrowEndError();
                return false;
            }

            wait = _received.Arm();
        }

        if (!cancellationToken.CanBeCanceled)
        {
            await wait.ConfigureAwait(false);
            return true;
        }

        using (cancellationToken.UnsafeRegister(static state => ((StreamInbox)state!).Wake(), this))
        {
            await wait.ConfigureAwait(false);
        }

        if (Volatile.Read(ref _failure) is null)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        return true;
    }

    /// <summary>Adds a message that has arrived. Called by the connection's reader.</summary>
    /// <param name="payload">The message.</param>
    /// <param name="owner">The array that holds nothing else, or <see langword="null"/>.</param>
    /// <returns>Whether a consumer waits for it and must be woken with <see cref="SetReceived"/>.</returns>
    internal bool OnData(in ReadOnlySequence<byte> payload, FrameArray? owner)
    {
        lock (_gate)
        {
            if (_ended || _dropped)
            {
                return false;
            }

            _queue.Add(payload, owner);
            var cost = payload.Length + StreamLimits.MessageOverhead;
            _queued += cost;
            _stream.Connection.Memory.Take(cost);
            return _received.TryTake();
        }
    }

    internal void SetReceived() => _received.Set();

    /// <summary>Ends the direction after what is queued, with the end or an error. The first end is kept.</summary>
    internal void End(Exception? error)
    {
        lock (_gate)
        {
            if (_ended)
            {
                return;
            }

            _endError = error;
            EndInLock();
        }

        Wake();
    }

    /// <summary>Fails the direction immediately, and drops what is queued. The first error is kept.</summary>
    internal void Fail(Exception error)
    {
        long dropped;
        lock (_gate)
        {
            _failure ??= error;
            EndInLock();
            dropped = _queued;
            _dropped = true;
            _queued = 0;
            _queue.Drop();
        }

        Release(dropped);
        Wake();
    }

    // Nothing can arrive any more, so the window is available to other streams.
    private void EndInLock()
    {
        if (!_ended)
        {
            _ended = true;
            _stream.Connection.Windows.Return(_window);
        }
    }

    private void Wake()
    {
        bool taken;
        lock (_gate)
        {
            taken = _received.TryTake();
        }

        if (taken)
        {
            _received.Set();
        }
    }

    /// <summary>Accounts for what was consumed, and grants it to the peer when half of the window has accumulated.</summary>
    private void Settle()
    {
        long released;
        long grant = 0;
        lock (_gate)
        {
            // What was consumed from a dropped queue has already been accounted for.
            released = _dropped ? 0 : _consumed;
            _queued -= released;
            if (_stream.PeerKeepsWindow && !_ended)
            {
                _ungranted += _consumed;
                if (_ungranted >= Math.Max(1, _window / 2))
                {
                    grant = _ungranted + Grow();
                    _ungranted = 0;
                }
            }

            _consumed = 0;
        }

        Release(released);
        if (grant > 0)
        {
            _stream.Connection.SendCredit(_stream, grant);
        }
    }

    /// <summary>Doubles the window because the consumer keeps up with it, within the limits of the stream and its connection.</summary>
    private int Grow()
    {
        var more = Math.Min(_window, _stream.Connection.Limits.StreamBytes - _window);
        if (more <= 0 || !_stream.Connection.Windows.TryGrow(more))
        {
            return 0;
        }

        Volatile.Write(ref _window, _window + more);
        return more;
    }

    private void Release(long bytes)
    {
        if (bytes > 0)
        {
            _stream.Connection.Memory.Return(bytes);
        }

        _stream.Connection.Gate.OnReleased(_stream);
    }
}
