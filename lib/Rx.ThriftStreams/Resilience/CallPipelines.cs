using System.Collections.Concurrent;
using Polly.Hedging;
using Polly.Retry;
using Polly;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.Resilience;

/// <summary>The Polly pipelines around whole calls of one message each way: one per method and kind, created when first needed.</summary>
internal sealed class CallPipelines
{
    /// <summary>The attempts of the call that a pipeline runs for.</summary>
    internal static readonly ResiliencePropertyKey<CallAttempts> Attempts = new("Rx.ThriftStreams.CallAttempts");

    private readonly ThriftResilienceOptions _options;
    private readonly TimeProvider _clock;
    private readonly ConcurrentDictionary<(string Method, bool IsIdempotent), CallPipeline?> _pipelines = new();

    private CallPipelines(ThriftResilienceOptions options, TimeProvider clock)
    {
        _options = options;
        _clock = clock;
    }

    /// <summary>The pipelines that the options ask for, or <see langword="null"/> if they ask for none.</summary>
    internal static CallPipelines? From(ThriftChannelOptions options)
        => options.Resilience is { Retry: null, Hedging: null, CallPipeline: null } ? null : new(options.Resilience, options.TimeProvider);

    /// <summary>The pipeline of a method's calls, or <see langword="null"/> if they have none.</summary>
    internal CallPipeline? For(ThriftMethod method, bool isIdempotent) => _pipelines.TryGetValue((method.FullName, isIdempotent), out var known)
        ? known
        : _pipelines.GetOrAdd((method.FullName, isIdempotent), Create(method, isIdempotent));

    private CallPipeline? Create(ThriftMethod method, bool isIdempotent)
    {
        if (_options.CallPipeline is { } own)
        {
            return own(method) is { } pipeline ? new(new ResiliencePipelineBuilder<object>().AddPipeline(pipeline).Build(), [], null) : null;
        }

        var builder = new ResiliencePipelineBuilder<object> { TimeProvider = _clock };
        var budgets = new List<RetryBudget>();
        if (_options.Retry is { } retry)
        {
            budgets.Add(new(retry.Budget, _clock));
            AddRetry(builder, retry, budgets[^1], isIdempotent);
        }

        if (_options.Hedging is { } hedging && isIdempotent)
        {
            budgets.Add(new(hedging.Budget, _clock));
            AddHedging(builder, hedging, budgets[^1]);
        }

        return budgets.Count == 0 ? null : new(builder.Build(), [.. budgets], _options.Retry?.AttemptTimeout);
    }

    private void AddRetry(ResiliencePipelineBuilder<object> builder, ThriftRetryOptions retry, RetryBudget budget, bool isIdempotent)
        => builder.AddRetry(new RetryStrategyOptions<object>
        {
            MaxRetryAttempts = retry.MaxRetries,
            DelayGenerator = arguments => new(PauseBefore(arguments.AttemptNumber, retry, arguments.Context.Properties.GetValue(Attempts, null!))),
            ShouldHandle = arguments => new(
                arguments.AttemptNumber < retry.MaxRetries
                && IsRetriable(arguments.Outcome.Exception, isIdempotent)
                && arguments.Context.Properties.GetValue(Attempts, null!).AllowsRetry(retry.MaxDelay)
                && budget.TryRetry()),
        });

    private void AddHedging(ResiliencePipelineBuilder<object> builder, ThriftHedgingOptions hedging, RetryBudget budget)
        => builder.AddHedging(new HedgingStrategyOptions<object>
        {
            MaxHedgedAttempts = hedging.MaxHedges,
            Delay = hedging.Delay,
            ShouldHandle = arguments => new(IsRetriable(arguments.Outcome.Exception, isIdempotent: true)),
            ActionGenerator = arguments => arguments.PrimaryContext.Properties.GetValue(Attempts, null!).PushbackMilliseconds is null && budget.TryRetry()
                ? () => arguments.Callback(arguments.ActionContext)
                : null,
        });

    /// <summary>The pause that the server asks for, or one that doubles with each retry, between half and one and a half of it. It ends with the time of the call.</summary>
    private static TimeSpan PauseBefore(int retries, ThriftRetryOptions options, CallAttempts attempts)
    {
        var milliseconds = attempts.PushbackMilliseconds
            ?? Math.Min(options.Delay.TotalMilliseconds * (1 << retries) * (0.5 + Random.Shared.NextDouble()), options.MaxDelay.TotalMilliseconds);
        var pause = TimeSpan.FromMilliseconds(milliseconds);
        return attempts.TimeLeft is { } left && left < pause ? left : pause;
    }

    private bool IsRetriable(Exception? error, bool isIdempotent) => error switch
    {
        ThriftBizStatusException or not ThriftException => false,
        ThriftCircuitOpenException { Scope: ThriftCircuitScope.Service } => false,
        ThriftConnectException or ThriftTimeoutException { Kind: ThriftTimeoutKind.Connect } => true,
        ThriftException failure => isIdempotent && (_options.Retry?.ShouldRetry is { } should
            ? should(failure)
            : failure.StatusCode is ThriftStatusCode.Unavailable or ThriftStatusCode.DeadlineExceeded),
    };
}
