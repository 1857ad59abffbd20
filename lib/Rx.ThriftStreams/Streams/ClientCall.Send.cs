using System.Runtime.CompilerServices;

namespace Rx.ThriftStreams.Streams;

/// <summary>The sending direction: sends are taken in the order of their calls, one at a time, and wait for room.</summary>
internal sealed partial class ClientCall<TRequest, TResponse>
{
    // Waiters of SemaphoreSlim.WaitAsync are served first come, first served; a release hands the turn over without letting anyone past.
    private readonly SemaphoreSlim _sendTurn = new(1, 1);
    private readonly Lock _completionGate = new();
    private Task? _completion;

    /// <summary>Sends a message: completes when the transport has taken it and has room for another.</summary>
    internal ValueTask SendAsync(TRequest message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (Volatile.Read(ref _completion) is not null)
        {
            return ValueTask.FromException(CallErrors.SendAfterCompletion(Method));
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        return _sendTurn.Wait(0, CancellationToken.None) ? SendInTurn(message, cancellationToken) : QueueSendAsync(message, cancellationToken);
    }

    /// <summary>Ends the sending direction after all sends before it. Idempotent.</summary>
    internal Task CompleteAsync()
    {
        lock (_completionGate)
        {
            return _completion ??= CompleteInTurnAsync();
        }
    }

    private ValueTask SendInTurn(TRequest message, CancellationToken cancellationToken)
    {
        ValueTask<int> send;
        try
        {
            ThrowIfAborted();
            if (Volatile.Read(ref _ended) != 0)
            {
                throw CallErrors.EndedBeforeSend(Method, CallErrors.ToStatus(_error));
            }

            send = Stream.SendAsync(message);
        }
        catch (Exception error)
        {
            _sendTurn.Release();
            return ValueTask.FromException(Explain(error));
        }

        if (send.IsCompletedSuccessfully)
        {
            _ = send.Result;
            _sendTurn.Release();
            return default;
        }

        return AwaitSendAsync(send, cancellationToken);
    }

    private async ValueTask QueueSendAsync(TRequest message, CancellationToken cancellationToken)
    {
        var timer = StartSendTimer();
        try
        {
            using (var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, Over))
            {
                await _sendTurn.WaitAsync(stop.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Explain(CallErrors.EndedBeforeSend(Method, CallErrors.ToStatus(_error)));
        }
        catch (OperationCanceledException)
        {
            // Nothing was handed over: only this send is cancelled.
            throw new OperationCanceledException(cancellationToken);
        }
        finally
        {
            timer?.Dispose();
        }

        await SendInTurn(message, cancellationToken).ConfigureAwait(false);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AwaitSendAsync(ValueTask<int> send, CancellationToken cancellationToken)
    {
        if (!cancellationToken.CanBeCanceled)
        {
            await FinishSendAsync(send).ConfigureAwait(false);
            return;
        }

        // The transport has the message: a cancelled send only stops waiting, and the turn passes on when the transport is done with it.
        var finish = FinishSendAsync(send).AsTask();
        try
        {
            await finish.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!finish.IsCompleted)
        {
            _ = finish.ContinueWith(
                static task => _ = task.Exception,
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
            throw;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask FinishSendAsync(ValueTask<int> send)
    {
        var timer = StartSendTimer();
        try
        {
            _ = await send.ConfigureAwait(false);
        }
        catch (Exception error)
        {
            throw Explain(error);
        }
        finally
        {
            timer?.Dispose();
            _sendTurn.Release();
        }
    }

    private async Task CompleteInTurnAsync()
    {
        try
        {
            await _sendTurn.WaitAsync(Over).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The call is over in both directions: there is nothing left to complete.
            return;
        }

        try
        {
            if (Volatile.Read(ref _ended) == 0)
            {
                ThrowIfAborted();
                await Stream.CompleteAsync().ConfigureAwait(false);
            }
        }
        catch (Exception error)
        {
            throw Explain(error);
        }
        finally
        {
            _sendTurn.Release();
        }
    }

    private ITimer? StartSendTimer()
    {
        var limit = _start.Options.SendTimeout;
        if (!CallTimers.IsLimit(limit))
        {
            return null;
        }

        var since = _start.TimeProvider.GetTimestamp();
        return _start.TimeProvider.CreateTimer(
            _ => Abort(new ThriftTimeoutException(ThriftTimeoutKind.Send, limit!.Value, _start.TimeProvider.GetElapsedTime(since), Method.FullName)),
            null,
            limit!.Value,
            Timeout.InfiniteTimeSpan);
    }
}
