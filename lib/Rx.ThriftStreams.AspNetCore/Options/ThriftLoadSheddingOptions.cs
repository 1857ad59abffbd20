using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.AspNetCore;

/// <summary>How a server protects itself from more calls than it can handle, without a limit that has to be known in advance: <see cref="ThriftServerOptions.LoadShedding"/>.</summary>
/// <remarks>
/// The number of calls of one message each way that may run at the same time adapts to their latency: it grows while latency stays near the lowest that was measured, and
/// shrinks when calls begin to wait for each other. Streams last as long as their users like, so their number does not indicate load: only
/// <see cref="MaxCpu"/> applies to them. Refused calls end with <see cref="ThriftStatusCode.ResourceExhausted"/> before their handlers run.
/// </remarks>
public sealed class ThriftLoadSheddingOptions
{
    /// <summary>The least number of calls that may run at the same time, however slow they are. Default 8; at least 1.</summary>
    public int MinConcurrency { get; set; } = 8;

    /// <summary>
    /// How many calls may run at the same time once the server has measured, in its first calls, how long they take. Default 64; values outside
    /// <see cref="MinConcurrency"/> and <see cref="MaxConcurrency"/> are clamped to them.
    /// </summary>
    public int InitialConcurrency { get; set; } = 64;

    /// <summary>The greatest number of calls that may run at the same time. Default 1000; at least <see cref="MinConcurrency"/>.</summary>
    public int MaxConcurrency { get; set; } = 1000;

    /// <summary>
    /// The share of the process's processors above which calls are refused, lowest priority first: those of <see cref="ThriftCallPriority.Low"/> above this
    /// value, <see cref="ThriftCallPriority.Normal"/> above a third of the way from it to 1, and <see cref="ThriftCallPriority.High"/> above two thirds. Default
    /// <see langword="null"/>: the CPU is not measured; otherwise between 0 and 1, exclusive. Averaged over about a second.
    /// </summary>
    public double? MaxCpu { get; set; }

    /// <summary>
    /// How long a call may wait until fewer run, ordered by priority, before it is refused. Default zero: it is refused at once. Short waits absorb bursts; after long ones,
    /// calls run that their callers have given up.
    /// </summary>
    public TimeSpan QueueTimeout { get; set; } = TimeSpan.Zero;

    /// <summary>How many calls may wait. Default 100; at least 1. If the queue is full, a call takes the place of one with a lower priority, or is refused.</summary>
    public int QueueLimit { get; set; } = 100;

    /// <summary>The priority of a call: from its caller, its method, its headers. Must neither block nor throw. Default <see langword="null"/>: all are <see cref="ThriftCallPriority.Normal"/>.</summary>
    public Func<ThriftServerContext, ThriftCallPriority>? Priority { get; set; }

    internal ThriftLoadSheddingOptions Snapshot() => (ThriftLoadSheddingOptions)MemberwiseClone();

    internal void Validate(string owner)
    {
        OptionChecks.AtLeast(1, MinConcurrency, $"{owner}.{nameof(MinConcurrency)}");
        OptionChecks.AtLeast(MinConcurrency, MaxConcurrency, $"{owner}.{nameof(MaxConcurrency)}");
        OptionChecks.AtLeast(1, QueueLimit, $"{owner}.{nameof(QueueLimit)}");
        OptionChecks.Between(TimeSpan.Zero, TimeSpan.FromMinutes(1), QueueTimeout, $"{owner}.{nameof(QueueTimeout)}");
        if (MaxCpu is <= 0 or >= 1 or double.NaN)
        {
            throw new ArgumentOutOfRangeException($"{owner}.{nameof(MaxCpu)}", MaxCpu, $"{owner}.{nameof(MaxCpu)} must be between 0 and 1, or null.");
        }
    }
}
