using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.Client;

/// <summary>The receiving direction: one receive at a time, synchronous while the transport has messages.</summary>
internal sealed partial class ClientCall<TRequest, TResponse>
{
    private bool _receiving;
    private OperationTimer? _receiveTimer;
    private Task<bool>? _keptReceive;

    /// <summary>Receives the next message into <see cref="Current"/>.</summary>
    /// <returns><see langword="false"/> after the last one. After an error the same error is thrown again.</returns>
    internal ValueTask<bool> MoveNextAsync()
    {
        if (_receiving)
        {
            return ValueTask.FromException<bool>(CallErrors.ConcurrentReceive(Method));
        }

        if (Volatile.Read(ref _end) is { } end)
        {
            return end is Exception failure ? ValueTask.FromException<bool>(failure) : new(false);
        }

        ValueTask<bool> receive;
        try
        {
            receive = _keptReceive is { } kept ? new(kept) : Stream.ReceiveAsync();
            _keptReceive = null;
        }
        catch (Exception error)
        {
            return ValueTask.FromException<bool>(Fail(error));
        }

        if (!receive.IsCompletedSuccessfully)
        {
            return AwaitReceiveAsync(receive);
        }

        if (receive.Result)
        {
            return new(true);
        }

        End(null);
        return new(false);
    }

    /// <summary>Receives the one message of a call that has one, and its end.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal async ValueTask<TResponse> ReceiveSingleAsync()
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
        var kept = false;
        try
        {
            bool received;
            if (!CallTimers.IsLimit(_start.Options.ReceiveTimeout))
            {
                received = await receive.ConfigureAwait(false);
            }
            else if (_start.Options.KeepRemoteOnReceiveTimeout == true)
            {
                var task = receive.AsTask();
                await WaitOrKeepAsync(task).ConfigureAwait(false);
                kept = _keptReceive is not null;
                received = kept ? throw ReceiveTimeout(_start.Options.ReceiveTimeout!.Value) : await task.ConfigureAwait(false);
            }
            else
            {
                received = await ReceiveOrAbortAsync(receive).ConfigureAwait(false);
            }

            if (!received)
            {
                End(null);
            }

            return received;
        }
        catch (Exception error) when (!kept)
        {
            var reason = Fail(error);
            if (!ReferenceEquals(reason, error))
            {
                ExceptionDispatchInfo.Throw(reason);
            }

            throw;
        }
        finally
        {
            _receiving = false;
        }
    }

    /// <summary>When the limit passes the call is aborted, which fails the receive.</summary>
    private async ValueTask<bool> ReceiveOrAbortAsync(ValueTask<bool> receive)
    {
        var clock = _start.TimeProvider;
        _receiveTimer ??= new OperationTimer(clock, _start.Options.ReceiveTimeout!.Value, elapsed => Abort(ReceiveTimeout(elapsed)));
        _receiveTimer.Start(clock.GetTimestamp());
        try
        {
            return await receive.ConfigureAwait(false);
        }
        finally
        {
            _receiveTimer.Stop();
        }
    }

    /// <summary>When the limit passes the receive goes on in the background, and the next call of MoveNextAsync takes it up again.</summary>
    private async ValueTask WaitOrKeepAsync(Task<bool> receive)
    {
        try
        {
            await receive.WaitAsync(CallTimers.DueTime(_start.Options.ReceiveTimeout!.Value), _start.TimeProvider).ConfigureAwait(false);
        }
        catch (TimeoutException) when (!receive.IsCompleted)
        {
            _keptReceive = receive;

            // Its user may never come back for it.
            receive.DropFailure();
        }
        catch (TimeoutException)
        {
            // The message came at the last moment.
        }
    }

    private ThriftTimeoutException ReceiveTimeout(TimeSpan elapsed)
        => new(ThriftTimeoutKind.Receive, _start.Options.ReceiveTimeout!.Value, elapsed, Method.FullName);

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
