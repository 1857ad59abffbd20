using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Resilience;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Client;

/// <summary>A server stream that may take several attempts, each until its first response or its end. Later, the stream that won is like any other.</summary>
internal sealed class ResilientStream<TRequest, TResponse>(
    ThriftInvoker invoker,
    ThriftMethod<TRequest, TResponse> method,
    TRequest request,
    ThriftCallOptions options,
    CallPipeline pipeline,
    (TimeSpan? Call, TimeSpan? Attempt) limits,
    TimeProvider clock) : ResilientCall<TRequest, TResponse>(invoker, method, request, options, pipeline, limits, clock)
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    private readonly Lock _gate = new();
    private readonly List<ClientCall<TRequest, TResponse>> _open = [];
    private CancellationToken _methodToken;
    private CancellationToken _enumerationToken;
    private bool _isSettled;

    /// <summary>Opens the stream.</summary>
    /// <returns>The stream that won, or else that of a fallback.</returns>
    internal async Task<(OpenedStream<TRequest, TResponse>? Stream, IAsyncEnumerable<TResponse>? Fallback)> OpenAsync(CancellationToken methodToken, CancellationToken enumerationToken)
    {
        (_methodToken, _enumerationToken) = (methodToken, enumerationToken);
        OpenedStream<TRequest, TResponse>? winner = null;
        using var both = methodToken.CanBeCanceled && enumerationToken.CanBeCanceled ? CancellationTokenSource.CreateLinkedTokenSource(methodToken, enumerationToken) : null;
        try
        {
            var answer = await RunPipelineAsync(both?.Token ?? (methodToken.CanBeCanceled ? methodToken : enumerationToken)).ConfigureAwait(false);
            winner = answer as OpenedStream<TRequest, TResponse>;
            return (winner, winner is not null ? null : answer as IAsyncEnumerable<TResponse> ?? throw WrongResult(answer, typeof(IAsyncEnumerable<TResponse>)));
        }
        catch (OperationCanceledException error)
        {
            // The tokens of attempts are those of the pipeline. The caller knows its own.
            methodToken.ThrowIfCancellationRequested();
            enumerationToken.ThrowIfCancellationRequested();
            throw new InvalidOperationException($"The pipeline or fallback of {Method.FullName} cancelled the call, but its caller did not. Use a timeout strategy to limit its time.", error);
        }
        finally
        {
            await SettleAsync(winner?.Call).ConfigureAwait(false);
        }
    }

    protected override async Task<object> AttemptAsync(ThriftCallOptions own, CancellationToken cancellationToken)
    {
        var call = await Invoker.StartAttemptAsync(Method, own, _methodToken, _enumerationToken, cancellationToken).ConfigureAwait(false);
        if (!TryAdd(call))
        {
            await call.DisposeAsync().ConfigureAwait(false);
            throw CallErrors.Disposed(Method);
        }

        // Cancels the attempt until it has won. The token belongs to the pipeline, which may use it for another attempt later.
        using var cancellation = call.AbortOn(cancellationToken);
        using var timer = CallTimers.IsLimit(AttemptLimit)
            ? new OperationTimer(call.Start.TimeProvider, AttemptLimit!.Value, elapsed => call.Abort(new ThriftTimeoutException(AttemptLimitName, ThriftTimeoutKind.Stream, AttemptLimit.Value, elapsed, Method.FullName)))
            : null;
        timer?.Start(call.Start.StartedAt);
        await SingleRequest.SendAsync(call, Request).ConfigureAwait(false);
        return new OpenedStream<TRequest, TResponse>(call, await call.Responses.MoveNextAsync().ConfigureAwait(false));
    }

    /// <summary>The limit of an attempt ends with its first response.</summary>
    protected override TimeSpan? TimeoutOfAttempt(TimeSpan? left) => left ?? Options.Timeout;

    private bool TryAdd(ClientCall<TRequest, TResponse> call)
    {
        lock (_gate)
        {
            if (!_isSettled)
            {
                _open.Add(call);
            }

            return !_isSettled;
        }
    }

    /// <summary>Ends all streams but the one that won, also those that a pipeline of the user has forgotten.</summary>
    private async Task SettleAsync(ClientCall? winner)
    {
        ClientCall<TRequest, TResponse>[] open;
        lock (_gate)
        {
            _isSettled = true;
            open = [.. _open];
            _open.Clear();
        }

        foreach (var call in open)
        {
            if (!ReferenceEquals(call, winner))
            {
                await call.DisposeAsync().ConfigureAwait(false);
            }
        }
    }
}

/// <summary>A server stream whose first response was received, or that ended without any.</summary>
internal sealed record OpenedStream<TRequest, TResponse>(ClientCall<TRequest, TResponse> Call, bool HasResponse)
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>;
