using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams.Options;

/// <summary>The attempts of one call: how many there were, how the last one failed, and the endpoints that they used.</summary>
/// <remarks>Thread-safe: attempts that hedge run at the same time.</remarks>
internal sealed class CallAttempts(ThriftMethod method, object request, ThriftCallOptions options, TimeSpan? limit, TimeProvider clock)
{
    private readonly long _startedAt = clock.GetTimestamp();
    private readonly List<ThriftCandidate> _used = [];
    private int _count;
    private long _pushback = long.MinValue;
    private Exception? _lastError;

    /// <summary>The time that is left for all of them, at least zero; <see langword="null"/> without a limit.</summary>
    internal TimeSpan? TimeLeft => limit is not { } limited ? null
        : clock.GetElapsedTime(_startedAt) is var elapsed && elapsed < limited ? limited - elapsed : TimeSpan.Zero;

    /// <summary>How the last attempt that failed did; <see langword="null"/> if none has failed.</summary>
    internal Exception? LastError => Volatile.Read(ref _lastError);

    /// <summary>What the last attempt that failed was told by <c>grpc-retry-pushback-ms</c>; <see langword="null"/> if nothing.</summary>
    internal long? PushbackMilliseconds => Interlocked.Read(ref _pushback) is var value and not long.MinValue ? value : null;

    /// <summary>Whether there is time for a retry, and the server has neither refused retries nor asked for a pause that is too long.</summary>
    /// <param name="longest">How long after the first attempt another may begin; <see langword="null"/> for no limit.</param>
    /// <param name="longestPause">The longest pause.</param>
    internal bool AllowsRetry(TimeSpan? longest, TimeSpan longestPause)
        => TimeLeft != TimeSpan.Zero
            && !(clock.GetElapsedTime(_startedAt) >= longest)
            && (PushbackMilliseconds is not { } pushback || (pushback >= 0 && TimeSpan.FromMilliseconds(pushback) <= longestPause));

    /// <summary>That pause, or what is left of the time of the call if that is shorter.</summary>
    internal TimeSpan Within(TimeSpan pause) => TimeLeft is { } left && left < pause ? left : pause;

    /// <summary>Whether the call was answered by a fallback, after all attempts had failed.</summary>
    internal bool AnsweredByFallback { get; set; }

    /// <summary>Begins an attempt.</summary>
    /// <returns>Its number; the first is 0.</returns>
    internal int Begin() => Interlocked.Increment(ref _count) - 1;

    /// <summary>Notes how an attempt failed, and the pause that the server asked for.</summary>
    internal void Failed(Exception error, long? pushback)
    {
        Volatile.Write(ref _lastError, error);
        Interlocked.Exchange(ref _pushback, pushback ?? long.MinValue);
    }

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

    internal ThriftFallbackContext FallbackAfter(ThriftException error, CancellationToken cancellationToken) => new(method, request, options, error, cancellationToken);
}
