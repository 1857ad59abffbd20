namespace Rx.ThriftStreams.Options;

/// <summary>The attempts of one call: how many there were, and the endpoints that they used.</summary>
/// <remarks>Thread-safe: attempts that hedge run at the same time.</remarks>
internal sealed class CallAttempts(TimeSpan? limit, TimeProvider clock)
{
    private readonly long _startedAt = clock.GetTimestamp();
    private readonly List<ThriftCandidate> _used = [];
    private int _count;
    private long _pushback = long.MinValue;

    /// <summary>The time that is left for all of them, at least zero; <see langword="null"/> without a limit.</summary>
    internal TimeSpan? TimeLeft => limit is not { } limited ? null
        : clock.GetElapsedTime(_startedAt) is var elapsed && elapsed < limited ? limited - elapsed : TimeSpan.Zero;

    /// <summary>What the last attempt that failed was told by <c>grpc-retry-pushback-ms</c>; <see langword="null"/> if nothing.</summary>
    internal long? PushbackMilliseconds
    {
        get => Interlocked.Read(ref _pushback) is var value and not long.MinValue ? value : null;
        set => Interlocked.Exchange(ref _pushback, value ?? long.MinValue);
    }

    /// <summary>Whether there is time for a retry, and the server has neither refused retries nor asked for a pause that is too long.</summary>
    internal bool AllowsRetry(TimeSpan longestPause)
        => TimeLeft != TimeSpan.Zero && (PushbackMilliseconds is not { } pushback || (pushback >= 0 && TimeSpan.FromMilliseconds(pushback) <= longestPause));

    /// <summary>Begins an attempt.</summary>
    /// <returns>Its number; the first is 0.</returns>
    internal int Begin() => Interlocked.Increment(ref _count) - 1;

    /// <summary>Notes that an attempt used an endpoint.</summary>
    internal void Used(ThriftCandidate endpoint)
    {
        lock (_used)
        {
            _used.Add(endpoint);
        }
    }

    /// <summary>The endpoints that attempts have used; <see langword="null"/> if there are none.</summary>
    internal List<ThriftCandidate>? UsedEndpoints()
    {
        lock (_used)
        {
            return _used.Count == 0 ? null : [.. _used];
        }
    }
}
