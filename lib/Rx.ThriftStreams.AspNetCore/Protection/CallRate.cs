namespace Rx.ThriftStreams.AspNetCore.Protection;

/// <summary>
/// A number of operations per second, with a burst of one second: the generic cell rate algorithm, a token bucket that needs neither a lock nor a timer. Unlike a
/// bucket that is refilled at intervals, it is exact for small numbers too. Thread-safe.
/// </summary>
/// <param name="clock">The clock.</param>
internal sealed class CallRate(TimeProvider clock)
{
    private const long Second = 1_000_000_000;

    private readonly long _origin = clock.GetTimestamp();

    // When the bucket would be full again, in nanoseconds since the origin.
    private long _fullAt;

    /// <summary>Takes one of the operations.</summary>
    /// <param name="perSecond">The limit, which may change from call to call.</param>
    /// <returns><see langword="false"/> if there is none left.</returns>
    internal bool TryTake(int perSecond)
    {
        var interval = Math.Max(1, Second / perSecond);
        var now = Now();
        while (true)
        {
            var seen = Volatile.Read(ref _fullAt);

            // Never more than a second ahead, whatever limits there were before.
            var from = Math.Max(seen, now);
            if (from - now > Second - interval)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref _fullAt, from + interval, seen) == seen)
            {
                return true;
            }
        }
    }

    /// <summary>Returns one that was taken and not used.</summary>
    internal void Return(int perSecond) => Interlocked.Add(ref _fullAt, -Math.Max(1, Second / perSecond));

    private long Now()
    {
        var elapsed = clock.GetTimestamp() - _origin;
        return clock.TimestampFrequency == Second ? elapsed : (long)((Int128)elapsed * Second / clock.TimestampFrequency);
    }
}
