using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.Diagnostics;

/// <summary>
/// Logs calls of a channel that fail: what points to its servers, or to its own credentials, as a warning a minute, and single calls below. Independent of whether calls are observed, so that failures are visible in a
/// log without the cost of observing every call.
/// </summary>
internal sealed partial class FailureLog : IDisposable
{
    private const int FailedId = 26;
    private const string Unreachable = "ServerUnreachable";

    private readonly ILogger _logger;
    private readonly string _address;
    private readonly EntryLimits _limits;
    private readonly FailureEpisodes<string, FailedCall> _episodes;

    /// <param name="logger">The log.</param>
    /// <param name="clock">Measures the minutes.</param>
    /// <param name="limits">Bounds the entries of the log.</param>
    /// <param name="address">The address of the channel.</param>
    internal FailureLog(ILogger logger, TimeProvider clock, EntryLimits limits, string address)
    {
        _logger = logger;
        _address = address;
        _limits = limits;
        _episodes = new(clock, LogFailing, LogOver);
        Unhandled = new(logger, _limits);
    }

    /// <summary>Logs errors of its calls that reach no handler.</summary>
    internal UnhandledErrorLog Unhandled { get; }

    /// <summary>Why no server can be reached, if the last call found none and was within a minute; <see langword="null"/> otherwise.</summary>
    internal string? WhyUnreachable => _episodes.TryGetLast(Unreachable, out var last) ? last.Reason : null;

    /// <summary>A call has received its first response, or ended without an error.</summary>
    internal void Answered() => _episodes.Answered();

    /// <summary>A call has ended with an error.</summary>
    /// <param name="method">Its method.</param>
    /// <param name="peer">The peer, or the endpoint that could not be connected to; empty if there was none.</param>
    /// <param name="attempt">The number of the attempt that it is, from 1; 0 for a call that has one attempt.</param>
    /// <param name="error">The error. Results of a call, and calls that the user ended, are not logged.</param>
    internal void Report(ThriftMethod method, string peer, int attempt, Exception error)
    {
        if (error is not ThriftException { IsLogged: false } or ThriftBizStatusException or ThriftStatusException { EndedByUser: true })
        {
            return;
        }

        var call = new FailedCall(method.FullName, peer.Length == 0 ? _address : peer, CallErrors.ToStatus(error).Code, error);
        if (_logger.IsEnabled(LogLevel.Warning) && CauseOf(error, call.Code) is { } cause && _episodes.Add(cause, call))
        {
            return;
        }

        if (_limits.TryTake(FailedId, LogLevel.Information))
        {
            LogFailed(_logger, call.Method, call.Peer, call.Code, Math.Max(1, attempt), call.Reason);
        }
    }

    public void Dispose() => _episodes.Dispose();

    /// <summary>What the failures of an outage have in common.</summary>
    /// <returns><see langword="null"/> if the caller may have to expect the failure, or has caused it.</returns>
    private static string? CauseOf(Exception error, ThriftStatusCode code) => error switch
    {
        ThriftConnectException or ThriftTransportException or ThriftDiscoveryException or ThriftTimeoutException { Kind: ThriftTimeoutKind.Connect } => Unreachable,
        ThriftCircuitOpenException => "CircuitBreakerOpen",
        ThriftBufferOverflowException or ThriftProtocolException { IsUnsent: true } => null,
        _ => code switch
        {
            ThriftStatusCode.OK or ThriftStatusCode.Cancelled or ThriftStatusCode.InvalidArgument or ThriftStatusCode.NotFound or ThriftStatusCode.AlreadyExists
                or ThriftStatusCode.FailedPrecondition or ThriftStatusCode.Aborted or ThriftStatusCode.OutOfRange => null,
            _ => Enum.GetName(code) ?? "Other",
        },
    };

    private void LogFailing(string cause, FailureReport<FailedCall> report)
    {
        var last = report.Last;
        if (cause == Unreachable)
        {
            LogUnreachable(_logger, report.Count, report.SecondsAgo, report.Answered, last.Method, last.Peer, last.Reason);
        }
        else
        {
            LogFailing(_logger, last.Code, report.Count, report.SecondsAgo, report.Answered, last.Method, last.Peer, last.Reason);
        }
    }

    private void LogOver(string cause, FailureReport<FailedCall> report)
        => LogOver(_logger, _address, cause, report.SecondsAgo, report.Answered, report.Count, report.SecondsLasted);

    [LoggerMessage(86, LogLevel.Warning, "No server can be reached, or connections are lost. Failed calls: {Count}, the last one {SecondsAgo} s ago; answered since: {Answered}. {Method} to {Peer}: {Reason}", EventName = "ServerUnreachable")]
    private static partial void LogUnreachable(ILogger logger, long count, long secondsAgo, long answered, string method, string peer, string reason);

    [LoggerMessage(89, LogLevel.Warning, "Calls fail with {Code}. Failed calls: {Count}, the last one {SecondsAgo} s ago; answered since: {Answered}. {Method} to {Peer}: {Reason}", EventName = "CallsFailing")]
    private static partial void LogFailing(ILogger logger, ThriftStatusCode code, long count, long secondsAgo, long answered, string method, string peer, string reason);

    [LoggerMessage(90, LogLevel.Warning, "Calls to {Address} do not fail with {Cause} any more. The last one did {SecondsAgo} s ago; answered since: {Answered}. Failed before: {Count} within {Seconds} s.", EventName = "CallsRecovered")]
    private static partial void LogOver(ILogger logger, string address, string cause, long secondsAgo, long answered, long count, long seconds);

    [LoggerMessage(FailedId, LogLevel.Information, "A call of {Method} to {Peer} failed with {Code} (attempt {Attempt}): {Reason}", EventName = "ClientCallFailed")]
    private static partial void LogFailed(ILogger logger, string method, string peer, ThriftStatusCode code, int attempt, string reason);
}
