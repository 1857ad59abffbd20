namespace Rx.ThriftStreams.Resilience;

/// <summary>Limits the share of retries in the attempts of a method within the last ten seconds, as Kitex's percentage limit does.</summary>
/// <remarks>Thread-safe. Retries of creating streams and of calls are counted together; each kind has its own limit.</remarks>
internal sealed class RetryBudget(TimeProvider clock)
{
    private const int MinSamples = 10;

    private readonly Lock _lock = new();
    private readonly RollingCounts _attempts = new(TimeSpan.FromSeconds(10), clock);

    /// <summary>Counts the first attempt of a call.</summary>
    internal void CountFirst()
    {
        lock (_lock)
        {
            _attempts.Add(isMarked: false);
        }
    }

    /// <summary>Counts a retry if there is room for it.</summary>
    /// <param name="share">The largest share of retries.</param>
    internal bool TryRetry(double share)
    {
        lock (_lock)
        {
            var (all, retries) = _attempts.Sum();
            if (all >= MinSamples && retries >= share * all)
            {
                return false;
            }

            _attempts.Add(isMarked: true);
            return true;
        }
    }
}
