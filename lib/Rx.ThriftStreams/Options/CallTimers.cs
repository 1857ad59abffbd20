namespace Rx.ThriftStreams.Options;

/// <summary>What the timers of calls have in common.</summary>
internal static class CallTimers
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);

    /// <summary>The longest due time that a timer takes.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    /// <summary>Whether a limit was given that can expire.</summary>
    internal static bool IsLimit(TimeSpan? timeout) => timeout is { } limit && limit != Timeout.InfiniteTimeSpan;

    /// <summary>The nearest due time that a timer takes: what is shorter than a millisecond would count as none.</summary>
    internal static TimeSpan DueTime(TimeSpan left) => left < Shortest ? Shortest : left < Longest ? left : Longest;
}
