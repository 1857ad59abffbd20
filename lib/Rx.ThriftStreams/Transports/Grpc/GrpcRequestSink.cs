using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>
/// The requests of one call on their way: sending encodes a message into a buffer, and a pump writes to the connection whatever has gathered while an
/// earlier write was on its way.
/// </summary>
/// <remarks>
/// Above 64 KiB senders wait for the pump: that is the back-pressure. An error of the connection surfaces at the next send.
/// One send at a time; the rest is thread-safe.
/// </remarks>
/// <param name="flows">
/// Whether messages go out as they come; else with the end, so that the only message of a call shares its write with headers and end.
/// </param>
/// <param name="gathers">Whether messages that come close together share a write; else each waits until the one before it is on its way.</param>
/// <param name="gzip">Whether messages are compressed.</param>
[SuppressMessage("Design", "CA1001", Justification = "The pump gives the memory of the buffers back when it ends.")]
internal sealed class GrpcRequestSink(bool flows, bool gathers, bool gzip)
{
    private const int HighWater = 64 * 1024;

    private readonly Lock _gate = new();
    private readonly Signal _work = new();
    private ThriftWriteBuffer _gathering = new();
    private ThriftWriteBuffer _writing = new();
    private Signal? _room;
    private Exception? _error;
    private bool _completed;
    private bool _released;

    /// <summary>Whether messages go out as they come.</summary>
    internal bool Flows => flows;

    /// <summary>Takes a message; completes when there is room for another. Gives its size.</summary>
    internal ValueTask<int> SendAsync<T>(T message)
        where T : class, IThriftStruct<T>
    {
        int size;
        ValueTask room = default;
        bool wake;
        lock (_gate)
        {
            if (_error is not null)
            {
                return ValueTask.FromException<int>(_error);
            }

            ObjectDisposedException.ThrowIf(_released, this);

            size = GrpcMessageWriter.Write(message, _gathering, gzip);
            if (!flows)
            {
                return new(size);
            }

            if (_gathering.Length >= (gathers ? HighWater : 1))
            {
                room = (_room ??= new Signal()).Arm();
            }

            wake = _work.TryTake();
        }

        if (wake)
        {
            _work.Set();
        }

        return room.IsCompleted ? new(size) : AwaitRoomAsync(room, size);
    }

    /// <summary>Nothing more is sent. Idempotent.</summary>
    internal void Complete()
    {
        bool wake;
        lock (_gate)
        {
            _completed = true;
            wake = _work.TryTake();
        }

        if (wake)
        {
            _work.Set();
        }
    }

    /// <summary>Writes what is sent until it is complete.</summary>
    /// <exception cref="IOException">The connection failed.</exception>
    /// <exception cref="OperationCanceledException">The call has ended otherwise.</exception>
    internal async Task PumpAsync(Stream destination, CancellationToken cancellationToken)
    {
        using var registration = cancellationToken.UnsafeRegister(static (self, token) => ((GrpcRequestSink)self!).Fail(new OperationCanceledException(token)), this);
        try
        {
            while (true)
            {
                ValueTask more = default;
                bool found, isLast, wake;
                lock (_gate)
                {
                    if (_error is not null)
                    {
                        throw _error;
                    }

                    isLast = _completed;
                    found = _gathering.Length > 0 && (flows || isLast);
                    wake = found && (_room?.TryTake() ?? false);
                    if (found)
                    {
                        (_gathering, _writing) = (_writing, _gathering);
                    }
                    else if (!isLast)
                    {
                        // Idle calls hold no memory.
                        if (_gathering.Length == 0)
                        {
                            _gathering.Dispose();
                        }

                        more = _work.Arm();
                    }
                }

                if (wake)
                {
                    _room!.Set();
                }

                if (found)
                {
                    await destination.WriteAsync(_writing.WrittenMemory, cancellationToken).ConfigureAwait(false);
                    _writing.Reset();
                }

                if (isLast)
                {
                    return;
                }

                if (found)
                {
                    await destination.FlushAsync(cancellationToken).ConfigureAwait(false);
                }
                else
                {
                    _writing.Dispose();
                    await more.ConfigureAwait(false);
                }
            }
        }
        catch (Exception error)
        {
            Fail(error);
            throw;
        }
        finally
        {
            Release();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> AwaitRoomAsync(ValueTask room, int size)
    {
        await room.ConfigureAwait(false);
        return Volatile.Read(ref _error) is { } error ? throw error : size;
    }

    /// <summary>Nothing more can be sent. The first reason counts.</summary>
    internal void Fail(Exception error)
    {
        bool wake, wakeSender;
        lock (_gate)
        {
            _error ??= error;
            wake = _work.TryTake();
            wakeSender = _room?.TryTake() ?? false;
        }

        if (wake)
        {
            _work.Set();
        }

        if (wakeSender)
        {
            _room!.Set();
        }
    }

    private void Release()
    {
        lock (_gate)
        {
            _released = true;
            _gathering.Dispose();
            _writing.Dispose();
        }
    }
}
