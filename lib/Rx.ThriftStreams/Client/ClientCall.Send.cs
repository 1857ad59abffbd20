using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.Client;

/// <summary>The sending direction: sends are taken in the order of their calls, one at a time, and wait for room.</summary>
internal sealed partial class ClientCall<TRequest, TResponse>
{
    private SemaphoreSlim? _sendTurn;
    private OperationTimer? _sendTimer;
    private Task? _completion;
    private bool _completed;

    /// <summary>
    /// Whose turn it is to send. Waiters of SemaphoreSlim.WaitAsync are served first come, first served; a release hands the turn over without letting
    /// anyone past.
    /// </summary>
    private SemaphoreSlim SendTurn => LazyInitializer.EnsureInitialized(ref _sendTurn, static () => new(1, 1));

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

        return SendTurn.Wait(0, CancellationToken.None) ? SendInTurn(message, SendStart(), cancellationToken) : QueueSendAsync(message, cancellationToken);
    }

    /// <summary>Sends the only message of a call and ends the sending direction. Nobody else sends on such a call, so that it needs no turns.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    internal async ValueTask SendOnlyAsync(TRequest message)
    {
        ArgumentNullException.ThrowIfNull(message);
        _completed = true;
        if (IsOver)
        {
            throw SendRefused();
        }

        OperationTimer? timer = null;
        try
        {
            var send = Stream.SendAsync(message);
            if (!send.IsCompleted && (timer = _sendTimer = CreateSendTimer()) is not null)
            {
                timer.Start(SendStart());
            }

            _ = await send.ConfigureAwait(false);
            await Stream.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (!ReferenceEquals(Explain(error), error))
        {
            ExceptionDispatchInfo.Throw(Explain(error));
        }
        finally
        {
            timer?.Stop();
        }
    }

    /// <summary>Ends the sending direction after all sends before it. Idempotent.</summary>
    internal Task CompleteAsync()
    {
        lock (SendTurn)
        {
            return _completion ??= CompleteInTurnAsync();
        }
    }

    private ValueTask SendInTurn(TRequest message, long since, CancellationToken cancellationToken)
    {
        ValueTask<int> send;
        try
        {
            if (_completed)
            {
                throw CallErrors.SendAfterCompletion(Method);
            }

            if (IsOver)
            {
                throw SendRefused();
            }

            send = Stream.SendAsync(message);
        }
        catch (Exception error)
        {
            SendTurn.Release();
            return ValueTask.FromException(Explain(error));
        }

        if (send.IsCompletedSuccessfully)
        {
            _ = send.Result;
            SendTurn.Release();
            return default;
        }

        return AwaitSendAsync(send, since, cancellationToken);
    }

    private async ValueTask QueueSendAsync(TRequest message, CancellationToken cancellationToken)
    {
        var since = SendStart();
        using (var timer = CreateSendTimer())
        {
            timer?.Start(since);
            try
            {
                using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, Over);
                await SendTurn.WaitAsync(stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested || IsOver)
            {
                ExceptionDispatchInfo.Throw(SendRefused());
            }
            catch (OperationCanceledException)
            {
                // Nothing was handed over: only this send is cancelled.
                throw new OperationCanceledException(cancellationToken);
            }
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

        // The transport has the message: a cancelled send only stops waiting, and the turn passes on when the transport is done with it.
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
        // Only the send whose turn it is comes here, so that one timer does for all.
        var timer = _sendTimer ??= CreateSendTimer();
        timer?.Start(since);
        try
        {
            _ = await send.ConfigureAwait(false);
        }
        catch (Exception error) when (!ReferenceEquals(Explain(error), error))
        {
            ExceptionDispatchInfo.Throw(Explain(error));
        }
        finally
        {
            timer?.Stop();
            SendTurn.Release();
        }
    }

    private async Task CompleteInTurnAsync()
    {
        try
        {
            await SendTurn.WaitAsync(Over).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The call is over in both directions: there is nothing left to complete.
            return;
        }

        try
        {
            _completed = true;
            if (!IsOver)
            {
                await Stream.CompleteAsync().ConfigureAwait(false);
            }
        }
        catch (Exception) when (IsOver)
        {
            // It ended meanwhile.
        }
        finally
        {
            SendTurn.Release();
        }
    }

    /// <summary>Why nothing can be sent: the error with which the call ended, or that the server wanted no more.</summary>
    private Exception SendRefused() => Volatile.Read(ref _end) as Exception ?? Explain(CallErrors.EndedBeforeSend(Method));

    private long SendStart() => CallTimers.IsLimit(_start.Options.SendTimeout) ? _start.TimeProvider.GetTimestamp() : 0;

    private OperationTimer? CreateSendTimer()
    {
        var limit = _start.Options.SendTimeout;
        return CallTimers.IsLimit(limit)
            ? new(_start.TimeProvider, limit!.Value, elapsed => Abort(new ThriftTimeoutException(ThriftTimeoutKind.Send, limit.Value, elapsed, Method.FullName)))
            : null;
    }
}
