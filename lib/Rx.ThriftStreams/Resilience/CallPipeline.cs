using Polly;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.Resilience;

/// <summary>What wraps the calls of a method.</summary>
/// <param name="Pipeline">Runs the attempts.</param>
/// <param name="Plan">What the pipeline was created from; <see langword="null"/> if it does not repeat, or is the user's.</param>
/// <param name="Budget">Counts the first attempts; <see langword="null"/> if nothing is limited.</param>
internal sealed record CallPipeline(ResiliencePipeline<object> Pipeline, RepeatPlan? Plan, RetryBudget? Budget)
{
    /// <summary>How long an attempt may take; <see langword="null"/> for as long as the call.</summary>
    internal TimeSpan? AttemptTimeout => Plan?.Retry is { } retry && CallTimers.IsLimit(retry.AttemptTimeout) ? retry.AttemptTimeout : null;
}
