using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>
/// The outgoing requests of one call: sending encodes a message into a buffer, and the body of the request takes what has accumulated during its
/// previous write.
/// </summary>
/// <remarks>
/// Above 64 KiB senders wait for the body: that is the back-pressure. An error of the connection surfaces at the next send.
/// One send at a time; the rest is thread-safe.
/// </remarks>
/// <param name="flows">
/// Whether messages are sent as they come; otherwise they are sent with the end, so that the only message of a call shares its write with headers and end. It is kept until the
/// server answers: <see cref="HttpClient"/> retries a request that a closing connection has not processed.
/// </param>
/// <param name="gathers">Whether messages sent close together share a write; otherwise each waits until the previous one has been written.</param>
/// <param name="gzip">Whether messages are compressed.</param>
[SuppressMessage("Design", "CA1001", Justification = "The body returns the memory of the buffers when it ends.")]
internal sealed class GrpcRequestSink(bool flows, bool gathers, bool gzip)
{
    private const int HighWater = 64 * 1024;

    private readonly Lock _gate = new();
    private ThriftWriteBuffer? _gathering;
    private ThriftWriteBuffer? _writing;
    private Signal? _work;
    private Signal? _room;
    private Exception? _error;
    private bool _completed;
    private bool _begun;
    private int _bodies;
    private bool _answered;
    private bool _released;

    /// <summary>Whether messages are sent as they come.</summary>
    internal bool Flows => flows;

    /// <summary>Adds a message; completes when there is room for another. Returns its size.</summary>
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

            if (_released)
            {
                return ValueTask.FromException<int>(new ObjectDisposedException(nameof(GrpcRequestSink)));
            }

            try
            {
                size = GrpcMessageWriter.Write(message, _gathering ??= new(), gzip);
            }
            catch (ThriftProtocolException error)
            {
                throw ThriftProtocolException.Unsent(error);
            }

            if (!flows)
            {
                return new(size);
            }

            if (_gathering.Length >= (gathers ? HighWater : 1))
            {
                room = (_room ??= new Signal()).Arm();
            }

            wake = TakeTurn(_work);
        }

        Wake(_work, wake);
        return room.IsCompleted ? new(size) : AwaitRoomAsync(room, size);
    }

    /// <summary>Ends the requests. Idempotent.</summary>
    internal void Complete()
    {
        lock (_gate)
        {
            _completed = true;
        }

        WakeBody();
    }

    /// <summary>Ends a wait of the body for more.</summary>
    internal void WakeBody()
    {
        bool wake;
        lock (_gate)
        {
            wake = TakeTurn(_work);
        }

        Wake(_work, wake);
    }

    /// <summary>Called when a body starts to write the requests; <see cref="EndWrite"/> follows.</summary>
    /// <exception cref="IOException">An earlier body has written requests that cannot be written again.</exception>
    internal void BeginWrite()
    {
        lock (_gate)
        {
            if (_begun && (flows || _released))
            {
                throw new IOException("The server closed the connection without accepting the request.");
            }

            _begun = true;
            _bodies++;
        }
    }

    /// <summary>Takes what has accumulated. Called only by the body, after it has written what it took before.</summary>
    /// <param name="bytes">What to write; may be empty at the end. Valid until the next call.</param>
    /// <param name="isLast">Whether nothing follows.</param>
    /// <param name="more">If there is nothing to write, completes when there may be.</param>
    /// <returns>Whether there is something to do.</returns>
    /// <exception cref="Exception">The error that was passed to <see cref="Fail"/>.</exception>
    internal bool TryTake(out ReadOnlyMemory<byte> bytes, out bool isLast, out ValueTask more)
    {
        bool wake;
        lock (_gate)
        {
            if (_error is not null)
            {
                throw _error;
            }

            more = default;
            bytes = default;
            isLast = _completed;
            var written = _writing;
            written?.Reset();
            if (isLast && !flows)
            {
                bytes = _gathering?.WrittenMemory ?? default;
                return true;
            }

            if (flows && _gathering is { Length: > 0 } gathered)
            {
                (_gathering, _writing) = (written, gathered);
                bytes = gathered.WrittenMemory;
                wake = TakeTurn(_room);
            }
            else if (isLast)
            {
                return true;
            }
            else
            {
                // Idle calls hold no memory.
                written?.Dispose();
                if (_gathering?.Length == 0)
                {
                    _gathering.Dispose();
                }

                more = (_work ??= new Signal()).Arm();
                return false;
            }
        }

        Wake(_room, wake);
        return true;
    }

    /// <summary>Fails all further sends. The first reason is kept.</summary>
    internal void Fail(Exception error)
    {
        bool wake, wakeSender;
        lock (_gate)
        {
            _error ??= error;
            wake = TakeTurn(_work);
            wakeSender = TakeTurn(_room);
        }

        Wake(_work, wake);
        Wake(_room, wakeSender);
    }

    /// <summary>Called when the body has ended, for whatever reason.</summary>
    internal void EndWrite()
    {
        lock (_gate)
        {
            _bodies--;
            ReleaseIfDone();
        }
    }

    /// <summary>Called when the server has answered or never will: nothing has to be written again.</summary>
    internal void SetAnswered()
    {
        lock (_gate)
        {
            _answered = true;
            ReleaseIfDone();
        }
    }

    /// <summary>Returns the memory to its pool.</summary>
    private void ReleaseIfDone()
    {
        if (_begun && _bodies == 0 && (flows || _answered))
        {
            _released = true;
            _gathering?.Dispose();
            _writing?.Dispose();
        }
    }

    private static bool TakeTurn(Signal? signal) => signal is not null && signal.TryTake();

    private static void Wake(Signal? signal, bool wake)
    {
        if (wake)
        {
            signal!.Set();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> AwaitRoomAsync(ValueTask room, int size)
    {
        await room.ConfigureAwait(false);
        return Volatile.Read(ref _error) is { } error ? throw error : size;
    }
}
