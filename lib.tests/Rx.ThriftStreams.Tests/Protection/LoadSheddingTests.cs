using System.Diagnostics;
using Demo.Echo;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.AspNetCore.Protection;
using Rx.ThriftStreams.Wire;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Protection;

/// <summary>Shedding of load: what it achieves, by simulation, and who is refused.</summary>
public sealed class LoadSheddingTests
{
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void Goodput_AtThreeTimesTheLoad_StaysNearTheMaximum()
    {
        var simulation = new LoadSimulation(new());
        simulation.Run(seconds: 3, load: 3);

        // Long enough for the least latency to be measured again.
        var goodput = simulation.Run(seconds: 40, load: 3);

        Assert.InRange(goodput, 0.9, 1.05);
    }

    /// <summary>What the test above would measure without protection.</summary>
    [Fact]
    public void Goodput_WithoutProtection_Collapses()
    {
        var simulation = new LoadSimulation(null);
        simulation.Run(seconds: 3, load: 3);

        Assert.InRange(simulation.Run(seconds: 5, load: 3), 0, 0.1);
    }

    [Fact]
    public void Goodput_BelowTheCapacity_LosesNothing()
    {
        var simulation = new LoadSimulation(new());

        Assert.InRange(simulation.Run(seconds: 10, load: 0.6) / 0.6, 0.98, 1.05);
    }

    [Fact]
    public void Goodput_ServiceThatBecomesSlower_Recovers()
    {
        var simulation = new LoadSimulation(new());
        simulation.Run(seconds: 5, load: 3);

        simulation.Slowness = 3;
        simulation.Run(seconds: 60, load: 3);

        Assert.InRange(simulation.Run(seconds: 20, load: 3), 0.9, 1.05);
    }

    [Fact]
    public async Task Queue_MostImportantCall_RunsFirst()
    {
        var shedder = Create(new() { MinConcurrency = 1, MaxConcurrency = 1, QueueTimeout = TimeSpan.FromSeconds(1) });
        var running = await EnterAsync(shedder, ThriftCallPriority.Normal);
        var low = EnterAsync(shedder, ThriftCallPriority.Low);
        var normal = EnterAsync(shedder, ThriftCallPriority.Normal);
        var high = EnterAsync(shedder, ThriftCallPriority.High);

        shedder.Leave(running);
        shedder.Leave(await high.Soon());
        shedder.Leave(await normal.Soon());
        shedder.Leave(await low.Soon());
        Assert.Equal(0, shedder.Waiting);
    }

    [Fact]
    public async Task Queue_Full_TheLeastImportantCallIsRefused()
    {
        var shedder = Create(new() { MinConcurrency = 1, MaxConcurrency = 1, QueueTimeout = TimeSpan.FromSeconds(1), QueueLimit = 1 });
        var running = await EnterAsync(shedder, ThriftCallPriority.Normal);
        var low = EnterAsync(shedder, ThriftCallPriority.Low);
        var high = EnterAsync(shedder, ThriftCallPriority.High);

        await Assert.ThrowsAsync<RefusedException>(() => low.Soon());
        await Assert.ThrowsAsync<RefusedException>(() => EnterAsync(shedder, ThriftCallPriority.Normal).Soon());
        shedder.Leave(running);
        await high.Soon();
    }

    [Fact]
    public async Task Queue_TimeOver_IsRefused_AndACancelledCallLeaves()
    {
        var shedder = Create(new() { MinConcurrency = 1, MaxConcurrency = 1, QueueTimeout = TimeSpan.FromSeconds(1) });
        await EnterAsync(shedder, ThriftCallPriority.Normal);
        using var cancellation = new CancellationTokenSource();
        var late = EnterAsync(shedder, ThriftCallPriority.Normal);
        var cancelled = shedder.EnterAsync(ThriftCallPriority.Normal, isStream: false, cancellation.Token).AsTask();
        Assert.Equal(2, shedder.Waiting);

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.Soon());
        _clock.Advance(TimeSpan.FromSeconds(1));
        await Assert.ThrowsAsync<RefusedException>(() => late.Soon());
        Assert.Equal(0, shedder.Waiting);
    }

    [Theory]
    [InlineData(0.70, "Low Normal High Critical")]
    [InlineData(0.80, "Normal High Critical")]
    [InlineData(0.88, "High Critical")]
    [InlineData(0.99, "Critical")]
    public async Task Cpu_Busy_RefusesTheLeastImportantFirst(double load, string admitted)
    {
        var used = TimeSpan.Zero;
        var cpu = new CpuMeter(_clock, 4, () => used);
        var shedder = new LoadShedder(new() { MaxCpu = 0.75 }, _clock, cpu);
        used += TimeSpan.FromSeconds(2) * 4 * load;
        _clock.Advance(TimeSpan.FromSeconds(2));

        List<ThriftCallPriority> passed = [];
        foreach (var priority in Enum.GetValues<ThriftCallPriority>())
        {
            try
            {
                await shedder.EnterAsync(priority, isStream: true, TestContext.Current.CancellationToken);
                passed.Add(priority);
            }
            catch (RefusedException refused)
            {
                Assert.Equal(RefusalKind.Overload, refused.Kind);
            }
        }

        Assert.Equal(admitted, string.Join(' ', passed));
    }

    [Theory]
    [InlineData(ThriftTransport.TTHeader, "ResourceExhausted: request over limit: server overloaded")]
    [InlineData(ThriftTransport.Grpc, "ResourceExhausted: server overloaded")]
    public async Task Server_MoreCallsThanTheLimit_RefusesThem(ThriftTransport transport, string expected)
    {
        var service = new GateService();
        await using var server = await ProtectedServer.StartAsync(service: service, configure: options => options.LoadShedding = new() { MinConcurrency = 1, MaxConcurrency = 1 });
        await using var channel = server.Open("ttheader", transport);
        var first = new TestServiceClient(channel).EchoPingPongAsync(new() { Message = "gate" }, TestContext.Current.CancellationToken);
        await service.Entered.Soon();

        Assert.Equal(expected, await ProtectedServer.PingPongAsync(channel));
        service.Open();
        await first.Soon();
        Assert.Equal("x", await ProtectedServer.PingPongAsync(channel));
    }

    [Fact]
    public async Task Options_Invalid_AreNamed()
    {
        var error = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => ProtectedServer.StartAsync(configure: options => options.LoadShedding = new() { MaxCpu = 1.5 }));

        Assert.Contains("LoadShedding.MaxCpu", error.Message, StringComparison.Ordinal);
    }

    /// <summary>The same with sockets and the system's clock: run it by name, on a machine that does nothing else.</summary>
    [Fact(Explicit = true)]
    public async Task Goodput_RealServerAtThreeTimesTheLoad_StaysNearTheMaximum()
    {
        const int Capacity = 200;
        var seconds = TimeSpan.FromSeconds(10);
        await using var server = await ProtectedServer.StartAsync(service: new WorkerService(), configure: options =>
        {
            options.TimeProvider = TimeProvider.System;
            options.LoadShedding = new();
        });
        await using var channel = server.Open("ttheader");
        var client = new TestServiceClient(channel);
        var options = new ThriftCallOptions { Timeout = TimeSpan.FromSeconds(1) };
        var (good, sent, since) = (0, 0, Stopwatch.GetTimestamp());
        List<Task> calls = [];
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (Stopwatch.GetElapsedTime(since) is var elapsed && elapsed < seconds)
        {
            for (; sent < elapsed.TotalSeconds * Capacity * 3; sent++)
            {
                calls.Add(CallAsync());
            }

            await tick.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }

        await Task.WhenAll(calls);
        Assert.InRange(good / (Capacity * seconds.TotalSeconds), 0.9, 1.2);

        async Task CallAsync()
        {
            try
            {
                await client.EchoPingPongAsync(new() { Message = "x" }, options, TestContext.Current.CancellationToken);
                Interlocked.Increment(ref good);
            }
            catch (ThriftException)
            {
                // Refused, or too late.
            }
        }
    }

    private LoadShedder Create(ThriftLoadSheddingOptions options) => new(options, _clock, new CpuMeter(_clock, 1, static () => TimeSpan.Zero));

    private static Task<long> EnterAsync(LoadShedder shedder, ThriftCallPriority priority)
        => shedder.EnterAsync(priority, isStream: false, TestContext.Current.CancellationToken).AsTask();

    /// <summary>Eight workers that take 40 ms a call.</summary>
    private sealed class WorkerService : EchoBase
    {
        private readonly SemaphoreSlim _workers = new(8);

        public override async Task<Response> EchoPingPongAsync(Request req, CancellationToken cancellationToken = default)
        {
            await _workers.WaitAsync(cancellationToken);
            try
            {
                await Task.Delay(TimeSpan.FromMilliseconds(40), TimeProvider.System, cancellationToken);
                return new() { Message = req.Message };
            }
            finally
            {
                _workers.Release();
            }
        }
    }
}
