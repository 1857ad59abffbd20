namespace Rx.ThriftStreams.Comparison;

/// <summary>Counts messages from the end of a warm-up until the end of the measurement.</summary>
internal sealed class Clock : IDisposable
{
    private readonly CancellationTokenSource _ended = new();
    private readonly Lock _lock = new();
    private readonly List<Counter> _counters = [];

    /// <summary>Whether to go on.</summary>
    internal bool Runs => !_ended.IsCancellationRequested;

    /// <summary>Cancelled when the measurement ends.</summary>
    internal CancellationToken Token => _ended.Token;

    public void Dispose() => _ended.Dispose();

    /// <summary>A counter for one caller: a shared one would measure itself.</summary>
    internal Counter NewCounter()
    {
        lock (_lock)
        {
            var counter = new Counter();
            _counters.Add(counter);
            return counter;
        }
    }

    /// <summary>Lets calls run, and measures after the warm-up.</summary>
    /// <param name="warmUp">Time that does not count.</param>
    /// <param name="duration">Time that counts.</param>
    /// <param name="processorTime">What client and server have used so far.</param>
    internal async Task<Figures> MeasureAsync(TimeSpan warmUp, TimeSpan duration, Func<TimeSpan> processorTime)
    {
        await Task.Delay(warmUp);
        var startedAt = TimeProvider.System.GetTimestamp();
        var before = Total();
        var usedBefore = processorTime();
        await Task.Delay(duration);
        var counted = Total() - before;
        var used = processorTime() - usedBefore;
        var seconds = TimeProvider.System.GetElapsedTime(startedAt).TotalSeconds;
        await _ended.CancelAsync();
        return new Figures(counted / seconds, used.TotalMicroseconds / Math.Max(counted, 1));
    }

    private long Total()
    {
        lock (_lock)
        {
            return _counters.Sum(static counter => Volatile.Read(ref counter.Count));
        }
    }

    /// <summary>The messages of one caller.</summary>
    internal sealed class Counter
    {
        internal long Count;
    }
}
