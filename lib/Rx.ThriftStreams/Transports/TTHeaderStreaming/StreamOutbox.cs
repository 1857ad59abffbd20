using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Sockets;
using Rx.ThriftStreams.Transport;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Transports.TTHeaderStreaming;

/// <summary>The sending direction of a stream: waits for credit from the peer and for room on the connection, then appends its frame.</summary>
/// <remarks>
/// A message is appended only when there is room, so what is not written stays bounded for the connection and not for each of its streams. A sender waits for
/// credit or for room on one signal. Whatever may end either wait sets it, the sender checks everything again, and a signal too many does no harm.
/// </remarks>
internal sealed class StreamOutbox : IRoomWaiter
{
    private readonly FrameStream _stream;
    private readonly Lock _gate = new();
    private readonly Signal _sendable = new();
    private Exception? _error;

    // A balance: it is charged whether or not the peer has announced a window, so that an announcement that comes late counts what was sent before.
    private long _credit;
    private int _granted;
    private volatile bool _limited;

    internal StreamOutbox(FrameStream stream) => _stream = stream;

    /// <summary>What may still be sent. Negative after a message that overdrew it.</summary>
    internal long Credit => Volatile.Read(ref _credit);

    private BatchWriter Writer => _stream.Connection.Writer;

    // A message may overdraw, so that one larger than the window passes.
    private bool HasCredit => !_limited || Volatile.Read(ref _credit) > 0;

    /// <summary>Sends a message; completes when the connection has taken it.</summary>
    /// <returns>The message's size in bytes.</returns>
    /// <exception cref="ThriftException">The stream has ended, or its connection has failed.</exception>
    internal ValueTask<int> SendAsync<T>(T message, CancellationToken cancellationToken)
        where T : class, IThriftStruct<T>
        => HasCredit && Writer.HasRoom && TryWrite(message, out var size) ? new(size) : AwaitSendAsync(message, cancellationToken);

    /// <summary>The peer's window became known. Only the first time counts: the stream may be created while it does.</summary>
    internal void GrantFirst(int window)
    {
        if (Interlocked.Exchange(ref _granted, 1) == 0)
        {
            Interlocked.Add(ref _credit, window);
            _limited = true;
        }
    }

    /// <summary>The peer grants more.</summary>
    internal void OnCredit(int bytes)
    {
        Interlocked.Add(ref _credit, bytes);
        Wake();
    }

    /// <summary>Has a sender that waits look again.</summary>
    public void Wake()
    {
        bool taken;
        lock (_gate)
        {
            taken = _sendable.TryTake();
        }

        if (taken)
        {
            _sendable.Set();
        }
    }

    /// <summary>Nothing more can be sent. The first error counts.</summary>
    internal void End(Exception error)
    {
        Interlocked.CompareExchange(ref _error, error, null);
        Wake();
    }

    /// <returns><see langword="false"/> if another stream has taken the room since it was seen. The message is encoded again then.</returns>
    private bool TryWrite<T>(T message, out int size)
        where T : class, IThriftStruct<T>
    {
        ThrowIfEnded();
        var buffer = FrameBuffer.Rent();
        try
        {
            size = buffer.AddData(_stream.Templates, _stream.Id, message);
            switch (Writer.TryAppend(buffer.Bytes.WrittenSpan))
            {
                case AppendResult.Appended:
                    Interlocked.Add(ref _credit, -(size + StreamLimits.MessageOverhead));
                    return true;

                case AppendResult.NoRoom:
                    return false;

                default:
                    // The connection fails just now and may not have reached this stream yet.
                    ThrowIfEnded();
                    throw _stream.Connection.LossOnSend();
            }
        }
        finally
        {
            buffer.Return();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> AwaitSendAsync<T>(T message, CancellationToken cancellationToken)
        where T : class, IThriftStruct<T>
    {
        while (true)
        {
            ValueTask wait;
            bool hasCredit;
            lock (_gate)
            {
                ThrowIfEnded();
                hasCredit = HasCredit;

                // Armed before the state is looked at: whatever changes from here on sets the signal.
                wait = _sendable.Arm();
            }

            if (hasCredit && !Writer.TryWait(this))
            {
                // There is room. The wait was begun and has to be completed, by this thread or by one that was faster.
                Wake();
                await wait.ConfigureAwait(false);
                if (TryWrite(message, out var size))
                {
                    return size;
                }

                continue;
            }

            await AwaitSendableAsync(wait, cancellationToken).ConfigureAwait(false);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AwaitSendableAsync(ValueTask wait, CancellationToken cancellationToken)
    {
        if (!cancellationToken.CanBeCanceled)
        {
            await wait.ConfigureAwait(false);
            return;
        }

        using (cancellationToken.UnsafeRegister(static state => ((StreamOutbox)state!).Wake(), this))
        {
            await wait.ConfigureAwait(false);
        }

        ThrowIfEnded();
        cancellationToken.ThrowIfCancellationRequested();
    }

    private void ThrowIfEnded()
    {
        if (Volatile.Read(ref _error) is { } error)
        {
            ExceptionDispatchInfo.Throw(error);
        }
    }
}
