using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Diagnostics;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Resilience;

namespace Rx.ThriftStreams;

/// <summary>The circuit breakers of a channel: <see cref="ThriftChannel.CircuitBreakers"/>.</summary>
/// <remarks>Thread-safe. There is one breaker for each method that was called and one for each endpoint; see <see cref="ThriftCircuitBreakerOptions"/>.</remarks>
public sealed partial class ThriftCircuitBreakers
{
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, CircuitBreaker> _methods = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, CircuitBreaker> _endpoints = new(StringComparer.OrdinalIgnoreCase);
    private readonly EventHub<ThriftCircuitChange> _changes;
    private readonly TimeProvider _clock;
    private readonly CallPolicies? _policies;
    private readonly ILogger _logger;
    private ThriftCircuitBreakerOptions? _settings;

    internal ThriftCircuitBreakers(ThriftChannelOptions options, ILogger logger)
    {
        _settings = options.Resilience.CircuitBreaker;
        _policies = options.Policies;
        _clock = options.TimeProvider;
        _logger = logger;
        _changes = new(logger);
    }

    /// <summary>The changes of state of all breakers. Changes before the subscription are not reported; <see cref="StateOf"/> returns the state.</summary>
    /// <remarks>
    /// Hot. Notifications arrive one at a time, in order, on the thread pool: they do not delay calls. An observer that falls 4096 changes behind loses the oldest; one that throws is unsubscribed,
    /// and the exception is logged. Completes when the channel is disposed.
    /// </remarks>
    public IObservable<ThriftCircuitChange> Changes => _changes;

    /// <summary>The state of a breaker; <see cref="ThriftCircuitState.Closed"/> if the method was not called, or the endpoint is not used.</summary>
    /// <param name="scope">What the breaker applies to.</param>
    /// <param name="key">The method's full name, or the endpoint.</param>
    public ThriftCircuitState StateOf(ThriftCircuitScope scope, string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return (scope == ThriftCircuitScope.Service ? _methods : _endpoints).TryGetValue(key, out var breaker) ? breaker.State : ThriftCircuitState.Closed;
    }

    /// <summary>Replaces the settings of all breakers. A breaker whose settings change closes and counts anew; one whose settings stay the same keeps its state and counts.</summary>
    /// <param name="settings">Copied. <see langword="null"/> switches all breakers off.</param>
    /// <exception cref="ArgumentException">A setting is invalid; the message names it. The settings stay as they were.</exception>
    public void Update(ThriftCircuitBreakerOptions? settings)
    {
        settings?.Validate(nameof(settings));
        lock (_gate)
        {
            Volatile.Write(ref _settings, settings?.Snapshot());
            foreach (var (_, breaker) in _endpoints)
            {
                breaker.Use(SettingsOf(breaker.Key));
            }
        }
    }

    internal CircuitBreaker For(ThriftMethod method)
    {
        var key = MethodKey.Of(method);
        if (!_methods.TryGetValue(key, out var breaker))
        {
            breaker = _methods.GetOrAdd(
                key,
                static (name, self) => new(ThriftCircuitScope.Service, name, null, self._clock, self.OnChanged),
                this);
        }

        breaker.Use(_policies?.BreakerOf(method) ?? Volatile.Read(ref _settings)?.For(method));
        return breaker;
    }

    /// <summary>Creates the breaker of an endpoint. While it is open, pickers skip the endpoint.</summary>
    internal CircuitBreaker For(ThriftCandidate candidate)
    {
        lock (_gate)
        {
            var address = candidate.Endpoint.Address;
            return _endpoints[address] = new(
                ThriftCircuitScope.Endpoint,
                address,
                SettingsOf(address),
                _clock,
                (breaker, before) =>
                {
                    candidate.BlockFor(breaker.TimeLeft);
                    OnChanged(breaker, before);
                });
        }
    }

    /// <summary>The endpoint is not used any more.</summary>
    internal void Remove(CircuitBreaker endpoint)
    {
        _endpoints.TryRemove(new(endpoint.Key, endpoint));
        endpoint.Retire();
    }

    internal void Complete()
    {
        foreach (var (_, breaker) in _methods)
        {
            breaker.Retire();
        }

        _changes.Complete();
    }

    /// <summary>The methods whose calls are refused now.</summary>
    internal string[] RefusedMethods() => [.. _methods.Values.Where(static breaker => breaker.TimeLeft > TimeSpan.Zero).Select(static breaker => breaker.Key).Order(StringComparer.Ordinal)];

    private ThriftCircuitBreakerOptions? SettingsOf(string endpoint) => _settings?.For(endpoint);

    private void OnChanged(CircuitBreaker breaker, ThriftCircuitState before)
    {
        var state = breaker.State;
        if (state == before)
        {
            return;
        }

        var scopeName = breaker.Scope == ThriftCircuitScope.Service ? "method" : "endpoint";
        var scope = new KeyValuePair<string, object?>(ThriftTelemetry.BreakerScope, scopeName);
        var key = new KeyValuePair<string, object?>(ThriftTelemetry.BreakerKey, breaker.Key);
        if (before == ThriftCircuitState.Closed || state == ThriftCircuitState.Closed)
        {
            if (!breaker.IsRetired)
            {
                Log(breaker, scopeName, state);
            }

            ThriftTelemetry.OpenBreakers.Add(state == ThriftCircuitState.Closed ? -1 : 1, scope, key);
        }

        var name = state switch
        {
            ThriftCircuitState.Open => "open",
            ThriftCircuitState.HalfOpen => "half-open",
            _ => "closed",
        };
        ThriftTelemetry.BreakerChanges.Add(1, scope, key, new(ThriftTelemetry.BreakerState, name));
        _changes.Post(new(breaker.Scope, breaker.Key, state));
    }

    // Not each time that it opens again after a probe: an outage is one opening and one closing.
    private void Log(CircuitBreaker breaker, string scope, ThriftCircuitState state)
    {
        if (state == ThriftCircuitState.Closed)
        {
            LogClosed(_logger, scope, breaker.Key);
        }
        else
        {
            LogOpened(_logger, scope, breaker.Key, breaker.Scope == ThriftCircuitScope.Service ? "Its calls are refused" : "Calls use other endpoints as long as there are any", (long)Math.Ceiling(breaker.TimeLeft.TotalSeconds), LogText.Escape(breaker.LastFailure ?? "unknown"));
        }
    }

    [LoggerMessage(87, LogLevel.Warning, "The circuit breaker of {Scope} {Key} has opened: too many attempts failed. {Effect}, and a probe follows in {Seconds} s. The last failure: {Reason}", EventName = "CircuitBreakerOpened")]
    private static partial void LogOpened(ILogger logger, string scope, string key, string effect, long seconds, string reason);

    [LoggerMessage(88, LogLevel.Warning, "The circuit breaker of {Scope} {Key} has closed: calls are made again.", EventName = "CircuitBreakerClosed")]
    private static partial void LogClosed(ILogger logger, string scope, string key);
}
