using System.Buffers;
using System.Runtime.ExceptionServices;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Transports.TTHeaderStreaming;

/// <summary>
/// One stream on a connection, on either side: its queue of received messages and its sending. One receive and one send at a time; frames come
/// in on the connection's reader. This half receives.
/// </summary>
internal abstract partial class FrameStream
{
    private readonly Signal _received = new();
    private readonly MessageQueue _queue = new();
    private Exception? _failure;
    private Exception? _receiveError;
    private bool _receiveEnded;
    private bool _dropped;
    private long _queued;
    private long _ungranted;
    private int _consumed;

    /// <param name="connection">Where the stream lives.</param>
    /// <param name="id">Its id there.</param>
    /// <param name="templates">The frames of its method.</param>
    /// <param name="window">The bytes that the peer takes before it grants more; 0 if it sets no limit, or none yet.</param>
    protected FrameStream(FrameConnection connection, int id, FrameTemplates templates, int window)
    {
        Connection = connection;
        Id = id;
        Templates = templates;
        if (window > 0)
        {
            GrantFirst(window);
        }
    }

    internal FrameConnection Connection { get; }

    internal int Id { get; }

    internal FrameTemplates Templates { get; }

    protected Lock Gate { get; } = new();

    /// <summary>Bytes of messages that wait here.</summary>
    internal long QueuedBytes => Volatile.Read(ref _queued);

    /// <summary>Whether the peer has promised to keep to what it is granted.</summary>
    internal abstract bool PeerKeepsWindow { get; }

    /// <summary>Takes the next message that is there.</summary>
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
            if (_consumed > 0)
            {
                ReportConsumed();
            }

            lock (Gate)
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
        _consumed += size;
        message = Connection.Limits.Message.Decode<T>(bytes, cancellationToken);
        if (_consumed >= Connection.Limits.ReportPortion)
        {
            ReportConsumed();
        }

        return true;
    }

    /// <summary>Waits until there may be a message.</summary>
    /// <returns><see langword="false"/> if the peer has ended its direction and everything was taken.</returns>
    internal async ValueTask<bool> WaitToReceiveAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ValueTask wait;
        lock (Gate)
        {
            if (_queue.HasNew || _failure is not null)
            {
                return true;
            }

            if (_receiveEnded)
            {
                if (_receiveError is { } error)
                {
                    ExceptionDispatchInfo.Throw(error);
                }

                return false;
            }

            wait = _received.Arm();
        }

        if (!cancellationToken.CanBeCanceled)
        {
            await wait.ConfigureAwait(false);
            return true;
        }

        using (cancellationToken.UnsafeRegister(static state => ((FrameStream)state!).WakeReceiver(), this))
        {
            await wait.ConfigureAwait(false);
        }

        if (Volatile.Read(ref _failure) is null)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        return true;
    }

    /// <summary>A message has come. On the connection's reader.</summary>
    /// <returns>Whether a receiver waits for it, which is to be woken with <see cref="SetReceived"/>.</returns>
    internal bool OnData(in ReadOnlySequence<byte> payload)
    {
        lock (Gate)
        {
            if (_receiveEnded || _dropped)
            {
                return false;
            }

            _queue.Add(payload);
            _queued += payload.Length;
            Connection.OnQueued(payload.Length);
            return _received.TryTake();
        }
    }

    internal void SetReceived() => _received.Set();

    /// <summary>The peer sends no more: what is queued is still received, then the end or the error.</summary>
    protected void EndReceive(Exception? error)
    {
        lock (Gate)
        {
            if (_receiveEnded)
            {
                return;
            }

            _receiveEnded = true;
            _receiveError = error;
        }

        WakeReceiver();
    }

    /// <summary>Both directions end now, and what is queued is dropped. The first error counts.</summary>
    protected void Fail(Exception error)
    {
        long dropped;
        lock (Gate)
        {
            _failure ??= error;
            _receiveEnded = true;
            dropped = _dropped ? 0 : _queued;
            _dropped = true;
            _queued = 0;
            _queue.Drop();
        }

        Connection.OnReleased(this, dropped);
        EndSend(error);
        WakeReceiver();
    }

    private void WakeReceiver()
    {
        bool taken;
        lock (Gate)
        {
            taken = _received.TryTake();
        }

        if (taken)
        {
            _received.Set();
        }
    }

    private void ReportConsumed()
    {
        long released;
        long grant = 0;
        lock (Gate)
        {
            // What was consumed of a queue that was dropped is off the books already.
            released = _dropped ? 0 : _consumed;
            _queued -= released;
            if (PeerKeepsWindow && !_receiveEnded)
            {
                _ungranted += _consumed;
                if (_ungranted >= Connection.Limits.CreditPortion)
                {
                    grant = _ungranted;
                    _ungranted = 0;
                }
            }

            _consumed = 0;
        }

        Connection.OnReleased(this, released);
        if (grant > 0)
        {
            Connection.SendCredit(this, grant);
        }
    }
}
