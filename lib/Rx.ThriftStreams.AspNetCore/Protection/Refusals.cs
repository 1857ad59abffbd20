using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Diagnostics;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Protection;

/// <summary>Reports what was refused: each as a metric, and some in the log.</summary>
internal static partial class Refusals
{
    /// <summary>The id of the entry of <see cref="LogConnection"/>.</summary>
    internal const int ConnectionId = 63;

    private const int CallId = 62;

    /// <summary>A call was refused, or ended by a limit. Each is counted, and some a minute are logged.</summary>
    internal static void Report(ILogger logger, EntryLimits entries, ThriftMethod method, RefusedException refused, string peer)
    {
        Count(method, refused.Kind);
        if (entries.TryTake(CallId, LogLevel.Warning))
        {
            LogCall(logger, method.FullName, peer, LogText.Escape(refused.Reason));
        }
    }

    private static void Count(ThriftMethod method, RefusalKind kind)
    {
        if (ThriftTelemetry.RefusedCalls.Enabled)
        {
            var tags = CallTags.Of(method);
            tags.Add("thriftstreams.refusal", NameOf(kind));
            ThriftTelemetry.RefusedCalls.Add(1, tags);
        }
    }

    /// <summary>A connection was refused.</summary>
    internal static void CountConnection(ConnectionAdmission admission)
        => ThriftTelemetry.RefusedConnections.Add(1, new KeyValuePair<string, object?>("thriftstreams.answered", admission == ConnectionAdmission.Refused));

    private static string NameOf(RefusalKind kind) => kind switch
    {
        RefusalKind.Rate => "rate",
        RefusalKind.Concurrency => "concurrency",
        RefusalKind.Connections => "connections",
        RefusalKind.Messages => "messages",
        RefusalKind.Overload => "overload",
        RefusalKind.Rule => "rule",
        _ => "limiter",
    };

    [LoggerMessage(CallId, LogLevel.Warning, "A call of {Method} from {Peer} was refused: {Reason}.", EventName = "CallRefused")]
    private static partial void LogCall(ILogger logger, string method, string peer, string reason);

    [LoggerMessage(ConnectionId, LogLevel.Warning, "A connection from {Peer} is beyond the limit of {Limit} connections ({Admission}).", EventName = "ConnectionOverLimit")]
    internal static partial void LogConnection(ILogger logger, string peer, int? limit, ConnectionAdmission admission);
}
