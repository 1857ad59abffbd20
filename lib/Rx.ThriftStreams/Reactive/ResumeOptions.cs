namespace Rx.ThriftStreams.Reactive;

/// <summary>When, how often and after which pause <see cref="ThriftStreamOperators.Resume{T}"/> requests the rest of a stream.</summary>
public sealed class ResumeOptions
{
    private const int DoublingAttempts = 7;

    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(10);

    internal static readonly ResumeOptions Default = new();

    /// <summary>
    /// Which failures to resume after. By default those with the status <see cref="ThriftStatusCode.Unavailable"/>.
    /// Not called for a cancellation by the consumer's own token.
    /// </summary>
    public Func<Exception, bool> ShouldResume { get; init; } = static error => error is ThriftException { StatusCode: ThriftStatusCode.Unavailable };

    /// <summary>
    /// How many consecutive attempts may deliver no element before the consumer gets the last failure. An element that arrives resets the count. The
    /// default is 5; 0 never resumes, <see cref="int.MaxValue"/> never gives up.
    /// </summary>
    public int MaxAttempts { get; init; } = 5;

    /// <summary>
    /// The pause before an attempt, by the number of the attempt (1 for the first after an element). By default 100 ms, doubled each time, at most 10 s, of which
    /// a random part of up to one half is taken off, so that clients of a server that stops do not all come back at once.
    /// </summary>
    public Func<int, TimeSpan> Delay { get; init; } = static attempt => Longest(attempt) * (1 - (Random.Shared.NextDouble() / 2));

    /// <summary>The clock for the pauses; <see cref="TimeProvider.System"/> by default.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(ShouldResume, nameof(ShouldResume));
        ArgumentNullException.ThrowIfNull(Delay, nameof(Delay));
        ArgumentNullException.ThrowIfNull(TimeProvider, nameof(TimeProvider));
        ArgumentOutOfRangeException.ThrowIfNegative(MaxAttempts, nameof(MaxAttempts));
    }

    private static TimeSpan Longest(int attempt) => attempt > DoublingAttempts ? LongestDelay : TimeSpan.FromMilliseconds(100 << (attempt - 1));
}
