using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.Diagnostics;

/// <summary>Logs calls of a channel that fail, some a minute. Independent of whether calls are observed, so that failures are visible in a log without the cost of observing every call.</summary>
internal sealed partial class FailureLog(ILogger logger, TimeProvider clock)
{
    private static readonly TimeSpan UnreachablePeriod = TimeSpan.FromMinutes(1);

    private readonly WarningLimit _limit = new(clock, LogLevel.Information);
    private readonly Lock _gate = new();
    private long? _unreachableSince;

    /// <summary>Logs errors of its calls that reach no handler.</summary>
    internal UnhandledErrorLog Unhandled { get; } = new(logger, clock);

    /// <summary>A call has ended with an error.</summary>
    /// <param name="method">Its method.</param>
    /// <param name="peer">The peer; empty if no stream was created.</param>
    /// <param name="attempt">The number of the attempt that it is, from 1; 0 for a call that has one attempt.</param>
    /// <param name="error">The error. Results of a call, and calls that the user ended, are not logged.</param>
    internal void Report(ThriftMethod method, string peer, int attempt, Exception error)
    {
        if (error is not ThriftException { IsLogged: false } or ThriftBizStatusException or ThriftStatusException { EndedByUser: true })
        {
            return;
        }

        var place = peer.Length == 0 ? "(not connected)" : peer;
        if (error is ThriftConnectException or ThriftTransportException or ThriftDiscoveryException or ThriftTimeoutException { Kind: ThriftTimeoutKind.Connect }
            && logger.IsEnabled(LogLevel.Warning) && TakeUnreachable())
        {
            LogUnreachable(logger, method.FullName, place, LogText.Escape(error.Message));
        }
        else if (logger.IsEnabled(LogLevel.Information) && _limit.TryTake(logger))
        {
            LogFailed(logger, method.FullName, place, CallErrors.ToStatus(error).Code, Math.Max(1, attempt), LogText.Escape(error.Message));
        }
    }

    /// <summary>An outage is worth a warning a minute: the entries of its calls say the same.</summary>
    private bool TakeUnreachable()
    {
        lock (_gate)
        {
            if (_unreachableSince is { } since && clock.GetElapsedTime(since) < UnreachablePeriod)
            {
                return false;
            }

            _unreachableSince = clock.GetTimestamp();
            return true;
        }
    }

    [LoggerMessage(86, LogLevel.Warning, "A call of {Method} to {Peer} failed because no server could be reached, or was lost: {Reason}", EventName = "ServerUnreachable")]
    private static partial void LogUnreachable(ILogger logger, string method, string peer, string reason);

    [LoggerMessage(26, LogLevel.Information, "A call of {Method} to {Peer} failed with {Code} (attempt {Attempt}): {Reason}", EventName = "ClientCallFailed")]
    private static partial void LogFailed(ILogger logger, string method, string peer, ThriftStatusCode code, int attempt, string reason);
}
