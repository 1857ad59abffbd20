using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams;

/// <summary>
/// When a channel takes an endpoint out of use for a while because it fails, or is slower than the others: <see cref="ThriftResilienceOptions.OutlierEjection"/>. A circuit
/// breaker counts failures to connect; ejection counts how streams end as well.
/// </summary>
public sealed class ThriftOutlierEjectionOptions
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>
    /// Ejects an endpoint after this many failures in a row: connecting failed, or a stream ended with <see cref="ThriftStatusCode.Unavailable"/>,
    /// <see cref="ThriftStatusCode.Internal"/>, <see cref="ThriftStatusCode.Unknown"/> or <see cref="ThriftStatusCode.DataLoss"/>, or got no response in time. A response resets the count. Default 5; at least 1.
    /// </summary>
    public int ConsecutiveFailures { get; set; } = 5;

    /// <summary>
    /// Ejects an endpoint whose <see cref="ThriftCandidate.Latency"/> is this many times the median of all, and at least 10 ms, if three have one. Default <see langword="null"/>: latency does not eject. More than 1.
    /// </summary>
    public double? LatencyFactor { get; set; }

    /// <summary>How long an endpoint is ejected for the first time; each time that follows soon adds as much, up to ten times. Default 30 s; 1 ms to 1 day.</summary>
    public TimeSpan EjectionTime { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The largest share of the endpoints that is ejected at a time. Default 0.5; more than 0, at most 1.</summary>
    public double MaxEjectedShare { get; set; } = 0.5;

    internal ThriftOutlierEjectionOptions Snapshot() => (ThriftOutlierEjectionOptions)MemberwiseClone();

    internal void Validate(string owner)
    {
        OptionChecks.AtLeast(1, ConsecutiveFailures, $"{owner}.{nameof(ConsecutiveFailures)}");
        OptionChecks.Between(Shortest, Longest, EjectionTime, $"{owner}.{nameof(EjectionTime)}");
        if (LatencyFactor is not (null or > 1))
        {
            throw new ArgumentOutOfRangeException($"{owner}.{nameof(LatencyFactor)}", LatencyFactor, $"{owner}.{nameof(LatencyFactor)} must be more than 1.");
        }

        OptionChecks.Share(MaxEjectedShare, $"{owner}.{nameof(MaxEjectedShare)}");
    }
}
