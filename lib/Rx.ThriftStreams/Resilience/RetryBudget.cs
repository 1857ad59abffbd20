namespace Rx.ThriftStreams.Resilience;

/// <summary>Limits the share of retries in the attempts of the last ten seconds, as Kitex's percentage limit does.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class RetryBudget(double share, TimeProvider clock)
{
    private const int MinSamples = 10;
    private const int Seconds = 10;

    private readonly Lock _lock = new();
    private readonly long _startedAt = clock.GetTimestamp();
    private readonly (long Second, int Attempts, int Retries)[] _buckets = new (long, int, int)[Seconds];

    /// <summary>Counts the first attempt of a call.</summary>
    internal void CountFirst()
    {
        lock (_lock)
        {
            Current().Attempts++;
        }
    }

    /// <summary>Counts a retry if there is room for it.</summary>
    internal bool TryRetry()
    {
        lock (_lock)
        {
            ref var current = ref Current();
            var (attempts, retries) = (0, 0);
            foreach (var bucket in _buckets)
            {
                if (bucket.Second > current.Second - Seconds)
                {
                    attempts += bucket.Attempts;
                    retries += bucket.Retries;
                }
            }

            if (attempts >= MinSamples && retries >= share * attempts)
            {
                return false;
            }

            current.Attempts++;
            current.Retries++;
            return true;
        }
    }

    private ref (long Second, int Attempts, int Retries) Current()
    {
        var second = (long)clock.GetElapsedTime(_startedAt).TotalSeconds;
        ref var bucket = ref _buckets[second % Seconds];
        if (bucket.Second != second)
        {
            bucket = (second, 0, 0);
        }

        return ref bucket;
    }
}
