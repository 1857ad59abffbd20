using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Client;

/// <summary>The responses of a call, for call objects that do not know the type of its requests.</summary>
internal abstract class ResponseReceiver<TResponse>
{
    private int _enumerated;

    /// <summary>The call's only enumerator. Disposing it disposes the owner.</summary>
    internal IAsyncEnumerator<TResponse> Enumerate(ThriftCall owner, CancellationToken cancellationToken)
        => Interlocked.Exchange(ref _enumerated, 1) == 0
            ? CreateEnumerator(owner, cancellationToken)
            : throw new InvalidOperationException($"The responses of this call of {owner.Method.FullName} can be enumerated once. Open another call.");

    private protected abstract IAsyncEnumerator<TResponse> CreateEnumerator(ThriftCall owner, CancellationToken cancellationToken);
}

/// <summary>The receiving direction of a call: one receive at a time, synchronous while the transport has messages.</summary>
internal sealed class ResponseReceiver<TRequest, TResponse>(ClientCall<TRequest, TResponse> call) : ResponseReceiver<TResponse>
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    private bool _receiving;

    // Whether _timer is that of the first response, which runs from the start of the call. Later it is that of each receive.
    private bool _limitsFirst;
    private OperationTimer? _timer;
    private Task<bool>? _kept;

    /// <summary>The message that <see cref="MoveNextAsync"/> received last.</summary>
    internal TResponse Current => call.Stream.Current;

    /// <summary>Limits the time to the first response, counted from the start of the call.</summary>
    internal void LimitFirst(OperationTimer timer)
    {
        _timer = timer;
        _limitsFirst = true;
        timer.Start(call.Start.StartedAt);
    }

    /// <summary>Receives the next message into <see cref="Current"/>.</summary>
    /// <returns><see langword="false"/> after the last one. After an error the same error is thrown again.</returns>
    internal ValueTask<bool> MoveNextAsync()
    {
        if (_receiving)
        {
            return ValueTask.FromException<bool>(CallErrors.ConcurrentReceive(call.Method));
        }

        if (call.IsOver)
        {
            return call.EndError is { } failure ? ValueTask.FromException<bool>(failure) : new(false);
        }

        ValueTask<bool> receive;
        try
        {
            receive = _kept is { } kept ? new(kept) : call.Stream.ReceiveAsync();
            _kept = null;
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
            Answered();
            return new(true);
        }

        call.End(null);
        return new(false);
    }

    /// <summary>Receives the single message of a call with one response, and the end of the call.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal async ValueTask<TResponse> ReceiveSingleAsync()
    {
        if (!await MoveNextAsync().ConfigureAwait(false))
        {
            throw CallErrors.NoResponse(call.Method);
        }

        var response = Current;
        if (await MoveNextAsync().ConfigureAwait(false))
        {
            var error = CallErrors.SecondResponse(call.Method);
            call.Abort(error);
            throw error;
        }

        return response;
    }

    internal void Release() => _timer?.Dispose();

    private protected override IAsyncEnumerator<TResponse> CreateEnumerator(ThriftCall owner, CancellationToken cancellationToken)
        => new Enumerator(owner, this, call, cancellationToken);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> AwaitReceiveAsync(ValueTask<bool> receive)
    {
        _receiving = true;
        var kept = false;
        try
        {
            bool received;
            var options = call.Start.Options;
            if (_limitsFirst || !CallTimers.IsLimit(options.ReceiveTimeout))
            {
                received = await receive.ConfigureAwait(false);
            }
            else if (options.KeepRemoteOnReceiveTimeout == true)
            {
                var task = receive.AsTask();
                await WaitOrKeepAsync(task).ConfigureAwait(false);
                kept = _kept is not null;
                received = kept ? throw ReceiveTimeout(options.ReceiveTimeout!.Value) : await task.ConfigureAwait(false);
            }
            else
            {
                received = await ReceiveOrAbortAsync(receive).ConfigureAwait(false);
            }

            if (received)
            {
                Answered();
            }
            else
            {
                call.End(null);
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

    /// <summary>A response has been received. The first one ends its limit.</summary>
    private void Answered()
    {
        call.Answered();
        if (_limitsFirst)
        {
            _limitsFirst = false;
            _timer!.Dispose();
            _timer = null;
        }
    }

    /// <summary>When the limit expires the call is aborted, which fails the receive.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> ReceiveOrAbortAsync(ValueTask<bool> receive)
    {
        var clock = call.Start.TimeProvider;
        _timer ??= new OperationTimer(clock, call.Start.Options.ReceiveTimeout!.Value, elapsed => call.Abort(ReceiveTimeout(elapsed)));
        _timer.Start(clock.GetTimestamp());
        try
        {
            return await receive.ConfigureAwait(false);
        }
        finally
        {
            _timer.Stop();
        }
    }

    /// <summary>When the limit expires the receive continues in the background, and the next call of MoveNextAsync waits for it again.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WaitOrKeepAsync(Task<bool> receive)
    {
        try
        {
            await receive.WaitAsync(CallTimers.DueTime(call.Start.Options.ReceiveTimeout!.Value), call.Start.TimeProvider).ConfigureAwait(false);
        }
        catch (TimeoutException) when (!receive.IsCompleted)
        {
            _kept = receive;

            // The user may never receive again.
            receive.DropFailure();
        }
        catch (TimeoutException)
        {
            // The message arrived just before the limit.
        }
    }

    private ThriftTimeoutException ReceiveTimeout(TimeSpan elapsed)
        => new(nameof(ThriftCallOptions.ReceiveTimeout), ThriftTimeoutKind.Receive, call.Start.Options.ReceiveTimeout!.Value, elapsed, call.Method.FullName);

    private Exception Fail(Exception error)
    {
        var reason = call.Explain(error);
        if (!call.IsAborted)
        {
            // For example bytes that cannot be decoded: the call cannot continue, and the peer should be notified.
            call.Stream.Abort(reason);
        }

        call.End(reason);
        return reason;
    }

    private sealed class Enumerator : IAsyncEnumerator<TResponse>, IAbandonable, IObservedMessages
    {
        private readonly ThriftCall _owner;
        private readonly ResponseReceiver<TRequest, TResponse> _responses;
        private readonly ClientCall _call;
        private readonly CancellationTokenRegistration _cancellation;

        internal Enumerator(ThriftCall owner, ResponseReceiver<TRequest, TResponse> responses, ClientCall call, CancellationToken cancellationToken)
        {
            _owner = owner;
            _responses = responses;
            _call = call;
            _cancellation = call.AbortOn(cancellationToken);
        }

        public TResponse Current => _responses.Current;

        public ValueTask<bool> MoveNextAsync() => _responses.MoveNextAsync();

        public void LogUnhandled(Exception error, bool isOfCall) => _call.Failures.Unhandled.Report(_call.Method, error, isOfCall);

        public bool Abandon() => _call.Abandon();

        public async ValueTask DisposeAsync()
        {
            await _cancellation.DisposeAsync().ConfigureAwait(false);
            await _owner.DisposeAsync().ConfigureAwait(false);
        }
    }
}
