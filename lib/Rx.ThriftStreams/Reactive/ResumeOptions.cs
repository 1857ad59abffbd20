namespace Rx.ThriftStreams.Reactive;

/// <summary>When, how often and after which pause <see cref="ThriftStreamOperators.Resume{T}"/> requests the rest of a stream.</summary>
public sealed class ResumeOptions
{
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(10);

    internal static readonly ResumeOptions Default = new();

    /// <summary>
    /// Which failures to resume after. By default those with the status <see cref="ThriftStatusCode.Unavailable"/>.
    /// Not called for a cancellation by the consumer's own token.
    /// </summary>
    public Func<Exception, bool> ShouldResume { get; init; } = static error => error is ThriftException { StatusCode: ThriftStatusCode.Unavailable };

    /// <summary>
    /// How many consecutive attempts may deliver no element before the consumer gets the last failure. An element that arrives resets the count. The
    /// default is 5; 0 never resumes.
    /// </summary>
    public int MaxAttempts { get; init; } = 5;

    /// <summary>
    /// The pause before an attempt, by the number of the attempt (1 for the first after an element). By default 100 ms, doubled each time, at most 10 s.
    /// </summary>
    public Func<int, TimeSpan> Delay { get; init; } = static attempt
        => attempt > 7 ? LongestDelay : TimeSpan.FromMilliseconds(100 << (attempt - 1));

    /// <summary>The clock for the pauses; <see cref="TimeProvider.System"/> by default.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(ShouldResume, nameof(ShouldResume));
        ArgumentNullException.ThrowIfNull(Delay, nameof(Delay));
        ArgumentNullException.ThrowIfNull(TimeProvider, nameof(TimeProvider));
        ArgumentOutOfRangeException.ThrowIfNegative(MaxAttempts, nameof(MaxAttempts));
    }
}
