using System.Collections.Concurrent;
using Polly;
using Polly.Fallback;
using Polly.Hedging;
using Polly.Retry;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.Resilience;

/// <summary>The Polly pipelines around whole calls of one request: one per method and kind of call, created when first needed.</summary>
internal sealed class CallPipelines
{
    /// <summary>The attempts of the call that a pipeline runs for.</summary>
    internal static readonly ResiliencePropertyKey<CallAttempts> Attempts = new("Rx.ThriftStreams.CallAttempts");

    /// <summary>Whether the next attempt in a context is hedged. An attempt that begins resets it, because Polly copies the properties of the attempt that wins.</summary>
    internal static readonly ResiliencePropertyKey<bool> IsHedged = new("Rx.ThriftStreams.IsHedged");

    private readonly ThriftResilienceOptions _options;
    private readonly CallPolicies? _policies;
    private readonly TimeProvider _clock;
    private readonly RetryBudgets _budgets;
    private readonly RepeatPlan? _plan;
    private readonly ConcurrentDictionary<(string Method, bool IsIdempotent, bool IsRepeated), CallPipeline> _pipelines = new();

    private CallPipelines(ThriftChannelOptions options, RetryBudgets budgets)
    {
        _options = options.Resilience;
        _policies = options.Policies;
        _clock = options.TimeProvider;
        _budgets = budgets;
        _plan = _options is { Retry: null, Hedging: null } ? null : new() { Retry = _options.Retry, Hedging = _options.Hedging };
    }

    /// <summary>The pipelines that the options ask for, or <see langword="null"/> if they ask for none.</summary>
    internal static CallPipelines? From(ThriftChannelOptions options, RetryBudgets budgets)
        => options is { Policies: null, Resilience: { Retry: null, Hedging: null, CallPipeline: null, Fallback: null } } ? null : new(options, budgets);

    /// <summary>The pipeline of a method's calls, or <see langword="null"/> if they have none.</summary>
    /// <param name="method">A method of one request.</param>
    /// <param name="isIdempotent">Whether the call is idempotent, by its options; <see langword="null"/> if they do not set it.</param>
    /// <param name="isInRetry">Whether it is made while a retry of the caller is handled.</param>
    internal CallPipeline? For(ThriftMethod method, bool? isIdempotent, bool isInRetry)
    {
        var isStream = method.Mode == ThriftStreamingMode.Server;
        if (isStream && !_options.IncludeServerStreams && _options.Fallback is null)
        {
            return null;
        }

        var plan = _plan ?? (isStream || _options.CallPipeline is not null ? null : _policies?.RepeatsOf(method));
        var isRepeated = (!isStream || _options.IncludeServerStreams) && (!isInRetry || plan?.RepeatsInChain == true);
        var mayRepeat = isIdempotent ?? (method.IsIdempotent || plan?.CoversAllCalls == true);
        plan = isRepeated ? plan : null;
        var key = (MethodKey.Of(method), mayRepeat, isRepeated);
        if (!_pipelines.TryGetValue(key, out var pipeline) || !ReferenceEquals(pipeline.Plan, plan))
        {
            _pipelines[key] = pipeline = Create(method, plan, mayRepeat, isRepeated);
        }

        return ReferenceEquals(pipeline.Pipeline, ResiliencePipeline<object>.Empty) ? null : pipeline;
    }

    private CallPipeline Create(ThriftMethod method, RepeatPlan? plan, bool mayRepeat, bool isRepeated)
    {
        var builder = new ResiliencePipelineBuilder<object> { TimeProvider = _clock };
        var isEmpty = true;
        if (_options.Fallback is { } fallback)
        {
            AddFallback(builder, method, fallback);
            isEmpty = false;
        }

        if (isRepeated && _options.CallPipeline is { } create && create(method) is { } own)
        {
            return new(builder.AddPipeline(own).Build(), plan, null);
        }

        var budget = _budgets.For(method);
        if (plan?.Retry is { } retry)
        {
            AddRetry(builder, plan, retry, budget, mayRepeat);
            isEmpty = false;
        }

        if (plan?.Hedging is { } hedging && mayRepeat)
        {
            AddHedging(builder, plan, hedging, budget);
            isEmpty = false;
        }

        return isEmpty ? new(ResiliencePipeline<object>.Empty, plan, null) : new(builder.Build(), plan, plan is null ? null : budget);
    }

    private static void AddFallback(ResiliencePipelineBuilder<object> builder, ThriftMethod method, Func<ThriftFallbackContext, ValueTask<object?>> fallback)
        => builder.AddFallback(new FallbackStrategyOptions<object>
        {
            ShouldHandle = static arguments => new(arguments.Outcome.Exception is (ThriftException and not ThriftBizStatusException) or ExecutionRejectedException),
            FallbackAction = async arguments =>
            {
                var error = (ThriftException)PipelineErrors.Translate(arguments.Outcome.Exception!, method);
                var attempts = arguments.Context.Properties.GetValue(Attempts, null!);
                var answer = await fallback(attempts.FallbackAfter(error, arguments.Context.CancellationToken)).ConfigureAwait(false);
                attempts.AnsweredByFallback = answer is not null;
                return answer is not null ? Outcome.FromResult(answer) : Outcome.FromException<object>(error);
            },
        });

    private static void AddRetry(ResiliencePipelineBuilder<object> builder, RepeatPlan plan, ThriftRetryOptions retry, RetryBudget budget, bool mayRepeat)
        => builder.AddRetry(new RetryStrategyOptions<object>
        {
            MaxRetryAttempts = retry.MaxRetries,
            DelayGenerator = arguments => new(arguments.Context.Properties.GetValue(Attempts, null!) is var attempts
                ? attempts.Within(PauseAfter(arguments.AttemptNumber, plan, retry, attempts))
                : null),
            ShouldHandle = arguments => new(
                arguments.AttemptNumber < retry.MaxRetries
                && IsRetriable(arguments.Outcome.Exception, retry, mayRepeat)
                && arguments.Context.Properties.GetValue(Attempts, null!).AllowsRetry(plan.MaxDuration, retry.MaxDelay)
                && budget.TryRetry(retry.Budget)),
        });

    private void AddHedging(ResiliencePipelineBuilder<object> builder, RepeatPlan plan, ThriftHedgingOptions hedging, RetryBudget budget)
        => builder.AddHedging(new HedgingStrategyOptions<object>
        {
            MaxHedgedAttempts = hedging.MaxHedges,
            Delay = hedging.Delay,

            // An error does not win while another attempt may succeed, whatever it is.
            ShouldHandle = static arguments => new(arguments.Outcome.Exception is ThriftException and not ThriftBizStatusException),
            ActionGenerator = arguments =>
            {
                var attempts = arguments.PrimaryContext.Properties.GetValue(Attempts, null!);
                var failure = attempts.LastError;
                if (attempts.PushbackMilliseconds is not null
                    || !attempts.AllowsRetry(plan.MaxDuration, TimeSpan.MaxValue)
                    || (failure is not null && !IsRetriable(failure, plan.Retry, mayRepeat: true))
                    || !budget.TryRetry(hedging.Budget))
                {
                    return null;
                }

                arguments.ActionContext.Properties.Set(IsHedged, true);
                return failure is not null && plan.Pause is { } pause
                    ? () => StartAfterAsync(Backoff.Uniform(pause.Least, pause.Most), arguments)
                    : () => arguments.Callback(arguments.ActionContext);
            },
        });

    private async ValueTask<Outcome<object>> StartAfterAsync(TimeSpan pause, HedgingActionGeneratorArguments<object> arguments)
    {
        await Task.Delay(pause, _clock, arguments.ActionContext.CancellationToken).ConfigureAwait(false);
        return await arguments.Callback(arguments.ActionContext).ConfigureAwait(false);
    }

    private static TimeSpan PauseAfter(int retries, RepeatPlan plan, ThriftRetryOptions retry, CallAttempts attempts)
    {
        if (attempts.PushbackMilliseconds is { } asked)
        {
            return TimeSpan.FromMilliseconds(asked);
        }

        return plan.Pause is { } pause ? Backoff.Uniform(pause.Least, pause.Most) : Backoff.Exponential(retries, retry.Delay, retry.MaxDelay);
    }

    private static bool IsRetriable(Exception? error, ThriftRetryOptions? retry, bool mayRepeat) => error switch
    {
        ThriftBizStatusException or not ThriftException => false,
        ThriftCircuitOpenException { Scope: ThriftCircuitScope.Service } => false,
        ThriftConnectException or ThriftTimeoutException { Kind: ThriftTimeoutKind.Connect } => true,
        ThriftException failure => mayRepeat && (retry?.ShouldRetry is { } should
            ? should(failure)
            : failure.StatusCode is ThriftStatusCode.Unavailable or ThriftStatusCode.DeadlineExceeded),
    };
}
