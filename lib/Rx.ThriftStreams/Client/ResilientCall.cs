using System.Globalization;
using Polly;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Diagnostics;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Resilience;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Client;

/// <summary>A call of one request that may take several attempts: each is a call of its own, on an endpoint that the others have not used.</summary>
/// <param name="invoker">Starts the attempts.</param>
/// <param name="method">The method.</param>
/// <param name="request">The request.</param>
/// <param name="options">The options of the call, merged with those of its client and channel.</param>
/// <param name="pipeline">Runs the attempts.</param>
/// <param name="limits">How long all attempts together and each of them may take.</param>
/// <param name="clock">The clock of the time limits.</param>
internal abstract class ResilientCall<TRequest, TResponse>(
    ThriftInvoker invoker,
    ThriftMethod<TRequest, TResponse> method,
    TRequest request,
    ThriftCallOptions options,
    CallPipeline pipeline,
    (TimeSpan? Call, TimeSpan? Attempt) limits,
    TimeProvider clock)
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    private readonly CallAttempts _attempts = new(method, request, options, limits.Call, clock);

    protected ThriftInvoker Invoker => invoker;

    protected ThriftMethod<TRequest, TResponse> Method => method;

    protected TRequest Request => request;

    protected ThriftCallOptions Options => options;

    /// <summary>How long an attempt may take; <see langword="null"/> for as long as the call.</summary>
    protected TimeSpan? AttemptLimit => limits.Attempt;

    /// <summary>The option that sets it. Kitex's policies have one timeout for all calls, which with retries is that of an attempt.</summary>
    protected string AttemptLimitName => pipeline.AttemptTimeout is null ? nameof(ThriftCallOptions.Timeout) : nameof(ThriftRetryOptions.AttemptTimeout);

    /// <summary>Runs the pipeline.</summary>
    /// <returns>The result of an attempt, or of a fallback or pipeline of the user.</returns>
    protected async Task<object> RunPipelineAsync(CancellationToken cancellationToken)
    {
        pipeline.Budget?.CountFirst();
        var context = ResilienceContextPool.Shared.Get(cancellationToken);
        try
        {
            context.Properties.Set(CallPipelines.Attempts, _attempts);
            var outcome = await pipeline.Pipeline.ExecuteOutcomeAsync(static (context, call) => call.AttemptAsync(context), context, this).ConfigureAwait(false);
            if (PipelineErrors.Translate(outcome.Exception, method) is { } error && !ReferenceEquals(error, outcome.Exception))
            {
                throw error;
            }

            outcome.ThrowIfException();
            if (_attempts.AnsweredByFallback)
            {
                ThriftCounters.Fallback(method);
            }

            return outcome.Result!;
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    /// <summary>Makes an attempt.</summary>
    /// <param name="own">Its options.</param>
    /// <param name="cancellationToken">Cancelled when its result is not needed any more.</param>
    protected abstract Task<object> AttemptAsync(ThriftCallOptions own, CancellationToken cancellationToken);

    /// <summary>How long the call of an attempt may take.</summary>
    protected virtual TimeSpan? TimeoutOfAttempt(TimeSpan? left)
        => CallTimers.IsLimit(AttemptLimit) && !(AttemptLimit >= left) ? AttemptLimit : left ?? options.Timeout;

    /// <summary>What limits all attempts together: an option, or the deadline of the call that this side serves.</summary>
    private string? NameOfRest => options.Timeout == limits.Call ? null : "remaining time";

    /// <summary>The error for a fallback or a pipeline that returned what the method does not.</summary>
    protected InvalidOperationException WrongResult(object result, Type expected)
        => new($"The fallback or pipeline of {method.FullName} returned a {result.GetType()}. Return a {expected}.");

    /// <summary>Never throws: failures are returned as an outcome, as Polly requires.</summary>
    private async ValueTask<Outcome<object>> AttemptAsync(ResilienceContext context)
    {
        try
        {
            var attempt = _attempts.Begin();
            var isHedged = context.Properties.GetValue(CallPipelines.IsHedged, false);
            if (isHedged)
            {
                context.Properties.Set(CallPipelines.IsHedged, false);
            }

            if (attempt > 0)
            {
                ThriftCounters.ExtraAttempt(method, pipeline.Plan is null ? AttemptKind.Pipeline : isHedged ? AttemptKind.Hedge : AttemptKind.Retry);
            }

            return Outcome.FromResult(await AttemptAsync(OptionsOf(attempt), context.CancellationToken).ConfigureAwait(false));
        }
        catch (Exception error)
        {
            _attempts.Failed(error, Backoff.PushbackOf(error));
            return Outcome.FromException<object>(error);
        }
    }

    private ThriftCallOptions OptionsOf(int attempt)
    {
        var left = _attempts.TimeLeft;
        var timeout = TimeoutOfAttempt(left);
        var own = options with
        {
            Attempts = _attempts,
            AttemptNumber = attempt + 1,
            Timeout = timeout,
            TimeoutName = timeout == left ? NameOfRest : timeout == AttemptLimit ? AttemptLimitName : null,
            WholeTimeout = timeout == left ? limits.Call : null,
        };
        if (attempt == 0)
        {
            return own;
        }

        var metaInfo = new ThriftMetaInfo { Persistent = { [RetryMark.Key] = attempt.ToString(CultureInfo.InvariantCulture) } };
        var endpoint = pipeline.Plan?.UsesSameEndpoint == true ? _attempts.UsedEndpoints()?[0].Endpoint.Address : null;
        return (new ThriftCallOptions { MetaInfo = metaInfo, Endpoint = endpoint }).Over(own);
    }
}
