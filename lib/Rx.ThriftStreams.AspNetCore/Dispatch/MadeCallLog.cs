using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.Diagnostics;

namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>Logs handlers that failed because a call that they made did, as a server that it needs is down: one entry a minute for each method and status.</summary>
internal sealed partial class MadeCallLog : IDisposable
{
    private readonly ILogger _logger;
    private readonly FailureEpisodes<(string Method, ThriftStatusCode Code)> _episodes;

    internal MadeCallLog(ILogger logger, TimeProvider clock)
    {
        _logger = logger;
        _episodes = new(clock, (_, last, count) => LogFailed(_logger, last.Method, last.Code, count, last.Peer, LogText.Escape(last.Reason)));
    }

    /// <summary>A handler has failed.</summary>
    /// <param name="method">Its method.</param>
    /// <param name="peer">Its caller.</param>
    /// <param name="error">The error of the call that it made.</param>
    internal void Report(string method, string peer, ThriftException error)
    {
        if (_logger.IsEnabled(LogLevel.Warning))
        {
            _episodes.Add((method, error.StatusCode), new(method, peer, error.StatusCode, error.Message));
        }
    }

    public void Dispose() => _episodes.Dispose();

    [LoggerMessage(85, LogLevel.Warning, "Calls of {Method} fail because a call that the handler makes does, with {Code}. Since the last such entry: {Count}; the last one, for {Peer}: {Reason}", EventName = "HandlerCallFailed")]
    private static partial void LogFailed(ILogger logger, string method, ThriftStatusCode code, long count, string peer, string reason);
}
