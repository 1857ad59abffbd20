namespace Rx.ThriftStreams.InteropProgram.Bench;

/// <summary>
/// Counts times in buckets that are 1/32 of a power of two wide: percentiles to 3 %, in fixed memory, without a lock. One a worker; added up at the end.
/// </summary>
internal sealed class LatencyHistogram
{
    private const int SubBits = 5;
    private const int SubBuckets = 1 << SubBits;

    private readonly long[] _counts = new long[(64 - SubBits) * SubBuckets];

    internal long Count { get; private set; }

    internal void Record(TimeSpan time)
    {
        _counts[IndexOf(Math.Max(0, time.Ticks))]++;
        Count++;
    }

    internal void Add(LatencyHistogram other)
    {
        for (var i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }

        Count += other.Count;
    }

    /// <summary>The time, in microseconds, that so much of all were at or below.</summary>
    internal double Percentile(double fraction)
    {
        var wanted = (long)Math.Ceiling(Count * fraction);
        long seen = 0;
        for (var i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (seen >= wanted && seen > 0)
            {
                return TimeSpan.FromTicks(MiddleOf(i)).TotalMicroseconds;
            }
        }

        return 0;
    }

    private static int IndexOf(long ticks)
    {
        if (ticks < SubBuckets)
        {
            return (int)ticks;
        }

        var shift = 63 - System.Numerics.BitOperations.LeadingZeroCount((ulong)ticks) - SubBits;
        return ((shift + 1) * SubBuckets) + (int)((ticks >> shift) - SubBuckets);
    }

    private static long MiddleOf(int index)
    {
        if (index < SubBuckets)
        {
            return index;
        }

        var shift = (index / SubBuckets) - 1;
        var low = (long)(SubBuckets + (index % SubBuckets)) << shift;
        return low + ((1L << shift) / 2);
    }
}
