using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams;

/// <summary>
/// Settings of the circuit breakers around creating streams: one for each method, one for each endpoint. Errors of a stream that was
/// created never count. The defaults are Kitex's, where it has the setting.
/// </summary>
public sealed class ThriftCircuitBreakerOptions
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>Opens when this share of attempts to create a stream failed within <see cref="SamplingDuration"/>. Default 0.5; more than 0, at most 1.</summary>
    public double FailureRatio { get; set; } = 0.5;

    /// <summary>Never opens on fewer attempts than this within <see cref="SamplingDuration"/>. Default 200; at least 2.</summary>
    public int MinimumThroughput { get; set; } = 200;

    /// <summary>The window over which attempts are counted. Default 10 s; 0.5 s to 1 day.</summary>
    public TimeSpan SamplingDuration { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long it stays open before one attempt is let through. Default 5 s; 0.5 s to 1 day.</summary>
    public TimeSpan BreakDuration { get; set; } = TimeSpan.FromSeconds(5);

    internal ThriftCircuitBreakerOptions Snapshot() => (ThriftCircuitBreakerOptions)MemberwiseClone();

    internal void Validate(string owner)
    {
        OptionChecks.Share(FailureRatio, $"{owner}.{nameof(FailureRatio)}");

        OptionChecks.AtLeast(2, MinimumThroughput, $"{owner}.{nameof(MinimumThroughput)}");
        OptionChecks.Between(Shortest, Longest, SamplingDuration, $"{owner}.{nameof(SamplingDuration)}");
        OptionChecks.Between(Shortest, Longest, BreakDuration, $"{owner}.{nameof(BreakDuration)}");
    }
}
