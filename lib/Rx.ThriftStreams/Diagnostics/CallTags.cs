using System.Diagnostics;
using System.Globalization;
using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams.Diagnostics;

/// <summary>The attributes of calls according to the stable version of OpenTelemetry's conventions for RPC, and those of this library, whose names begin with <c>thriftstreams.</c>.</summary>
internal static class CallTags
{
    /// <summary>
    /// The number of an attempt, from 1. The conventions for RPC have no attribute for it, and that of HTTP, <c>http.request.resend_count</c>, is about requests of HTTP.
    /// </summary>
    internal const string Attempt = "thriftstreams.attempt";

    private const string System = "thrift";

    // OpenTelemetry's word for names that a peer can choose.
    private const string Other = "_OTHER";

    /// <summary>The tags that are known when a call begins.</summary>
    internal static TagList Of(ThriftMethod method) => new()
    {
        { "rpc.system.name", System },
        { "rpc.method", method.IsUnknown ? Other : method.FullName },
    };

    /// <summary>The tags that are known when a call ends.</summary>
    internal static TagList OfEnd(TagList tags, ThriftCallSide side, string peer, in ThriftStatus status, Exception? error, bool isError)
    {
        tags.Add("rpc.response.status_code", NameOf(error is ThriftBizStatusException ? ThriftStatusCode.OK : status.Code));
        if (isError)
        {
            tags.Add("error.type", error is ThriftStatusException ? NameOf(status.Code) : error!.GetType().FullName);
        }

        // A server has as many peers as callers, which is too high a cardinality for a metric.
        if (side == ThriftCallSide.Client && TrySplit(peer, out var host, out var port))
        {
            tags.Add("server.address", host);
            tags.Add("server.port", port);
        }

        return tags;
    }

    /// <summary>
    /// Whether the conventions count the end of a call as an error of this side. To a client every failure is one. A server has not failed if it refuses what its caller may not do or does not
    /// find what it asks for.
    /// </summary>
    internal static bool IsError(ThriftCallSide side, in ThriftStatus status, bool failed) => failed && (side == ThriftCallSide.Client || status.Code is not (
        ThriftStatusCode.OK or ThriftStatusCode.Cancelled or ThriftStatusCode.InvalidArgument or ThriftStatusCode.NotFound or ThriftStatusCode.AlreadyExists
        or ThriftStatusCode.PermissionDenied or ThriftStatusCode.ResourceExhausted or ThriftStatusCode.FailedPrecondition or ThriftStatusCode.Aborted
        or ThriftStatusCode.OutOfRange or ThriftStatusCode.Unauthenticated));

    /// <summary>
    /// Whether a call without a response ended because somebody did not wait any longer. Its first response would have come later still: without a measurement, a server that hangs
    /// would look like one that has no calls.
    /// </summary>
    internal static bool IsWaitInVain(ThriftMethod method, ThriftStatusCode code, Exception? error) => !method.IsOneway && error is not ThriftBizStatusException
        && code is ThriftStatusCode.Cancelled or ThriftStatusCode.DeadlineExceeded or ThriftStatusCode.ReceiveDeadlineExceeded;

    internal static Activity? StartActivity(ThriftCallSide side, ThriftMethod method, string transport, ActivityContext parent)
    {
        var activity = ThriftTelemetry.Activities.StartActivity(
            method.FullName,
            side == ThriftCallSide.Client ? ActivityKind.Client : ActivityKind.Server,
            parent,
            tags: Of(method));
        activity?.SetTag("thriftstreams.transport", transport);
        return activity;
    }

    internal static void Stop(
        Activity activity,
        in TagList tags,
        in ThriftStatus status,
        bool isError,
        ThriftCallSide side,
        string peer,
        long sent,
        long received)
    {
        foreach (var (name, value) in tags)
        {
            activity.SetTag(name, value);
        }

        if (side == ThriftCallSide.Server && TrySplit(peer, out var host, out var port))
        {
            activity.SetTag("client.address", host);
            activity.SetTag("client.port", port);
        }

        activity.SetTag("thriftstreams.messages.sent", sent);
        activity.SetTag("thriftstreams.messages.received", received);
        if (isError)
        {
            activity.SetStatus(ActivityStatusCode.Error, status.Message);
        }

        // Stopping an activity makes its parent the current activity, but a call may end while another activity is current.
        var current = Activity.Current;
        activity.Stop();
        if (!ReferenceEquals(current, activity))
        {
            Activity.Current = current;
        }
    }

    private static bool TrySplit(string peer, out string host, out int port)
    {
        var colon = peer.LastIndexOf(':');
        if (colon > 0 && int.TryParse(peer.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port))
        {
            host = peer[..colon].Trim('[', ']');
            return true;
        }

        (host, port) = (string.Empty, 0);
        return false;
    }

    private static string NameOf(ThriftStatusCode code) => code switch
    {
        ThriftStatusCode.OK => "OK",
        ThriftStatusCode.Cancelled => "CANCELLED",
        ThriftStatusCode.Unknown => "UNKNOWN",
        ThriftStatusCode.InvalidArgument => "INVALID_ARGUMENT",
        ThriftStatusCode.DeadlineExceeded => "DEADLINE_EXCEEDED",
        ThriftStatusCode.NotFound => "NOT_FOUND",
        ThriftStatusCode.AlreadyExists => "ALREADY_EXISTS",
        ThriftStatusCode.PermissionDenied => "PERMISSION_DENIED",
        ThriftStatusCode.ResourceExhausted => "RESOURCE_EXHAUSTED",
        ThriftStatusCode.FailedPrecondition => "FAILED_PRECONDITION",
        ThriftStatusCode.Aborted => "ABORTED",
        ThriftStatusCode.OutOfRange => "OUT_OF_RANGE",
        ThriftStatusCode.Unimplemented => "UNIMPLEMENTED",
        ThriftStatusCode.Internal => "INTERNAL",
        ThriftStatusCode.Unavailable => "UNAVAILABLE",
        ThriftStatusCode.DataLoss => "DATA_LOSS",
        ThriftStatusCode.Unauthenticated => "UNAUTHENTICATED",
        _ => ((int)code).ToString(CultureInfo.InvariantCulture),
    };
}
