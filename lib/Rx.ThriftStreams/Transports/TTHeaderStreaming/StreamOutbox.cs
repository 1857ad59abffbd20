using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Sockets;
using Rx.ThriftStreams.Transport;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Transports.TTHeaderStreaming;

/// <summary>The sending direction of a stream: waits for credit from the peer and for room on the connection, then appends its frame.</summary>
/// <remarks>
/// A message is appended only when there is room, so unwritten bytes are bounded for the connection as a whole, not for each of its streams. A sender waits for
/// credit or for room on one signal. Everything that may end either wait sets it, and the sender checks everything again, so a spurious signal is harmless.
/// </remarks>
internal sealed class StreamOutbox : IRoomWaiter
{
    private readonly FrameStream _stream;
    private readonly Lock _gate = new();
    private readonly Signal _sendable = new();
    private Exception? _error;

    // A balance: it is charged whether or not the peer has announced a window, so that a late announcement accounts for what was sent before.
    private long _credit;
    private int _granted;
    private volatile bool _limited;

    internal StreamOutbox(FrameStream stream) => _stream = stream;

    /// <summary>The bytes that may still be sent. Negative after a message that overdrew it.</summary>
    internal long Credit => Volatile.Read(ref _credit);

    private BatchWriter Writer => _stream.Connection.Writer;

    // A message may overdraw, so that one larger than the window can be sent.
    private bool HasCredit => !_limited || Volatile.Read(ref _credit) > 0;

    /// <summary>Sends a message; completes when the connection has accepted it.</summary>
    /// <returns>The message's size in bytes.</returns>
    /// <exception cref="ThriftException">The stream has ended, or its connection has failed.</exception>
    internal ValueTask<int> SendAsync<T>(T message, CancellationToken cancellationToken)
        where T : class, IThriftStruct<T>
        => HasCredit && Writer.HasRoom && TryWrite(message, out var size) ? new(size) : AwaitSendAsync(message, cancellationToken);

    /// <summary>Applies the peer's window. Only the first call has an effect: the announcement may race with the creation of the stream.</summary>
    internal void GrantFirst(int window)
    {
        if (Interlocked.Exchange(ref _granted, 1) == 0)
        {
            Interlocked.Add(ref _credit, window);
            _limited = true;
        }
    }

    /// <summary>Adds credit that the peer granted.</summary>
    internal void OnCredit(int bytes)
    {
        Interlocked.Add(ref _credit, bytes);
        Wake();
    }

    /// <summary>Wakes a waiting sender to check again.</summary>
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

    /// <summary>Ends the direction: nothing more can be sent. The first error is kept.</summary>
    internal void End(Exception error)
    {
        Interlocked.CompareExchange(ref _error, error, null);
        Wake();
    }

    /// <returns><see langword="false"/> if another stream has taken the room since it was checked; the message must then be encoded again.</returns>
    private bool TryWrite<T>(T message, out int size)
        where T : class, IThriftStruct<T>
    {
        ThrowIfEnded();
        var buffer = FrameBuffer.Rent();
        try
        {
            size = Encode(buffer, message);
            switch (Writer.TryAppend(buffer.Bytes))
            {
                case AppendResult.Appended:
                    Interlocked.Add(ref _credit, -(size + StreamLimits.MessageOverhead));
                    return true;

                case AppendResult.NoRoom:
                    return false;

                default:
                    // The connection is failing and may not have notified this stream yet.
                    ThrowIfEnded();
                    throw _stream.Connection.LossOnSend();
            }
        }
        finally
        {
            buffer.Return();
        }
    }

    private int Encode<T>(FrameBuffer buffer, T message)
        where T : class, IThriftStruct<T>
    {
        try
        {
            return buffer.AddData(_stream.Templates, _stream.Id, message);
        }
        catch (ThriftProtocolException error)
        {
            throw _stream is ClientFrameStream ? ThriftProtocolException.Unsent(error) : ThriftProtocolException.UnsentResponse(error);
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

                // Armed before the state is checked: every later change sets the signal, so no wake-up is lost.
                wait = _sendable.Arm();
            }

            if (hasCredit && !Writer.TryWait(this))
            {
                // There is room. The wait has begun and must be completed, by this thread or by one that was faster.
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
