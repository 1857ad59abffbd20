using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Demo.Chaos;

/// <summary>Learns from the channel's log which endpoints are ejected, until when, and why.</summary>
internal sealed class EjectionLog : ILogger
{
    private const int EjectedForFailures = 32;
    private const int EjectedForLatency = 33;

    private readonly ConcurrentDictionary<string, Ejection> _ejections = new();

    /// <summary>The last ejection of an endpoint.</summary>
    internal Ejection Of(string address) => _ejections.GetValueOrDefault(address, new(0, string.Empty, DateTimeOffset.MinValue));

    /// <summary>For a logger factory, which owns it.</summary>
    internal ILoggerProvider Provider() => new OneLogger(this);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (eventId.Id is EjectedForFailures or EjectedForLatency && state is IReadOnlyList<KeyValuePair<string, object?>> values)
        {
            var fields = values.ToDictionary(static field => field.Key, static field => field.Value);
            var address = (string)fields["Endpoint"]!;
            var reason = eventId.Id == EjectedForFailures ? "failures" : "latency";
            _ejections[address] = new(Of(address).Times + 1, reason, DateTimeOffset.UtcNow + (TimeSpan)fields["Time"]!);
        }
    }

    private sealed class OneLogger(ILogger logger) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => logger;

        public void Dispose()
        {
        }
    }
}

/// <summary>An ejection.</summary>
/// <param name="Times">How often the endpoint has been ejected.</param>
/// <param name="Reason">What for.</param>
/// <param name="Until">When it ends.</param>
internal sealed record Ejection(int Times, string Reason, DateTimeOffset Until)
{
    internal bool IsOver => Until <= DateTimeOffset.UtcNow;
}
