using Polly;

namespace Rx.ThriftStreams.Resilience;

/// <summary>What wraps the calls of a method.</summary>
/// <param name="Pipeline">Runs the attempts.</param>
/// <param name="Budgets">Count the first attempts.</param>
/// <param name="AttemptTimeout">How long an attempt may take; <see langword="null"/> for as long as the call.</param>
internal sealed record CallPipeline(ResiliencePipeline<object> Pipeline, RetryBudget[] Budgets, TimeSpan? AttemptTimeout);
