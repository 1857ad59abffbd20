using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>Keeps what is logged under the library's own categories.</summary>
internal sealed class LogCollector : ILoggerProvider
{
    private readonly ConcurrentQueue<(LogLevel Level, int Id, string Text, Exception? Error)> _entries = new();

    public IReadOnlyList<(LogLevel Level, int Id, string Text, Exception? Error)> Entries => [.. _entries];

    public ILogger CreateLogger(string categoryName) => new Logger(categoryName.StartsWith("Rx.ThriftStreams", StringComparison.Ordinal) ? _entries : null);

    public void Dispose()
    {
    }

    private sealed class Logger(ConcurrentQueue<(LogLevel, int, string, Exception?)>? entries) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information && entries is not null;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            => entries?.Enqueue((logLevel, eventId.Id, formatter(state, exception), exception));
    }
}
