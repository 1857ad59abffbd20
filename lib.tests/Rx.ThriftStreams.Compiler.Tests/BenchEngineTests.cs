using Rx.ThriftStreams.Tool;

namespace Rx.ThriftStreams.Compiler.Tests;

/// <summary>What <c>thriftstreams bench</c> counts, on a clock that moves only when something waits for it.</summary>
public sealed class BenchEngineTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rate_ServerThatStalls_CountsTheCallsThatHadToWait()
    {
        var figures = await StallAsync(rate: 100);

        // A stall of 1 s at the beginning of 2 s: the 100 calls that were due meanwhile begin late, by 0.99 s to 0, and the other 100 take no time.
        Assert.Equal((200, 0), (figures.Calls, figures.Failed));
        var latency = figures.LatencyMicroseconds!;
        Assert.InRange(latency.Max, 999_000, 1_001_000);
        Assert.InRange(latency.P90, 780_000, 820_000);
        Assert.InRange(latency.P75, 480_000, 520_000);
        Assert.InRange(latency.P50, 0, 11_000);
    }

    [Fact]
    public async Task NoRate_ServerThatStalls_CountsOneSlowCall()
    {
        var figures = await StallAsync(rate: null);

        // The coordinated omission: during the stall nothing else was asked for.
        var latency = figures.LatencyMicroseconds!;
        Assert.InRange(latency.Max, 999_000, 1_001_000);
        Assert.Equal(1000, latency.P99);
    }

    [Fact]
    public async Task WarmUp_IsNotCounted()
    {
        var clock = new JumpingClock();
        using var engine = new BenchEngine(Options(rate: 10, warmUp: 1), (_, _, _) => Task.CompletedTask, clock);

        await engine.RunAsync(Token);

        var figures = engine.Snapshot();
        Assert.Equal((20, 2.0, 10.0), (figures.Calls, figures.Seconds, figures.CallsPerSecond));
    }

    [Fact]
    public async Task Errors_AreCountedByKind()
    {
        var number = 0;
        Exception[] errors =
        [
            new ThriftStatusException(ThriftStatusCode.NotFound, "x"),
            new ThriftStatusException(ThriftStatusCode.NotFound, "y"),
            new ThriftBizStatusException(7, "z"),
            new InvalidDataException("w"),
        ];
        using var engine = new BenchEngine(
            Options(rate: 10),
            (_, _, _) => number++ is var i && i < errors.Length ? Task.FromException(errors[i]) : Task.CompletedTask,
            new JumpingClock());

        await engine.RunAsync(Token);

        var figures = engine.Snapshot();
        Assert.Equal(new Dictionary<string, long> { ["InvalidDataException"] = 1, ["NotFound"] = 2, ["business 7"] = 1 }, figures.Errors);
        Assert.Equal((20, 4), (figures.Calls, figures.Failed));
    }

    [Fact]
    public async Task Interruption_EndsCallsThatRun_AndCountsThemAsUnfinished()
    {
        using var interrupt = new CancellationTokenSource();
        var begun = 0;
        using var engine = new BenchEngine(
            Options(rate: null) with { Concurrency = 3 },
            async (_, _, cancellationToken) =>
            {
                if (Interlocked.Increment(ref begun) == 3)
                {
                    await interrupt.CancelAsync();
                }

                await Task.Delay(Timeout.Infinite, cancellationToken);
            },
            new JumpingClock());

        await engine.RunAsync(interrupt.Token).WaitAsync(TimeSpan.FromSeconds(30), Token);

        Assert.Equal(new Dictionary<string, long> { ["unfinished"] = 3 }, engine.Snapshot().Errors);
    }

    [Fact]
    public void Report_OfFigures_HasPercentilesHistogramAndErrors()
    {
        var counts = new BenchCounts();
        foreach (var milliseconds in new[] { 1, 2, 3, 4, 100 })
        {
            counts.Add(TimeSpan.FromMilliseconds(milliseconds), new(1, 2, 10, 2_000_000), null);
        }

        counts.Add(TimeSpan.FromSeconds(1), default, "Unavailable");
        using var text = new StringWriter();

        BenchReport.Write(ToolConsole.Of(text), new("grpc://x", "s/M", "Server", 1, 1, null, false, counts.ToFigures(2)));

        Assert.Equal(
            """
            calls        6 in 2 s, 3/s
            messages     5 sent, 10 received, 7.5/s
            data         0 MB sent, 10 MB received
            min          1 ms
            mean         22 ms
            p50          3 ms
            p75          4 ms
            p90          100.03 ms
            p95          100.03 ms
            p99          100.03 ms
            p99.9        100.03 ms
            p99.99       100.03 ms
            max          100.03 ms
            error        Unavailable: 1
            <=   1.02 ms         1 ████████████████████
            <=   2.05 ms         1 ████████████████████
            <=    4.1 ms         2 ████████████████████████████████████████
            <= 131.07 ms         1 ████████████████████

            """,
            text.ToString());
    }

    private static async Task<BenchFigures> StallAsync(double? rate)
    {
        var clock = new JumpingClock();
        var isFirst = true;
        using var engine = new BenchEngine(
            Options(rate),
            (_, _, _) =>
            {
                clock.Advance(isFirst ? TimeSpan.FromSeconds(1) : rate is null ? TimeSpan.FromMilliseconds(1) : TimeSpan.Zero);
                isFirst = false;
                return Task.CompletedTask;
            },
            clock);
        await engine.RunAsync(Token);
        return engine.Snapshot();
    }

    private static BenchOptions Options(double? rate, double warmUp = 0)
        => new(1, 1, rate, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(warmUp), Timeout.InfiniteTimeSpan, 1);

    /// <summary>Time passes at once when something waits: one worker's run is the same each time.</summary>
    private sealed class JumpingClock : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Volatile.Read(ref _now);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Advance(dueTime);
            callback(state);
            return new Expired();
        }

        public void Advance(TimeSpan time) => Interlocked.Add(ref _now, time.Ticks);

        private sealed class Expired : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => false;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => default;
        }
    }
}
