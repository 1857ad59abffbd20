using Polly;
using Polly.CircuitBreaker;
using Polly.Timeout;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Resilience;

/// <summary>The Polly pipelines of a channel: one per method, created when first needed, and one per endpoint, which belongs to the endpoint.</summary>
internal sealed class ConnectPipelines(ThriftChannelOptions options)
{
    /// <summary>The connect timeout of the call that a pipeline runs for.</summary>
    internal static readonly ResiliencePropertyKey<TimeSpan> ConnectTimeout = new("Rx.ThriftStreams.ConnectTimeout");

    private const int MostMethods = 1024;

    private readonly BoundedTable<string, ResiliencePipeline> _methods = new(MostMethods, StringComparer.Ordinal);

    /// <summary>Of all methods whose names callers chose, as those of a proxy, and of those beyond <see cref="MostMethods"/>.</summary>
    private readonly Lazy<ResiliencePipeline> _other = new(() => CreateForMethod(options));

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

    internal ResiliencePipeline ForMethod(ThriftMethod method) => method.IsUnknown
        ? _other.Value
        : _methods.GetOrAdd(method.FullName, static (_, self) => CreateForMethod(self.Options), static (_, self) => self._other.Value, this);

    /// <summary>A new breaker of an endpoint. While it is open, pickers skip the endpoint.</summary>
    internal ResiliencePipeline ForEndpoint(ThriftCandidate endpoint) => AddBreaker(
            NewBuilder(options),
            options.Resilience.CircuitBreaker,
            static arguments => new(arguments.Outcome.Exception is ThriftConnectException or TimeoutRejectedException),
            endpoint)
        .Build();

    private ThriftChannelOptions Options => options;

    private static ResiliencePipeline CreateForMethod(ThriftChannelOptions options) => AddBreaker(
        NewBuilder(options),
        options.Resilience.CircuitBreaker,
        static arguments => new(arguments.Outcome.Exception is ThriftConnectException or ThriftTimeoutException { Kind: ThriftTimeoutKind.Connect })).Build();

    private static ResiliencePipelineBuilder NewBuilder(ThriftChannelOptions options) => new() { TimeProvider = options.TimeProvider };

    private static ResiliencePipelineBuilder AddBreaker(
        ResiliencePipelineBuilder builder,
        ThriftCircuitBreakerOptions? breaker,
        Func<CircuitBreakerPredicateArguments<object>, ValueTask<bool>> isFailure,
        ThriftCandidate? endpoint = null)
        => breaker is null
            ? builder
            : builder.AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                FailureRatio = breaker.FailureRatio,
                MinimumThroughput = breaker.MinimumThroughput,
                SamplingDuration = breaker.SamplingDuration,
                BreakDuration = breaker.BreakDuration,
                ShouldHandle = isFailure,
                OnOpened = endpoint is null ? null : arguments =>
                {
                    endpoint.BlockFor(arguments.BreakDuration);
                    return default;
                },

                // One attempt probes; another may follow it after the same time.
                OnHalfOpened = endpoint is null ? null : _ =>
                {
                    endpoint.BlockFor(breaker.BreakDuration);
                    return default;
                },
                OnClosed = endpoint is null ? null : _ =>
                {
                    endpoint.Unblock();
                    return default;
                },
            });
}
