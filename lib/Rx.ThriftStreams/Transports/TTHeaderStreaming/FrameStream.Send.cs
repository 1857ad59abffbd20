using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Transports.TTHeaderStreaming;

/// <summary>The half that sends: what the peer grants, and room on the connection.</summary>
internal abstract partial class FrameStream
{
    private readonly Signal _sendable = new();
    private Exception? _sendError;

    // A balance: it is charged whether or not the peer grants, so that a grant that comes late counts what was sent before.
    private long _credit;
    private int _granted;
    private volatile bool _limited;

    /// <summary>Sends a message; completes when there is room for another.</summary>
    /// <returns>The message's size in bytes.</returns>
    /// <exception cref="ThriftException">The stream has ended.</exception>
    internal ValueTask<int> SendAsync<T>(T message, CancellationToken cancellationToken)
        where T : class, IThriftStruct<T>
    {
        if (!HasCredit)
        {
            return AwaitCreditAsync(message, cancellationToken);
        }

        var size = Write(message, out var room);
        return room ? new(size) : AwaitRoomAsync(size, cancellationToken);
    }

    /// <summary>The peer's window became known. Only the first time counts: a stream may be created just then.</summary>
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
        WakeSender();
    }

    internal void WakeSender()
    {
        bool taken;
        lock (Gate)
        {
            taken = _sendable.TryTake();
        }

        if (taken)
        {
            _sendable.Set();
        }
    }

    /// <summary>Nothing more can be sent. The first error counts.</summary>
    protected void EndSend(Exception error)
    {
        Interlocked.CompareExchange(ref _sendError, error, null);
        WakeSender();
    }

    // A message may overdraw, so that one larger than the window passes.
    private bool HasCredit => !_limited || Volatile.Read(ref _credit) > 0;

    private int Write<T>(T message, out bool room)
        where T : class, IThriftStruct<T>
    {
        ThrowIfSendEnded();
        var buffer = FrameBuffer.Rent();
        try
        {
            var size = buffer.AddData(Templates, Id, message);
            Interlocked.Add(ref _credit, -size);
            room = Connection.Writer.Append(buffer.Bytes.WrittenSpan);
            return size;
        }
        finally
        {
            buffer.Return();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> AwaitCreditAsync<T>(T message, CancellationToken cancellationToken)
        where T : class, IThriftStruct<T>
    {
        while (true)
        {
            ValueTask wait;
            lock (Gate)
            {
                ThrowIfSendEnded();
                if (HasCredit)
                {
                    break;
                }

                wait = _sendable.Arm();
            }

            await AwaitSendableAsync(wait, cancellationToken).ConfigureAwait(false);
        }

        var size = Write(message, out var room);
        return room ? size : await AwaitRoomAsync(size, cancellationToken).ConfigureAwait(false);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> AwaitRoomAsync(int size, CancellationToken cancellationToken)
    {
        ValueTask wait;
        lock (Gate)
        {
            wait = _sendable.Arm();
        }

        if (Volatile.Read(ref _sendError) is not null || !Connection.Writer.TryWait(this))
        {
            WakeSender();
        }

        await AwaitSendableAsync(wait, cancellationToken).ConfigureAwait(false);
        return size;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AwaitSendableAsync(ValueTask wait, CancellationToken cancellationToken)
    {
        if (!cancellationToken.CanBeCanceled)
        {
            await wait.ConfigureAwait(false);
            return;
        }

        using (cancellationToken.UnsafeRegister(static state => ((FrameStream)state!).WakeSender(), this))
        {
            await wait.ConfigureAwait(false);
        }

        ThrowIfSendEnded();
        cancellationToken.ThrowIfCancellationRequested();
    }

    private void ThrowIfSendEnded()
    {
        if (Volatile.Read(ref _sendError) is { } error)
        {
            ExceptionDispatchInfo.Throw(error);
        }
    }
}
