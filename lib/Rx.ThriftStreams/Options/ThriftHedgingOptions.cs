using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams;

/// <summary>
/// Hedging of idempotent calls of one message each way, which Kitex calls backup requests, and with <see cref="ThriftResilienceOptions.IncludeServerStreams"/> of server streams:
/// <see cref="ThriftResilienceOptions.Hedging"/>. A call without an answer after a while is sent
/// to another endpoint as well.
/// </summary>
/// <remarks>
/// The first answer wins, and the other attempts are cancelled; of server streams the first that delivers a response, or ends without any. An attempt that fails as
/// <see cref="ThriftRetryOptions.ShouldRetry"/> describes starts the next one immediately. No error ends the call while another attempt is running; the call fails with the first error when
/// all have failed. In Kitex the first result wins even if it is an error. Attempts are marked as retries are.
/// </remarks>
public sealed class ThriftHedgingOptions
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    /// <summary>How long an attempt may be without an answer before the next one starts. Default 100 ms; 1 ms to 1 h. A good value is the latency that 95 % of the calls keep.</summary>
    public TimeSpan Delay { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How many attempts may follow the first. Default 1, as in Kitex; 1 to 10.</summary>
    public int MaxHedges { get; set; } = 1;

    /// <summary>The largest share of hedges in the attempts of a method within 10 s. Default 0.1; more than 0, at most 1. Counted from ten attempts on.</summary>
    public double Budget { get; set; } = 0.1;

    internal ThriftHedgingOptions Snapshot() => (ThriftHedgingOptions)MemberwiseClone();

    internal void Validate(string owner)
    {
        OptionChecks.Between(Shortest, Longest, Delay, $"{owner}.{nameof(Delay)}");
        OptionChecks.Between(1, 10, MaxHedges, $"{owner}.{nameof(MaxHedges)}");
        OptionChecks.Share(Budget, $"{owner}.{nameof(Budget)}");
    }
}
