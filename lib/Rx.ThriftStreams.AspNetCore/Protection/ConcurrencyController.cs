namespace Rx.ThriftStreams.AspNetCore.Protection;

/// <summary>
/// Finds how many calls may run at the same time, from how long they take. By Little's law, what a server completes per second is the number that runs divided by
/// their latency: once latency grows in proportion to the number, more calls only wait for each other.
/// </summary>
/// <remarks>
/// After each window of calls the limit is multiplied by the least latency that was seen, divided by the latency now, plus the square root of the limit as room to
/// grow. The least latency is measured again now and then, at half the limit: otherwise a service that has become permanently slower would always be throttled, and a
/// queue that never empties would be mistaken for its latency. Not thread-safe.
/// </remarks>
internal sealed class ConcurrencyController
{
    // Latency may grow by half before the limit shrinks: calls do not all take the same time.
    private const double Tolerance = 1.5;
    private const double Smoothing = 0.3;
    private const int LeastSamples = 20;

    internal static readonly TimeSpan Window = TimeSpan.FromMilliseconds(100);
    internal static readonly TimeSpan ProbeInterval = TimeSpan.FromSeconds(30);

    private readonly TimeProvider _clock;
    private readonly int _min;
    private readonly int _max;
    private double _limit;
    private double _beforeProbe;
    private double _leastLatency = double.PositiveInfinity;
    private double _sum;
    private int _samples;
    private int _mostRunning;
    private long _windowSince;
    private long _probedAt;
    private bool _isProbing = true;
    private int _ignored;

    /// <param name="min">The least limit.</param>
    /// <param name="initial">The limit after the first measurement of the latency, which is taken at the least limit.</param>
    /// <param name="max">The greatest limit.</param>
    /// <param name="clock">The clock.</param>
    internal ConcurrencyController(int min, int initial, int max, TimeProvider clock)
    {
        _clock = clock;
        _min = min;
        _max = max;
        _limit = min;
        _beforeProbe = Math.Clamp(initial, min, max);
        _windowSince = _probedAt = clock.GetTimestamp();
    }

    /// <summary>How many calls may run.</summary>
    internal int Limit => (int)_limit;

    /// <summary>A call has ended.</summary>
    /// <param name="latency">How long it ran.</param>
    /// <param name="running">How many calls ran when it ended, itself included.</param>
    internal void OnCompleted(TimeSpan latency, int running)
    {
        if (_ignored > 0)
        {
            if (--_ignored == 0)
            {
                BeginWindow();
            }

            return;
        }

        _sum += latency.TotalMilliseconds;
        _samples++;
        _mostRunning = Math.Max(_mostRunning, running);
        if (_samples < LeastSamples || _clock.GetElapsedTime(_windowSince) < Window)
        {
            return;
        }

        EndWindow(Math.Max(_sum / _samples, 0.001));
        BeginWindow();
    }

    private void EndWindow(double latency)
    {
        if (_isProbing)
        {
            _isProbing = false;
            _leastLatency = latency;
            _limit = _beforeProbe;
            return;
        }

        _leastLatency = Math.Min(_leastLatency, latency);
        if (_clock.GetElapsedTime(_probedAt) >= ProbeInterval)
        {
            _probedAt = _clock.GetTimestamp();
            _isProbing = true;
            _beforeProbe = _limit;
            _limit = Math.Max(_min, _limit / 2);

            // The calls that run now have waited for others.
            _ignored = (int)_beforeProbe;
            return;
        }

        var gradient = Math.Clamp(Tolerance * _leastLatency / latency, 0.5, 1);
        var wanted = (_limit * gradient) + Math.Sqrt(_limit);
        if (wanted > _limit && _mostRunning * 2 < _limit)
        {
            // Callers do not reach the limit, so latency does not show whether it could be higher.
            return;
        }

        _limit = Math.Clamp((_limit * (1 - Smoothing)) + (wanted * Smoothing), _min, _max);
    }

    private void BeginWindow()
    {
        _sum = 0;
        _samples = 0;
        _mostRunning = 0;
        _windowSince = _clock.GetTimestamp();
    }
}
