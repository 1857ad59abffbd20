namespace Rx.ThriftStreams.Options;

/// <summary>The time limit of consecutive operations. At most one is running; each that takes too long is reported once.</summary>
/// <remarks>
/// A timer may fire late, when its operation is done and the next one has begun. So every operation has its own stamp, which decides whether a
/// callback still applies to it, and an operation whose limit has not expired by the clock is timed again. That also covers limits longer than a timer accepts.
/// </remarks>
internal sealed class OperationTimer : IDisposable
{
    private const long Idle = 0;

    private readonly TimeProvider _clock;
    private readonly TimeSpan _limit;
    private readonly Action<TimeSpan> _expired;
    private readonly ITimer _timer;
    private long _lastStamp;
    private long _since;
    private long _current = Idle;

    /// <param name="clock">The clock.</param>
    /// <param name="limit">How long an operation may take.</param>
    /// <param name="expired">Called with the time that had passed.</param>
    internal OperationTimer(TimeProvider clock, TimeSpan limit, Action<TimeSpan> expired)
    {
        _clock = clock;
        _limit = limit;
        _expired = expired;
        _timer = clock.CreateTimer(static state => ((OperationTimer)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Starts to time an operation. If its limit has already expired, that is reported before this returns.</summary>
    /// <param name="since">When the operation began.</param>
    internal void Start(long since)
    {
        Volatile.Write(ref _since, since);
        Volatile.Write(ref _current, ++_lastStamp);
        var left = _limit - _clock.GetElapsedTime(since);
        if (left <= TimeSpan.Zero)
        {
            OnTimer();
        }
        else
        {
            _timer.Change(CallTimers.DueTime(left), Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Ends the operation.</summary>
    internal void Stop()
    {
        Volatile.Write(ref _current, Idle);
        _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Dispose()
    {
        Volatile.Write(ref _current, Idle);
        _timer.Dispose();
    }

    private void OnTimer()
    {
        var stamp = Volatile.Read(ref _current);
        if (stamp == Idle)
        {
            return;
        }

        var elapsed = _clock.GetElapsedTime(Volatile.Read(ref _since));
        if (elapsed < _limit)
        {
            _timer.Change(CallTimers.DueTime(_limit - elapsed), Timeout.InfiniteTimeSpan);
        }
        else if (Interlocked.CompareExchange(ref _current, Idle, stamp) == stamp)
        {
            _expired(elapsed);
        }
    }
}
