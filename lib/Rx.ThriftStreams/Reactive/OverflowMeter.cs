using System.Diagnostics.Metrics;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.Reactive;

/// <summary>Counts the messages that the overflow policies drop.</summary>
internal static class OverflowMeter
{
    private static readonly Counter<long> s_dropped = LibraryMeter.Meter.CreateCounter<long>(
        "thriftstreams.dropped_messages", "{message}", "How many messages were dropped because a buffer between Rx and streams was full.");

    /// <summary>A message was dropped.</summary>
    internal static void Dropped(OverflowPolicy policy) => s_dropped.Add(1, new KeyValuePair<string, object?>("thriftstreams.overflow", policy switch
    {
        OverflowPolicy.DropOldest => "drop_oldest",
        OverflowPolicy.DropNewest => "drop_newest",
        _ => "error",
    }));
}
