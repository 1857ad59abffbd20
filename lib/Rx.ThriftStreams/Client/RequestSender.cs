using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Client;

/// <summary>The sending direction of a call with several requests: sends run in the order of their calls, one at a time, and wait for room.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore without a wait handle holds nothing to dispose.")]
internal sealed class RequestSender<TRequest, TResponse>(ClientCall<TRequest, TResponse> call)
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    // Waiters are served first come, first served; a release hands the turn to the next waiter, so no later send can overtake it.
    private readonly SemaphoreSlim _turn = new(1, 1);
    private OperationTimer? _timer;
    private Task? _completion;
    private bool _completed;

    /// <summary>Sends a message: completes when the transport has accepted it and has room for another.</summary>
    internal ValueTask SendAsync(TRequest message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (Volatile.Read(ref _completion) is not null)
        {
            return ValueTask.FromException(CallErrors.SendAfterCompletion(call.Method));
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        return _turn.Wait(0, CancellationToken.None) ? SendInTurn(message, Now(), cancellationToken) : QueueSendAsync(message, cancellationToken);
    }

    /// <summary>Ends the sending direction after all sends before it. Idempotent.</summary>
    internal Task CompleteAsync()
    {
        lock (_turn)
        {
            return _completion ??= CompleteInTurnAsync();
        }
    }

    internal void Release() => Volatile.Read(ref _timer)?.Dispose();

    private ValueTask SendInTurn(TRequest message, long since, CancellationToken cancellationToken)
    {
        ValueTask<int> send;
        try
        {
            if (_completed)
            {
                throw CallErrors.SendAfterCompletion(call.Method);
            }

            if (call.IsOver)
            {
                throw Refused();
            }

            send = call.Stream.SendAsync(message);
        }
        catch (Exception error)
        {
            _turn.Release();
            return ValueTask.FromException(call.Explain(error));
        }

        if (send.IsCompletedSuccessfully)
        {
            _ = send.Result;
            _turn.Release();
            return default;
        }

        return AwaitSendAsync(send, since, cancellationToken);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask QueueSendAsync(TRequest message, CancellationToken cancellationToken)
    {
        // The wait for the turn counts towards the limit, but needs no timer: the sends ahead began earlier, and the first that takes too long ends the call.
        var since = Now();
        try
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, call.Over);
            await _turn.WaitAsync(stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested || call.IsOver)
        {
            ExceptionDispatchInfo.Throw(Refused());
        }
        catch (OperationCanceledException)
        {
            // The transport has not received the message: only this send is cancelled.
            throw new OperationCanceledException(cancellationToken);
        }

        await SendInTurn(message, since, cancellationToken).ConfigureAwait(false);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AwaitSendAsync(ValueTask<int> send, long since, CancellationToken cancellationToken)
    {
        if (!cancellationToken.CanBeCanceled)
        {
            await FinishSendAsync(send, since).ConfigureAwait(false);
            return;
        }

        // The transport has the message: a cancelled send only stops waiting, and the turn is released when the transport is done with the message.
        var finish = FinishSendAsync(send, since).AsTask();
        try
        {
            await finish.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!finish.IsCompleted)
        {
            finish.DropFailure();
            throw;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask FinishSendAsync(ValueTask<int> send, long since)
    {
        // Only the send whose turn it is gets here, so one timer is enough for all.
        var timer = _timer ??= call.CreateSendTimer();
        timer?.Start(since);
        try
        {
            _ = await send.ConfigureAwait(false);
        }
        catch (Exception error) when (!ReferenceEquals(call.Explain(error), error))
        {
            ExceptionDispatchInfo.Throw(call.Explain(error));
        }
        finally
        {
            timer?.Stop();
            _turn.Release();
        }
    }

    private async Task CompleteInTurnAsync()
    {
        try
        {
            await _turn.WaitAsync(call.Over).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The call is over in both directions: there is nothing left to complete.
            return;
        }

        try
        {
            _completed = true;
            if (!call.IsOver)
            {
                await call.Stream.CompleteAsync().ConfigureAwait(false);
            }
        }
        catch (Exception) when (call.IsOver)
        {
            // It ended in the meantime.
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Why nothing can be sent: the error with which the call ended, or that the server ended it without reading further requests.</summary>
    private Exception Refused() => call.EndError ?? call.Explain(CallErrors.EndedBeforeSend(call.Method));

    private long Now() => CallTimers.IsLimit(call.Start.Options.SendTimeout) ? call.Start.TimeProvider.GetTimestamp() : 0;
}
