namespace Rx.ThriftStreams.Options;

/// <summary>A peak-sensitive moving average: a larger value counts immediately, smaller ones by and by. Decays towards zero while nothing is observed. Thread-safe.</summary>
internal sealed class DecayedLatency(TimeProvider clock)
{
    private const double TimeConstantSeconds = 10;

    private readonly Lock _gate = new();
    private double _seconds;
    private long _at;

    /// <summary>The average now.</summary>
    internal TimeSpan Value
    {
        get
        {
            if (Volatile.Read(ref _seconds) == 0)
            {
                return TimeSpan.Zero;
            }

            lock (_gate)
            {
                return TimeSpan.FromSeconds(_seconds * Share(clock.GetTimestamp()));
            }
        }
    }

    internal void Observe(TimeSpan latency)
    {
        var seconds = latency.TotalSeconds;
        lock (_gate)
        {
            var now = clock.GetTimestamp();
            var old = Share(now);
            var average = (_seconds * old) + (seconds * (1 - old));
            _seconds = Math.Max(seconds > _seconds * old ? seconds : average, double.Epsilon);
            _at = now;
        }
    }

    /// <summary>Forgets what was observed.</summary>
    /// <param name="latency">The average from now on.</param>
    internal void Reset(TimeSpan latency)
    {
        lock (_gate)
        {
            _seconds = latency.TotalSeconds;
            _at = clock.GetTimestamp();
        }
    }

    /// <summary>The share of the old average that is left.</summary>
    private double Share(long now) => _seconds == 0 ? 0 : Math.Exp(-clock.GetElapsedTime(_at, now).TotalSeconds / TimeConstantSeconds);
}
