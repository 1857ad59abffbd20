using System.Diagnostics;

namespace Rx.ThriftStreams.InteropProgram.Bench;

/// <summary>What one stream or caller counts.</summary>
internal sealed class BenchWorker(BenchRun run)
{
    internal LatencyHistogram Latencies { get; } = new();

    internal long Messages { get; private set; }

    internal long Errors { get; private set; }

    internal bool IsOver => run.IsOver;

    /// <summary>A message was sent or received, a call done.</summary>
    /// <param name="started">When it began, as a timestamp; the end of the one before, in a stream.</param>
    /// <returns>Now.</returns>
    internal long Done(long started)
    {
        var now = Stopwatch.GetTimestamp();
        if (run.IsCounting(now))
        {
            Messages++;
            Latencies.Record(Stopwatch.GetElapsedTime(started, now));
        }

        return now;
    }

    /// <summary>A reply was not what it should be.</summary>
    internal void Wrong() => Errors++;
}
