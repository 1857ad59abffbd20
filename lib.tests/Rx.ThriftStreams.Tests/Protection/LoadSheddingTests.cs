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

    /// <summary>The same with a server and sockets. Each step waits until what it caused has happened, so that only the server's clock counts.</summary>
    [Fact]
    public async Task Goodput_RealServerAtThreeTimesTheLoad_StaysNearTheMaximum()
    {
        const int Steps = 1000;
        var service = new WorkerService();
        await using var server = await ProtectedServer.StartAsync(service: service, configure: options => options.LoadShedding = new());
        await using var channel = server.Open("ttheader");
        var client = new TestServiceClient(channel);
        var (good, answered, refused) = (0, 0, 0);
        List<Task> calls = [];
        for (var step = 0; step < Steps || calls.Exists(call => !call.IsCompleted); step++)
        {
            for (var i = 0; i < 3 && step < Steps; i++)
            {
                calls.Add(CallAsync());
            }

            await Until(() => service.Begun + Volatile.Read(ref refused) == calls.Count && service.Completed == Volatile.Read(ref answered));
            server.Clock.Advance(TimeSpan.FromMilliseconds(5));
            service.Work();
        }

        await Task.WhenAll(calls);
        Assert.InRange((double)good / Steps, 0.9, 1.2);

        async Task CallAsync()
        {
            var since = server.Clock.GetTimestamp();
            try
            {
                await client.EchoPingPongAsync(new() { Message = "x" }, TestContext.Current.CancellationToken);
                if (server.Clock.GetElapsedTime(since) <= TimeSpan.FromSeconds(1))
                {
                    Interlocked.Increment(ref good);
                }

                Interlocked.Increment(ref answered);
            }
            catch (ThriftException error) when (error.StatusCode == ThriftStatusCode.ResourceExhausted)
            {
                Interlocked.Increment(ref refused);
            }
        }
    }

    private LoadShedder Create(ThriftLoadSheddingOptions options) => new(options, _clock, new CpuMeter(_clock, 1, static () => TimeSpan.Zero));

    private static Task<long> EnterAsync(LoadShedder shedder, ThriftCallPriority priority)
        => shedder.EnterAsync(priority, isStream: false, TestContext.Current.CancellationToken).AsTask();

    /// <summary>Eight workers that need eight steps for a call: together they complete one in each step.</summary>
    private sealed class WorkerService : EchoBase
    {
        private const int Workers = 8;

        private readonly Lock _gate = new();
        private readonly Queue<TaskCompletionSource> _waiting = new();
        private readonly Queue<(int Until, TaskCompletionSource Call)> _running = new();
        private int _begun;
        private int _step;

        /// <summary>How many calls have reached the service.</summary>
        internal int Begun => Volatile.Read(ref _begun);

        /// <summary>How many of them the workers have completed.</summary>
        internal int Completed { get; private set; }

        public override async Task<Response> EchoPingPongAsync(Request req, CancellationToken cancellationToken = default)
        {
            var call = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (_gate)
            {
                _waiting.Enqueue(call);
                _begun++;
            }

            await call.Task;
            return new() { Message = req.Message };
        }

        /// <summary>Has the workers do one step.</summary>
        internal void Work()
        {
            lock (_gate)
            {
                _step++;
                while (_running.TryPeek(out var first) && first.Until <= _step)
                {
                    _running.Dequeue().Call.SetResult();
                    Completed++;
                }

                while (_running.Count < Workers && _waiting.TryDequeue(out var next))
                {
                    _running.Enqueue((_step + Workers, next));
                }
            }
        }
    }
}
