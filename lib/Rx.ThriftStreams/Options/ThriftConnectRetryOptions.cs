using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams;

/// <summary>
/// Retries of creating a stream on another endpoint: <see cref="ThriftResilienceOptions.ConnectRetry"/>. No message has been sent then, so they apply to every call, whether or not it is idempotent.
/// </summary>
/// <remarks>Each endpoint is tried once for a stream, unless the call names its endpoint itself: then there is no other. The time of the call ends the retries.</remarks>
public sealed class ThriftConnectRetryOptions
{
    private static readonly TimeSpan LongestDelay = TimeSpan.FromHours(1);

    /// <summary>How many endpoints are tried for a stream, including the first. Default 6, as in Kitex; at least 1, and never more than there are.</summary>
    public int MaxAttempts { get; set; } = 6;

    /// <summary>The pause before the second endpoint is tried. It doubles with each further one, with jitter. Default 0: the next one is tried immediately. 0 to 1 h.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>
    /// The longest pause. Default 10 s; 0 to 1 h. An error with <c>grpc-retry-pushback-ms</c> in its trailers sets the pause; a longer or a negative one there ends the retries.
    /// </summary>
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The largest share of retries in the attempts of a method within 10 s; more than 0, at most 1. Counted from ten attempts on, together with the retries and hedges of the method's calls. Default 1: no limit, because
    /// an endpoint that is down costs the others nothing.
    /// </summary>
    public double Budget { get; set; } = 1;

    /// <summary>
    /// Which errors are retried. Default <see langword="null"/>: <see cref="ThriftConnectException"/>, a <see cref="ThriftTimeoutException"/> of the connect timeout, and the open breaker of an
    /// endpoint. Called for errors of creating a stream only.
    /// </summary>
    public Func<ThriftException, bool>? ShouldRetry { get; set; }

    internal ThriftConnectRetryOptions Snapshot() => (ThriftConnectRetryOptions)MemberwiseClone();

    internal void Validate(string owner)
    {
        OptionChecks.AtLeast(1, MaxAttempts, $"{owner}.{nameof(MaxAttempts)}");
        OptionChecks.Between(TimeSpan.Zero, LongestDelay, Delay, $"{owner}.{nameof(Delay)}");
        OptionChecks.Between(TimeSpan.Zero, LongestDelay, MaxDelay, $"{owner}.{nameof(MaxDelay)}");
        OptionChecks.Share(Budget, $"{owner}.{nameof(Budget)}");
    }
}
