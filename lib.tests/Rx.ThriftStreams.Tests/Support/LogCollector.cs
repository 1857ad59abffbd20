using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>Keeps what is logged under the library's own categories.</summary>
/// <param name="least">The lowest level that is kept.</param>
internal sealed class LogCollector(LogLevel least = LogLevel.Information) : ILoggerProvider
{
    private readonly ConcurrentQueue<(LogLevel Level, int Id, string Text, Exception? Error)> _entries = new();

    public IReadOnlyList<(LogLevel Level, int Id, string Text, Exception? Error)> Entries => [.. _entries];

    public ILogger CreateLogger(string categoryName) => new Logger(categoryName.StartsWith("Rx.ThriftStreams", StringComparison.Ordinal) ? _entries : null, least);

    public void Dispose()
    {
    }

    private sealed class Logger(ConcurrentQueue<(LogLevel, int, string, Exception?)>? entries, LogLevel least) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= least && entries is not null;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            => entries?.Enqueue((logLevel, eventId.Id, formatter(state, exception), exception));
    }
}
