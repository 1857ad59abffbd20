using System.Diagnostics;
using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams.Diagnostics;

/// <summary>A part of a running call, which is reported as a span: it ends and is exported although the call does not.</summary>
/// <param name="Since">The timestamp of its beginning.</param>
/// <param name="Before">What the call had done before.</param>
/// <param name="Number">Its number within the call, from 0.</param>
internal readonly record struct CallInterval(long Since, CallTotals Before = default, int Number = 0)
{
    /// <summary>Reports the interval, a child of the call's span.</summary>
    /// <returns>The next interval.</returns>
    internal CallInterval Report(Activity call, ThriftMethod method, TimeProvider clock, long now, in CallTotals totals, long queuedBytes)
    {
        var ended = clock.GetUtcNow();
        using var span = ThriftTelemetry.Activities.StartActivity(
            "thriftstreams.interval", ActivityKind.Internal, call.Context, CallTags.Of(method), startTime: ended - clock.GetElapsedTime(Since, now));
        if (span is not null)
        {
            span.SetTag("thriftstreams.interval.number", Number);
            span.SetTag("thriftstreams.messages.sent", totals.SentMessages - Before.SentMessages);
            span.SetTag("thriftstreams.messages.received", totals.ReceivedMessages - Before.ReceivedMessages);
            span.SetTag("thriftstreams.bytes.sent", totals.SentBytes - Before.SentBytes);
            span.SetTag("thriftstreams.bytes.received", totals.ReceivedBytes - Before.ReceivedBytes);
            span.SetTag("thriftstreams.messages.dropped", totals.DroppedMessages - Before.DroppedMessages);
            span.SetTag("thriftstreams.receive.queue", queuedBytes);
            span.SetEndTime(ended.UtcDateTime);
        }

        return new(now, totals, Number + 1);
    }
}
