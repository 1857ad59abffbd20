namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>
/// The orderly end of a connection, the same on every transport: when the server stops, or the connection has reached its greatest age, its stages pass one after the
/// other. A connection that ends before disposes this and sees no further stage.
/// </summary>
/// <remarks>Thread-safe. There is a timer only while the connection drains.</remarks>
/// <param name="connection">What goes through the stages.</param>
/// <param name="options">The clock and the limits.</param>
internal sealed class ConnectionDrain(IDrainedConnection connection, ThriftServerOptions options) : IDisposable
{
    /// <summary>How long calls that were cut off have to end, and their answers to be sent.</summary>
    internal static readonly TimeSpan LimitAfterCutOff = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private ITimer? _timer;
    private CancellationTokenRegistration _stopping;
    private long _since;
    private TimeSpan _limit;
    private volatile DrainStage _stage;
    private bool _disposed;

    internal DrainStage Stage => _stage;

    /// <summary>Whether the peer is asked to use another connection.</summary>
    internal bool IsDraining => _stage >= DrainStage.Asked;

    /// <summary>Whether the connection ends as soon as it is idle.</summary>
    internal bool IsEnding => _stage >= DrainStage.Ending;

    /// <summary>Whether what runs was cancelled.</summary>
    internal bool IsCutOff => _stage >= DrainStage.CutOff;

    /// <summary>Begins when the server stops; then <see cref="ThriftServerOptions.ShutdownTimeout"/> is the limit.</summary>
    /// <param name="stopping">The server stops.</param>
    internal void Watch(CancellationToken stopping)
        => _stopping = stopping.UnsafeRegister(static state => ((ConnectionDrain)state!).BeginStop(), this);

    /// <summary>Begins, unless it has begun; the earlier of two limits counts.</summary>
    /// <param name="limit">How long calls may run before they are cut off; negative for no limit.</param>
    internal void Begin(TimeSpan limit)
    {
        bool begins;
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            begins = _stage == DrainStage.None;
            if (begins)
            {
                _stage = DrainStage.Asked;
                _since = options.TimeProvider.GetTimestamp();
                _limit = limit;
                _timer = options.TimeProvider.CreateTimer(
                    static state => ((ConnectionDrain)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
            else if (limit >= TimeSpan.Zero)
            {
                var total = options.TimeProvider.GetElapsedTime(_since) + limit;
                if (_limit < TimeSpan.Zero || total < _limit)
                {
                    _limit = total;
                }
            }
        }

        if (begins)
        {
            connection.OnDrain(DrainStage.Asked);
        }

        lock (_gate)
        {
            Schedule();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _timer?.Dispose();
            _timer = null;
        }

        // Not waited for: the callback may be running, and it takes the lock.
        _stopping.Unregister();
    }

    private void BeginStop() => Begin(options.ShutdownTimeout);

    // Under the lock.
    private void Schedule()
    {
        if (_timer is null || NextAfter() is not { } due)
        {
            return;
        }

        var left = due - options.TimeProvider.GetElapsedTime(_since);
        _timer.Change(left > TimeSpan.Zero ? Options.CallTimers.DueTime(left) : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    /// <summary>When the next stage begins, counted from the first; <see langword="null"/> if none does by itself.</summary>
    private TimeSpan? NextAfter() => _stage switch
    {
        DrainStage.Asked => _limit >= TimeSpan.Zero && _limit < options.ShutdownNotice ? _limit : options.ShutdownNotice,
        DrainStage.Ending when _limit >= TimeSpan.Zero => _limit,
        DrainStage.CutOff => _limit + LimitAfterCutOff,
        _ => null,
    };

    private void OnTimer()
    {
        DrainStage next;
        lock (_gate)
        {
            if (_timer is null || NextAfter() is not { } due)
            {
                return;
            }

            // A timer may fire early, and long limits take several firings.
            if (options.TimeProvider.GetElapsedTime(_since) < due)
            {
                Schedule();
                return;
            }

            next = _stage = _stage + 1;
        }

        connection.OnDrain(next);
        lock (_gate)
        {
            Schedule();
        }
    }
}
