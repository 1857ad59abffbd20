using Polly;
using Polly.CircuitBreaker;

namespace Rx.ThriftStreams.Resilience;

/// <summary>
/// Stops creating streams when too many failed within a while: Polly's circuit breaker, asked before a stream is created and told of its result when that is known, which may be long after it was
/// created. Closed: all pass. Open: none passes, for the break duration. Half-open: one passes as a probe, and another one after the same time; a success closes the breaker, a failure opens it again.
/// </summary>
/// <remarks>Thread-safe. Polly's breaker cannot change its settings: other settings are another breaker of Polly's, which is closed and has counted nothing.</remarks>
internal sealed class CircuitBreaker
{
    /// <summary>Polly's. Kitex's configuration may have less.</summary>
    private const int LeastThroughput = 2;

    private static readonly Outcome<object> Success = Outcome.FromResult(new object());
    private static readonly Outcome<object> Failure = Outcome.FromException<object>(new InvalidOperationException("Stands for every failure."));

    private readonly Lock _gate = new();
    private readonly TimeProvider _clock;
    private readonly Action<CircuitBreaker, ThriftCircuitState> _changed;
    private readonly ElapsedClock _elapsed;
    private ThriftCircuitBreakerOptions? _settings;
    private ResiliencePipeline<object> _counter = ResiliencePipeline<object>.Empty;
    private CircuitBreakerStateProvider _counted = new();
    private volatile ThriftCircuitState _state;
    private long _since;
    private string? _lastFailure;
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
        _clock = clock;
        _elapsed = new ElapsedClock(clock);
        _changed = changed;
        Use(settings);
    }

    internal ThriftCircuitScope Scope { get; }

    internal string Key { get; }

    internal ThriftCircuitState State => _state;

    /// <summary>Whether its owner is gone.</summary>
    internal bool IsRetired => _isRetired;

    /// <summary>The text of the last error that was reported, which may be a peer's; <see langword="null"/> if there was none.</summary>
    internal string? LastFailure => Volatile.Read(ref _lastFailure);

    /// <summary>How long no stream may pass from now on.</summary>
    internal TimeSpan TimeLeft => _state != ThriftCircuitState.Closed && BreakDuration - _clock.GetElapsedTime(Volatile.Read(ref _since)) is var left && left > TimeSpan.Zero
        ? left
        : TimeSpan.Zero;

    private TimeSpan BreakDuration => Volatile.Read(ref _settings)?.BreakDuration ?? TimeSpan.Zero;

    /// <summary>Whether a call counts when its result is known, rather than when its stream was created.</summary>
    internal bool CountsCalls => Volatile.Read(ref _settings) is { IsEnabled: true, CountCallFailures: true };

    private bool IsOn => Volatile.Read(ref _settings) is { IsEnabled: true };

    /// <summary>Applies other settings, a snapshot or <see langword="null"/> for none. A breaker that is off is closed; one whose settings are the same stays as it is.</summary>
    internal void Use(ThriftCircuitBreakerOptions? settings)
    {
        if (ReferenceEquals(settings, Volatile.Read(ref _settings)))
        {
            return;
        }

        lock (_gate)
        {
            var isSame = settings is not null && _settings is { } before && settings.HasValuesOf(before);
            Volatile.Write(ref _settings, settings);
            if (!isSame)
            {
                CountAnew();
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
    internal void Succeeded() => Report(Success);

    /// <summary>A stream was not created or, if it counts calls, a call failed.</summary>
    /// <param name="error">Why, if that is known.</param>
    internal void Failed(Exception? error = null)
    {
        Volatile.Write(ref _lastFailure, error?.Message);
        Report(Failure);
    }

    /// <summary>The server responded to a call that will be counted when it ends. That is enough for a probe.</summary>
    internal void Responded()
    {
        if (_state == ThriftCircuitState.HalfOpen)
        {
            Report(Success);
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

    /// <summary>Has Polly's breaker count a result, and follows its state.</summary>
    private void Report(Outcome<object> result)
    {
        // What arrives while it is open was created before: it has been judged.
        if (!IsOn || _state == ThriftCircuitState.Open)
        {
            return;
        }

        lock (_gate)
        {
            if (!IsOn || _isRetired || _state == ThriftCircuitState.Open)
            {
                return;
            }

            // The outcome is there, and nothing in a breaker waits.
            var context = ResilienceContextPool.Shared.Get();
            var counting = _counter.ExecuteOutcomeAsync(static (_, result) => new ValueTask<Outcome<object>>(result), context, result);
            if (!counting.IsCompletedSuccessfully)
            {
                throw new InvalidOperationException($"The circuit breaker of {Key} did not count a result at once.");
            }

            _ = counting.Result;
            ResilienceContextPool.Shared.Return(context);
            var state = _counted.CircuitState == CircuitState.Closed ? ThriftCircuitState.Closed : ThriftCircuitState.Open;
            if (state != _state)
            {
                Change(state);
            }
        }
    }

    /// <summary>Begins with another breaker of Polly's.</summary>
    private void CountAnew()
    {
        if (_settings is not { IsEnabled: true } settings)
        {
            _counter = ResiliencePipeline<object>.Empty;
            return;
        }

        _counted = new CircuitBreakerStateProvider();
        _counter = new ResiliencePipelineBuilder<object> { TimeProvider = _elapsed }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<object>
            {
                FailureRatio = settings.FailureRatio,
                MinimumThroughput = Math.Max(LeastThroughput, settings.MinimumThroughput),
                SamplingDuration = settings.SamplingDuration,
                BreakDuration = settings.BreakDuration,
                StateProvider = _counted,
                ShouldHandle = static arguments => new(arguments.Outcome.Exception is not null),
            })
            .Build();
    }

    private void Close()
    {
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

    /// <summary>A clock whose time of day follows its timestamps: Polly reads the time of day, and setting that must not end a break.</summary>
    private sealed class ElapsedClock(TimeProvider clock) : TimeProvider
    {
        private readonly long _start = clock.GetTimestamp();
        private readonly DateTimeOffset _startedAt = clock.GetUtcNow();

        public override DateTimeOffset GetUtcNow() => _startedAt + clock.GetElapsedTime(_start);
    }
}
