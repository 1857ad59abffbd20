using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams;

/// <summary>
/// Retries of calls of one message each way, and with <see cref="ThriftResilienceOptions.IncludeServerStreams"/> of server streams that have not delivered a response:
/// <see cref="ThriftResilienceOptions.Retry"/>. An idempotent call is sent again when it failed in a way that another attempt may
/// not; any other call only when no endpoint could be connected to, so that nothing was sent.
/// </summary>
/// <remarks>
/// A retry chooses an endpoint that the call has not used, as long as there is one. It carries the persistent metainfo <c>RetryReq</c>, as in Kitex: a service that is called by a retry makes
/// none of its own. Each attempt is a call of its own in events, activities and metrics.
/// </remarks>
public sealed class ThriftRetryOptions
{
    private static readonly TimeSpan LongestDelay = TimeSpan.FromHours(1);

    /// <summary>How many attempts follow the first. Default 2, as in Kitex; 1 to 10.</summary>
    public int MaxRetries { get; set; } = 2;

    /// <summary>The pause before the first retry. It doubles with each further one, with jitter. Default 50 ms; 0 to 1 h.</summary>
    public TimeSpan Delay { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// The longest pause. Default 10 s; 0 to 1 h. A server that asks for a longer one by <c>grpc-retry-pushback-ms</c> gets no retry; neither does one that sends a negative number there.
    /// </summary>
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long one attempt may take; of a server stream, until its first response. Default <see cref="Timeout.InfiniteTimeSpan"/>: as long as the call, whose <see cref="ThriftCallOptions.Timeout"/> holds for all attempts together. An
    /// attempt that took too long is retried.
    /// </summary>
    public TimeSpan AttemptTimeout { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>
    /// The largest share of retries in the attempts of a method within 10 s. Default 0.1, as in Kitex; more than 0, at most 1. Counted from ten attempts on: beyond the share
    /// calls fail without a retry.
    /// </summary>
    public double Budget { get; set; } = 0.1;

    /// <summary>
    /// Which errors of an idempotent call are retried. Default <see langword="null"/>: those with <see cref="ThriftStatusCode.Unavailable"/> or <see cref="ThriftStatusCode.DeadlineExceeded"/>,
    /// except that of an open breaker of the method. Business errors and declared exceptions never are: they are answers.
    /// </summary>
    public Func<ThriftException, bool>? ShouldRetry { get; set; }

    internal ThriftRetryOptions Snapshot() => (ThriftRetryOptions)MemberwiseClone();

    internal void Validate(string owner)
    {
        OptionChecks.Between(1, 10, MaxRetries, $"{owner}.{nameof(MaxRetries)}");
        OptionChecks.Between(TimeSpan.Zero, LongestDelay, Delay, $"{owner}.{nameof(Delay)}");
        OptionChecks.Between(TimeSpan.Zero, LongestDelay, MaxDelay, $"{owner}.{nameof(MaxDelay)}");
        OptionChecks.TimeLimit(AttemptTimeout, $"{owner}.{nameof(AttemptTimeout)}");
        OptionChecks.Share(Budget, $"{owner}.{nameof(Budget)}");
    }
}
