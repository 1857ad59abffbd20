namespace Rx.ThriftStreams.Resilience;

/// <summary>Counts events of the last while, and how many of them are of one kind, in ten buckets. Not thread-safe.</summary>
internal sealed class RollingCounts(TimeSpan duration, TimeProvider clock)
{
    private const int Buckets = 10;

    private readonly long _startedAt = clock.GetTimestamp();
    private readonly TimeSpan _step = duration / Buckets;
    private readonly (long Step, int All, int Marked)[] _buckets = new (long, int, int)[Buckets];

    internal void Add(bool isMarked)
    {
        ref var bucket = ref Current(out _);
        bucket.All++;
        bucket.Marked += isMarked ? 1 : 0;
    }

    internal (int All, int Marked) Sum()
    {
        Current(out var step);
        var (all, marked) = (0, 0);
        foreach (var bucket in _buckets)
        {
            if (bucket.Step > step - Buckets)
            {
                all += bucket.All;
                marked += bucket.Marked;
            }
        }

        return (all, marked);
    }

    internal void Clear() => Array.Clear(_buckets);

    private ref (long Step, int All, int Marked) Current(out long step)
    {
        step = clock.GetElapsedTime(_startedAt).Ticks / _step.Ticks;
        ref var bucket = ref _buckets[step % Buckets];
        if (bucket.Step != step)
        {
            bucket = (step, 0, 0);
        }

        return ref bucket;
    }
}
