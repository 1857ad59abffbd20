using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Diagnostics;

namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>Logs handlers that fail with statuses which are faults of a server, be it this one or one that they call: one entry a minute for each method, status and of the two.</summary>
internal sealed partial class HandlerFailureLog : IDisposable
{
    private readonly ILogger _logger;
    private readonly FailureEpisodes<(string Method, ThriftStatusCode Code, bool IsOfCallMade), FailedCall> _episodes;

    internal HandlerFailureLog(ILogger logger, TimeProvider clock)
    {
        _logger = logger;
        _episodes = new(clock, Log);
    }

    /// <summary>A handler has failed.</summary>
    /// <param name="method">Its method.</param>
    /// <param name="peer">Its caller.</param>
    /// <param name="error">The error that it threw.</param>
    /// <param name="isOfCallMade">Whether it is that of a call which the handler made.</param>
    /// <returns>Whether the failure was logged.</returns>
    internal bool TryLog(ThriftMethod method, string peer, ThriftException error, bool isOfCallMade)
    {
        if (!_logger.IsEnabled(LogLevel.Warning))
        {
            return false;
        }

        // Callers choose the names of unknown methods, and servers behind the numbers of statuses: those of no meaning are one cause.
        var code = Enum.IsDefined(error.StatusCode) ? error.StatusCode : ThriftStatusCode.Unknown;
        return _episodes.Add((method.IsUnknown ? string.Empty : method.FullName, code, isOfCallMade), new(method.FullName, peer, error.StatusCode, error));
    }

    public void Dispose() => _episodes.Dispose();

    private void Log((string Method, ThriftStatusCode Code, bool IsOfCallMade) cause, FailureReport<FailedCall> report)
    {
        var last = report.Last;
        if (cause.IsOfCallMade)
        {
            LogCallMade(_logger, LogText.Escape(last.Method), last.Code, report.Count, report.SecondsAgo, last.Peer, last.Reason);
        }
        else
        {
            LogThrown(_logger, LogText.Escape(last.Method), last.Code, report.Count, report.SecondsAgo, last.Peer, last.Reason);
        }
    }

    [LoggerMessage(85, LogLevel.Warning, "Calls of {Method} fail because a call that the handler makes fails with {Code}. Failed calls: {Count}, the last one {SecondsAgo} s ago, from {Peer}: {Reason}", EventName = "HandlerCallFailed")]
    private static partial void LogCallMade(ILogger logger, string method, ThriftStatusCode code, long count, long secondsAgo, string peer, string reason);

    [LoggerMessage(91, LogLevel.Warning, "Calls of {Method} fail with {Code}, which the handler throws. Failed calls: {Count}, the last one {SecondsAgo} s ago, from {Peer}: {Reason}", EventName = "HandlerStatusFailing")]
    private static partial void LogThrown(ILogger logger, string method, ThriftStatusCode code, long count, long secondsAgo, string peer, string reason);
}
