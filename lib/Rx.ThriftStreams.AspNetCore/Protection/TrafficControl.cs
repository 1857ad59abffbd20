using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Diagnostics;

namespace Rx.ThriftStreams.AspNetCore.Protection;

/// <summary>Applies <see cref="ThriftTrafficLimits"/> to a host, whenever they change. Thread-safe.</summary>
internal sealed partial class TrafficControl : IDisposable
{
    // In one log entry.
    private const int MaxChanges = 20;

    private readonly LimitScope _server;
    private readonly Dictionary<string, (LimitScope Scope, string FullName)> _scopes = new(StringComparer.Ordinal);
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly IDisposable? _changes;
    private ThriftTrafficLimits _limits;
    private Dictionary<string, int> _values = [];
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
        => new(_server, ScopeOf(method.ServiceName, method.FullName[..method.FullName.LastIndexOf('/')]), ScopeOf(method.LocalName, method.FullName));

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
    private LimitScope ScopeOf(string name, string fullName)
    {
        lock (_gate)
        {
            if (!_scopes.TryGetValue(name, out var known))
            {
                known = (new LimitScope(_clock), fullName);
                known.Scope.Apply(Find(_limits, name, fullName));
                _scopes.Add(name, known);
            }

            return known.Scope;
        }
    }

    private static ThriftCallLimits? Find(ThriftTrafficLimits limits, string name, string fullName)
        => limits.Services.TryGetValue(fullName, out var own) || limits.Services.TryGetValue(name, out own) ? own : null;

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

        // A file that is written once changes twice for those who watch it.
        var changes = Apply(limits);
        if (changes.Length == 0)
        {
            return;
        }

        LogChanged(_logger, changes);
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
            unknown = [.. _limits.Services.Keys.Except(_scopes.SelectMany(static pair => (string[])[pair.Key, pair.Value.FullName]), StringComparer.Ordinal)];
        }

        foreach (var name in unknown)
        {
            LogUnknown(_logger, name);
        }
    }

    /// <returns>What differs from the limits that applied before; empty if nothing does.</returns>
    private string Apply(ThriftTrafficLimits limits)
    {
        lock (_gate)
        {
            var (before, after) = (_values, limits.Values(string.Empty).ToDictionary(StringComparer.Ordinal));
            _values = after;
            _limits = limits;
            _server.Apply(limits);
            Connections.Most = limits.Connections;
            foreach (var (name, (scope, fullName)) in _scopes)
            {
                scope.Apply(Find(limits, name, fullName));
            }

            return Describe(before, after);
        }
    }

    private static string Describe(Dictionary<string, int> before, Dictionary<string, int> after)
    {
        var changed = before.Keys.Union(after.Keys).Where(name => Text(before, name) != Text(after, name)).Order(StringComparer.Ordinal).ToList();
        var texts = changed.Take(MaxChanges).Select(name => $"{LogText.Escape(name)} {Text(before, name)} -> {Text(after, name)}");
        return string.Join(", ", changed.Count > MaxChanges ? texts.Append($"and {changed.Count - MaxChanges} more") : texts);

        static string Text(Dictionary<string, int> limits, string name) => limits.TryGetValue(name, out var value) ? value.ToString(CultureInfo.InvariantCulture) : "none";
    }

    [LoggerMessage(60, LogLevel.Information, "The traffic limits were changed: {Changes}.", EventName = "LimitsChanged")]
    private static partial void LogChanged(ILogger logger, string changes);

    [LoggerMessage(64, LogLevel.Warning, "The limits of {Name} have no effect: no service or method of this name is mapped. Names are those of the IDL: Service or Service/Method, with or without the package before them.", EventName = "LimitsNameUnknown")]
    private static partial void LogUnknown(ILogger logger, string name);

    [LoggerMessage(61, LogLevel.Error, "The changed traffic limits are invalid. The previous ones stay in use.", EventName = "LimitsInvalid")]
    private static partial void LogInvalid(ILogger logger, Exception error);
}
