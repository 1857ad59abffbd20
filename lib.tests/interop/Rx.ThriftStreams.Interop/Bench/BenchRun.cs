using System.Diagnostics;

namespace Rx.ThriftStreams.InteropProgram.Bench;

/// <summary>
/// One measurement: workers run until it is over; what they count in the warm-up does not count. Counting is by worker, so that workers do not share lines of memory.
/// </summary>
internal sealed class BenchRun(BenchOptions options)
{
    private long _from = long.MaxValue;
    private long _to = long.MaxValue;
    private int _over;

    /// <summary>Whether workers are to stop.</summary>
    internal bool IsOver => Volatile.Read(ref _over) != 0;

    /// <summary>Runs workers side by side and measures.</summary>
    internal async Task<BenchResult> MeasureAsync(string name, int concurrency, int size, Func<BenchWorker, Task> work)
    {
        GC.Collect();
        var workers = Enumerable.Range(0, concurrency).Select(_ => new BenchWorker(this)).ToArray();
        var running = Array.ConvertAll(workers, worker => Task.Run(() => RunAsync(worker, work)));
        await Task.Delay(options.WarmUp);
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        Volatile.Write(ref _from, Stopwatch.GetTimestamp());
        await Task.Delay(options.Duration);
        Volatile.Write(ref _to, Stopwatch.GetTimestamp());
        cpu = Process.GetCurrentProcess().TotalProcessorTime - cpu;
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        Volatile.Write(ref _over, 1);
        await Task.WhenAll(running);
        var latencies = new LatencyHistogram();
        Array.ForEach(workers, worker => latencies.Add(worker.Latencies));
        var messages = workers.Sum(worker => worker.Messages);
        var seconds = Stopwatch.GetElapsedTime(_from, _to).TotalSeconds;
        return new BenchResult(
            options.Label, options.Transport, name, concurrency, size, seconds, messages, messages / seconds, messages * (double)size / seconds / 1e6,
            latencies.Percentile(0.5), latencies.Percentile(0.99), workers.Sum(worker => worker.Errors), cpu.TotalSeconds, messages == 0 ? 0 : (double)allocated / messages);
    }

    /// <summary>Whether what ends now counts.</summary>
    internal bool IsCounting(long now) => now >= Volatile.Read(ref _from) && now < Volatile.Read(ref _to);

    private async Task RunAsync(BenchWorker worker, Func<BenchWorker, Task> work)
    {
        const int MostFailures = 100;
        for (var failures = 0; !IsOver && failures < MostFailures; failures++)
        {
            try
            {
                await work(worker);
                return;
            }
            catch (Exception error) when (error is ThriftException or OperationCanceledException)
            {
                worker.Wrong();
                await Console.Error.WriteLineAsync($"{error.GetType().Name}: {error.Message}");
            }
        }
    }
}
