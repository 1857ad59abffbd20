using System.Collections.Concurrent;
using Polly;
using Polly.CircuitBreaker;
using Polly.Timeout;
using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams.Resilience;

/// <summary>The Polly pipelines of a channel: one per method and one per endpoint, created when first needed.</summary>
internal sealed class ConnectPipelines(ThriftChannelOptions options)
{
    /// <summary>The connect timeout of the call that a pipeline runs for.</summary>
    internal static readonly ResiliencePropertyKey<TimeSpan> ConnectTimeout = new("Rx.ThriftStreams.ConnectTimeout");

    private readonly ConcurrentDictionary<string, ResiliencePipeline> _methods = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ResiliencePipeline> _endpoints = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether creating failed because connecting failed, so that another endpoint may succeed.</summary>
    internal static bool IsConnectFailure(Exception? error) => error
        is ThriftConnectException
        or ThriftTimeoutException { Kind: ThriftTimeoutKind.Connect }
        or ThriftCircuitOpenException { Scope: ThriftCircuitScope.Endpoint };

    /// <summary>Enforces <see cref="ConnectTimeout"/>. Separate from the breakers, because a stream on an open connection takes no time.</summary>
    internal ResiliencePipeline Timeout { get; } = NewBuilder(options)
        .AddTimeout(new TimeoutStrategyOptions
        {
            TimeoutGenerator = static arguments => new(arguments.Context.Properties.GetValue(ConnectTimeout, System.Threading.Timeout.InfiniteTimeSpan)),
        })
        .Build();

    internal ResiliencePipeline ForMethod(ThriftMethod method) => _methods.GetOrAdd(
        method.FullName,
        static (_, options) => AddBreaker(
            NewBuilder(options),
            options.Resilience.CircuitBreaker,
            static arguments => new(arguments.Outcome.Exception is ThriftConnectException or ThriftTimeoutException { Kind: ThriftTimeoutKind.Connect })).Build(),
        options);

    internal ResiliencePipeline ForEndpoint(string endpoint) => _endpoints.GetOrAdd(
        endpoint,
        static (_, options) => AddBreaker(
                NewBuilder(options),
                options.Resilience.CircuitBreaker,
                static arguments => new(arguments.Outcome.Exception is ThriftConnectException or TimeoutRejectedException))
            .Build(),
        options);

    private static ResiliencePipelineBuilder NewBuilder(ThriftChannelOptions options) => new() { TimeProvider = options.TimeProvider };

    private static ResiliencePipelineBuilder AddBreaker(
        ResiliencePipelineBuilder builder,
        ThriftCircuitBreakerOptions? breaker,
        Func<CircuitBreakerPredicateArguments<object>, ValueTask<bool>> isFailure)
        => breaker is null
            ? builder
            : builder.AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                FailureRatio = breaker.FailureRatio,
                MinimumThroughput = breaker.MinimumThroughput,
                SamplingDuration = breaker.SamplingDuration,
                BreakDuration = breaker.BreakDuration,
                ShouldHandle = isFailure,
            });
}
