using Polly;
using Polly.Timeout;

namespace Rx.ThriftStreams.Resilience;

/// <summary>Limits how long creating a stream may take. Separate from the breakers, because a stream on an open connection takes no time.</summary>
internal sealed class ConnectTimeout(ThriftChannelOptions options)
{
    private static readonly ResiliencePropertyKey<TimeSpan> Limit = new("Rx.ThriftStreams.ConnectTimeout");

    private readonly ResiliencePipeline _pipeline = new ResiliencePipelineBuilder { TimeProvider = options.TimeProvider }
        .AddTimeout(new TimeoutStrategyOptions
        {
            TimeoutGenerator = static arguments => new(arguments.Context.Properties.GetValue(Limit, Timeout.InfiniteTimeSpan)),
        })
        .Build();

    internal ValueTask<Outcome<object>> ExecuteAsync<TState>(
        Func<ResilienceContext, TState, ValueTask<Outcome<object>>> callback,
        ResilienceContext context,
        TimeSpan limit,
        TState state)
    {
        context.Properties.Set(Limit, limit);
        return _pipeline.ExecuteOutcomeAsync(callback, context, state);
    }
}
