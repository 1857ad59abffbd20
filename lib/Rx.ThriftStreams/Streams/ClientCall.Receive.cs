using System.Runtime.CompilerServices;

namespace Rx.ThriftStreams.Streams;

/// <summary>The receiving direction: one receive at a time, synchronous while the transport has messages.</summary>
internal sealed partial class ClientCall<TRequest, TResponse>
{
    private const int NotWaiting = 0;
    private const int Waiting = 1;
    private const int Expired = 2;

    private bool _receiving;
    private ITimer? _receiveTimer;
    private int _receiveState;
    private Task<bool>? _keptReceive;

    /// <summary>Receives the next message into <see cref="Current"/>.</summary>
    /// <returns><see langword="false"/> after the last one. After an error the same error is thrown again.</returns>
    internal ValueTask<bool> MoveNextAsync()
    {
        if (_receiving)
        {
            return ValueTask.FromException<bool>(CallErrors.ConcurrentReceive(Method));
        }

        if (Volatile.Read(ref _ended) != 0)
        {
            return _error is null ? new(false) : ValueTask.FromException<bool>(_error);
        }

        ValueTask<bool> receive;
        try
        {
            ThrowIfAborted();
            receive = _keptReceive is { } kept ? new(kept) : Stream.ReceiveAsync();
        }
        catch (Exception error)
        {
            return ValueTask.FromException<bool>(Fail(error));
        }

        if (!receive.IsCompletedSuccessfully)
        {
            return AwaitReceiveAsync(receive);
        }

        _keptReceive = null;
        if (receive.Result)
        {
            return new(true);
        }

        End(null);
        return new(false);
    }

    /// <summary>Receives the one message of a call that has one, and its end.</summary>
    internal async Task<TResponse> ReceiveSingleAsync()
    {
        if (!await MoveNextAsync().ConfigureAwait(false))
        {
            throw CallErrors.NoResponse(Method);
        }

        var response = Current;
        if (await MoveNextAsync().ConfigureAwait(false))
        {
            var error = CallErrors.SecondResponse(Method);
            Abort(error);
            End(error);
            throw error;
        }

        return response;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> AwaitReceiveAsync(ValueTask<bool> receive)
    {
        _receiving = true;
        try
        {
            var limit = _start.Options.ReceiveTimeout;
            bool received;
            if (!CallTimers.IsLimit(limit))
            {
                received = await receive.ConfigureAwait(false);
            }
            else if (_start.Options.KeepRemoteOnReceiveTimeout == true)
            {
                received = await ReceiveOrKeepAsync(receive, limit!.Value).ConfigureAwait(false);
            }
            else
            {
                received = await ReceiveOrAbortAsync(receive, limit!.Value).ConfigureAwait(false);
            }

            _keptReceive = null;
            if (!received)
            {
                End(null);
            }

            return received;
        }
        catch (ThriftTimeoutException) when (_keptReceive is not null)
        {
            throw;
        }
        catch (Exception error)
        {
            throw Fail(error);
        }
        finally
        {
            _receiving = false;
        }
    }

    /// <summary>When the limit passes the call is aborted, which fails the receive.</summary>
    private async ValueTask<bool> ReceiveOrAbortAsync(ValueTask<bool> receive, TimeSpan limit)
    {
        _receiveTimer ??= _start.TimeProvider.CreateTimer(
            static state => ((ClientCall<TRequest, TResponse>)state!).OnReceiveTimeout(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _receiveWaitingSince = _start.TimeProvider.GetTimestamp();
        Volatile.Write(ref _receiveState, Waiting);
        _receiveTimer.Change(limit, Timeout.InfiniteTimeSpan);
        try
        {
            return await receive.ConfigureAwait(false);
        }
        finally
        {
            // The timer may fire late: only a state of Waiting lets it act, and it is taken back here.
            Interlocked.CompareExchange(ref _receiveState, NotWaiting, Waiting);
            _receiveTimer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    private long _receiveWaitingSince;

    private void OnReceiveTimeout()
    {
        if (Interlocked.CompareExchange(ref _receiveState, Expired, Waiting) == Waiting)
        {
            Abort(ReceiveTimeout(_receiveWaitingSince));
        }
    }

    /// <summary>When the limit passes the receive goes on in the background, and the next call of MoveNextAsync takes it up again.</summary>
    private async ValueTask<bool> ReceiveOrKeepAsync(ValueTask<bool> receive, TimeSpan limit)
    {
        var since = _start.TimeProvider.GetTimestamp();
        var task = receive.AsTask();
        try
        {
            return await task.WaitAsync(limit, _start.TimeProvider).ConfigureAwait(false);
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            _keptReceive = task;
            throw ReceiveTimeout(since);
        }
        catch (TimeoutException)
        {
            return await task.ConfigureAwait(false);
        }
    }

    private ThriftTimeoutException ReceiveTimeout(long since) => new(
        ThriftTimeoutKind.Receive,
        _start.Options.ReceiveTimeout!.Value,
        _start.TimeProvider.GetElapsedTime(since),
        Method.FullName);

    private Exception Fail(Exception error)
    {
        var reason = Explain(error);
        if (Volatile.Read(ref _abortReason) is null)
        {
            // Bytes that do not decode, for instance: the call cannot go on, and the peer should know.
            Stream.Abort(reason);
        }

        End(reason);
        return reason;
    }
}
