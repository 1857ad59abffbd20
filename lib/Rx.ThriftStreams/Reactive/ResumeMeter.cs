using System.Diagnostics.Metrics;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.Reactive;

/// <summary>Counts how often streams are resumed.</summary>
internal static class ResumeMeter
{
    private static readonly Counter<long> s_resumptions = LibraryMeter.Meter.CreateCounter<long>(
        "thriftstreams.resumptions", "{resumption}", "How often the rest of a stream that had failed was requested.");

    /// <summary>The rest of a stream is requested.</summary>
    internal static void Resumed() => s_resumptions.Add(1);
}
