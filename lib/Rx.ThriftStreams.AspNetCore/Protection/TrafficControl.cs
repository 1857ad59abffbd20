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
    private bool _isMapped;

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

    /// <summary>All methods are mapped. Limits of others are likely to be misspelled, and are logged once.</summary>
    internal void SetMapped()
    {
        lock (_gate)
        {
            if (_isMapped)
            {
                return;
            }

            _isMapped = true;
        }

        LogUnknown();
    }

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
        if (_isMapped)
        {
            LogUnknown();
        }
    }

    private void LogUnknown()
    {
        string[] unknown;
        lock (_gate)
        {
            unknown = [.. _limits.Services.Keys.Where(name => !_scopes.ContainsKey(name))];
        }

        foreach (var name in unknown)
        {
            LogUnknown(_logger, name);
        }
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

    [LoggerMessage(60, LogLevel.Information, "The traffic limits were changed.", EventName = "LimitsChanged")]
    private static partial void LogChanged(ILogger logger);

    [LoggerMessage(64, LogLevel.Warning, "The limits of {Name} have no effect: no service or method of this name is mapped. Names are those of the IDL without its package, as Service or Service/Method.", EventName = "LimitsNameUnknown")]
    private static partial void LogUnknown(ILogger logger, string name);

    [LoggerMessage(61, LogLevel.Error, "The changed traffic limits are invalid. The previous ones stay in use.", EventName = "LimitsInvalid")]
    private static partial void LogInvalid(ILogger logger, Exception error);
}
