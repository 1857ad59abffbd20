using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams.AspNetCore.Protection;

/// <summary>Applies <see cref="ThriftTrafficLimits"/> to a host, whenever they change. Thread-safe.</summary>
internal sealed partial class TrafficControl : IDisposable
{
    private readonly LimitScope _server;
    private readonly Dictionary<string, LimitScope> _scopes = new(StringComparer.Ordinal);
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly IDisposable? _changes;
    private ThriftTrafficLimits _limits;

    /// <exception cref="ArgumentOutOfRangeException">A value is invalid; the text names it.</exception>
    /// <exception cref="OptionsValidationException">The section of the configuration cannot be read; the text names the key.</exception>
    internal TrafficControl(IOptionsMonitor<ThriftTrafficLimits> limits, TimeProvider clock, ILogger logger)
    {
        _clock = clock;
        _server = new LimitScope(clock);
        _logger = logger;
        _limits = limits.CurrentValue;
        _limits.Validate(nameof(ThriftTrafficLimits));
        Apply(_limits);
        _changes = limits.OnChange(Change);
    }

    internal ConnectionLimit Connections { get; } = new();

    /// <summary>The limits of a method that is mapped.</summary>
    internal MethodGate GateOf(ThriftMethod method)
        => new(_server, ScopeOf(method.ServiceName), ScopeOf($"{method.ServiceName}/{method.Name}"));

    public void Dispose() => _changes?.Dispose();

    // Only methods that are mapped get here, so that callers cannot make scopes.
    private LimitScope ScopeOf(string name)
    {
        lock (_gate)
        {
            if (!_scopes.TryGetValue(name, out var scope))
            {
                scope = new LimitScope(_clock);
                scope.Apply(_limits.Services.TryGetValue(name, out var own) ? own : null);
                _scopes.Add(name, scope);
            }

            return scope;
        }
    }

    private void Change(ThriftTrafficLimits limits, string? name)
    {
        if (!string.IsNullOrEmpty(name))
        {
            return;
        }

        try
        {
            limits.Validate(nameof(ThriftTrafficLimits));
        }
        catch (Exception error) when (error is ArgumentException or OptionsValidationException)
        {
            LogInvalid(_logger, error);
            return;
        }

        Apply(limits);
        LogChanged(_logger);
    }

    private void Apply(ThriftTrafficLimits limits)
    {
        lock (_gate)
        {
            _limits = limits;
            _server.Apply(limits);
            Connections.Most = limits.Connections;
            foreach (var (name, scope) in _scopes)
            {
                scope.Apply(limits.Services.TryGetValue(name, out var own) ? own : null);
            }
        }
    }

    [LoggerMessage(60, LogLevel.Information, "The limits of the traffic were changed.")]
    private static partial void LogChanged(ILogger logger);

    [LoggerMessage(61, LogLevel.Error, "The changed limits of the traffic are invalid. Those before them stay in use.")]
    private static partial void LogInvalid(ILogger logger, Exception error);
}
