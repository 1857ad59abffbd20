using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.Resilience;

/// <summary>
/// Stops creating streams when too many failed within a while. Closed: all pass. Open: none passes, for the break duration. Half-open: one passes as a probe, and another one after the same time; a
/// success closes the breaker, a failure opens it again.
/// </summary>
/// <remarks>
/// Thread-safe. Polly's breaker counts what it executes; this one also counts results that arrive long after a stream was created, and its settings change while it runs. Counts and state
/// survive a change of the settings, except that counts begin anew with another window.
/// </remarks>
internal sealed class CircuitBreaker
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _clock;
    private readonly Action<CircuitBreaker, ThriftCircuitState> _changed;
    private RollingCounts _counts;
    private ThriftCircuitBreakerOptions? _settings;
    private volatile ThriftCircuitState _state;
    private long _since;
    private bool _isRetired;

    /// <param name="scope">What it applies to.</param>
    /// <param name="key">The method's full name, or the endpoint.</param>
    /// <param name="settings">A snapshot; <see langword="null"/> while it lets everything pass.</param>
    /// <param name="clock">The clock of its times.</param>
    /// <param name="changed">
    /// Gets the breaker and its state before, in order and under a lock: it must not wait or call methods of the breaker. Notified of each change of <see cref="State"/> and of <see cref="TimeLeft"/>.
    /// </param>
    internal CircuitBreaker(ThriftCircuitScope scope, string key, ThriftCircuitBreakerOptions? settings, TimeProvider clock, Action<CircuitBreaker, ThriftCircuitState> changed)
    {
        Scope = scope;
        Key = key;
        _settings = settings;
        _clock = clock;
        _changed = changed;
        _counts = new(settings?.SamplingDuration ?? TimeSpan.FromSeconds(1), clock);
    }

    internal ThriftCircuitScope Scope { get; }

    internal string Key { get; }

    internal ThriftCircuitState State => _state;

    /// <summary>How long no stream may pass from now on.</summary>
    internal TimeSpan TimeLeft => _state != ThriftCircuitState.Closed && BreakDuration - _clock.GetElapsedTime(Volatile.Read(ref _since)) is var left && left > TimeSpan.Zero
        ? left
        : TimeSpan.Zero;

    private TimeSpan BreakDuration => Volatile.Read(ref _settings)?.BreakDuration ?? TimeSpan.Zero;

    /// <summary>Whether a call counts when its result is known, rather than when its stream was created.</summary>
    internal bool CountsCalls => Volatile.Read(ref _settings) is { IsEnabled: true, CountCallFailures: true };

    /// <summary>Applies other settings, a snapshot or <see langword="null"/> for none. A breaker that is off is closed.</summary>
    internal void Use(ThriftCircuitBreakerOptions? settings)
    {
        if (ReferenceEquals(settings, Volatile.Read(ref _settings)))
        {
            return;
        }

        lock (_gate)
        {
            if (settings is not null && settings.SamplingDuration != _settings?.SamplingDuration)
            {
                _counts = new(settings.SamplingDuration, _clock);
            }

            Volatile.Write(ref _settings, settings);
            if (settings is not { IsEnabled: true })
            {
                Close();
            }
        }
    }

    /// <summary>Asks for the creation of a stream, whose result is reported by one of the other methods.</summary>
    /// <param name="retryAfter">When refused, the time until the next attempt may pass.</param>
    internal bool TryEnter(out TimeSpan retryAfter)
    {
        retryAfter = default;
        if (_state == ThriftCircuitState.Closed)
        {
            return true;
        }

        lock (_gate)
        {
            if (_state == ThriftCircuitState.Closed)
            {
                return true;
            }

            retryAfter = TimeLeft;
            if (retryAfter > TimeSpan.Zero)
            {
                return false;
            }

            // This one probes. If its result never arrives, another may follow after the same time.
            Change(ThriftCircuitState.HalfOpen);
            return true;
        }
    }

    /// <summary>A stream was created or, if it counts calls, a call succeeded.</summary>
    internal void Succeeded()
    {
        if (Volatile.Read(ref _settings) is { IsEnabled: true })
        {
            lock (_gate)
            {
                if (_state == ThriftCircuitState.Closed)
                {
                    _counts.Add(isMarked: false);
                }
                else if (_state == ThriftCircuitState.HalfOpen)
                {
                    Close();
                }
            }
        }
    }

    /// <summary>The server responded to a call that will be counted when it ends. That is enough for a probe.</summary>
    internal void Responded()
    {
        if (_state == ThriftCircuitState.HalfOpen)
        {
            lock (_gate)
            {
                if (_state == ThriftCircuitState.HalfOpen)
                {
                    Close();
                }
            }
        }
    }

    /// <summary>A stream was not created or, if it counts calls, a call failed.</summary>
    internal void Failed()
    {
        if (Volatile.Read(ref _settings) is not { IsEnabled: true } settings)
        {
            return;
        }

        lock (_gate)
        {
            if (_state == ThriftCircuitState.HalfOpen)
            {
                Change(ThriftCircuitState.Open);
            }
            else if (_state == ThriftCircuitState.Closed)
            {
                _counts.Add(isMarked: true);
                var (all, failures) = _counts.Sum();
                if (all >= settings.MinimumThroughput && failures >= settings.FailureRatio * all)
                {
                    Change(ThriftCircuitState.Open);
                }
            }
        }
    }

    /// <summary>The result says nothing about the server: the caller gave up. After a probe another one may follow immediately.</summary>
    internal void Ignored()
    {
        if (_state == ThriftCircuitState.HalfOpen)
        {
            lock (_gate)
            {
                if (_state == ThriftCircuitState.HalfOpen)
                {
                    Volatile.Write(ref _since, _clock.GetTimestamp() - (long)(BreakDuration.TotalSeconds * _clock.TimestampFrequency) - 1);
                    _changed(this, ThriftCircuitState.HalfOpen);
                }
            }
        }
    }

    /// <summary>Its owner is gone: it is closed and stays closed.</summary>
    internal void Retire()
    {
        lock (_gate)
        {
            _isRetired = true;
            Close();
        }
    }

    private void Close()
    {
        _counts.Clear();
        if (_state != ThriftCircuitState.Closed)
        {
            Change(ThriftCircuitState.Closed);
        }
    }

    private void Change(ThriftCircuitState state)
    {
        if (_isRetired && state != ThriftCircuitState.Closed)
        {
            return;
        }

        Volatile.Write(ref _since, _clock.GetTimestamp());
        var before = _state;
        _state = state;
        _changed(this, before);
    }
}
