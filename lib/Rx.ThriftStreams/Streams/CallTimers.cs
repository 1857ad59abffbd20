namespace Rx.ThriftStreams.Streams;

/// <summary>What the timers of calls have in common.</summary>
internal static class CallTimers
{
    /// <summary>The longest due time that a timer takes.</summary>
    internal static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    /// <summary>Whether a limit was given that can expire.</summary>
    internal static bool IsLimit(TimeSpan? timeout) => timeout is { } limit && limit != Timeout.InfiniteTimeSpan;
}
