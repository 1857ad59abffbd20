namespace Rx.ThriftStreams.Options;

/// <summary>Helpers for the timers of calls.</summary>
internal static class CallTimers
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);

    /// <summary>The longest due time that a timer accepts.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    /// <summary>Whether there is a limit that can expire.</summary>
    internal static bool IsLimit(TimeSpan? timeout) => timeout is { } limit && limit != Timeout.InfiniteTimeSpan;

    /// <summary>The closest due time that a timer accepts: timers treat less than a millisecond as zero.</summary>
    internal static TimeSpan DueTime(TimeSpan left) => left < Shortest ? Shortest : left < Longest ? left : Longest;

    /// <summary>The same for a limit that may be infinite.</summary>
    internal static TimeSpan DueTimeOfLimit(TimeSpan limit) => IsLimit(limit) ? DueTime(limit) : limit;
}
