namespace Rx.ThriftStreams.AspNetCore.Protection;

/// <summary>The share of its processors that this process uses. Measured on request, at most four times a second. Thread-safe.</summary>
/// <param name="clock">The clock.</param>
/// <param name="processors">How many processors the process may use.</param>
/// <param name="used">The processor time that it has used.</param>
internal sealed class CpuMeter(TimeProvider clock, int processors, Func<TimeSpan> used)
{
    private const double Smoothing = 0.4;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private long _measuredAt = clock.GetTimestamp();
    private TimeSpan _usedThen = used();
    private double _load;

    /// <summary>The share, from 0 to 1, averaged over about a second.</summary>
    internal double Load
    {
        get
        {
            var elapsed = clock.GetElapsedTime(Volatile.Read(ref _measuredAt));
            if (elapsed < Interval || !_gate.TryEnter())
            {
                return Volatile.Read(ref _load);
            }

            try
            {
                elapsed = clock.GetElapsedTime(_measuredAt);
                if (elapsed >= Interval)
                {
                    Measure(elapsed);
                }

                return _load;
            }
            finally
            {
                _gate.Exit();
            }
        }
    }

    internal static CpuMeter OfProcess(TimeProvider clock) => new(clock, Environment.ProcessorCount, static () => Environment.CpuUsage.TotalTime);

    private void Measure(TimeSpan elapsed)
    {
        var now = used();
        var share = Math.Clamp((now - _usedThen) / elapsed / processors, 0, 1);
        _usedThen = now;
        Volatile.Write(ref _measuredAt, clock.GetTimestamp());

        // After a pause without calls, earlier measurements do not count.
        Volatile.Write(ref _load, elapsed >= 4 * Interval ? share : (_load * (1 - Smoothing)) + (share * Smoothing));
    }
}
