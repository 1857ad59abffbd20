using System.Collections.Concurrent;
using Demo.Echo;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.Resilience;

namespace Rx.ThriftStreams.Tests.Governance;

/// <summary>Settings of breakers that change, their states, and breakers that count calls.</summary>
public sealed class CircuitBreakerSettingsTests : IAsyncDisposable
{
    private const string Method = "echo.TestService/EchoServer";

    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    private readonly FakeTimeProvider _clock = new();
    private readonly ConnectTransport _transport = new() { OnConnect = ConnectTransport.Refuse };

    public ValueTask DisposeAsync() => _transport.DisposeAsync();

    [Fact]
    public async Task Update_ToOtherSettings_CountsAnewByThem()
    {
        await using var channel = Open(new() { MinimumThroughput = 200 });
        await FailAsync(channel, 3);

        channel.CircuitBreakers.Update(new() { MinimumThroughput = 4 });
        await FailAsync(channel, 3);
        Assert.Equal(ThriftCircuitState.Closed, channel.CircuitBreakers.StateOf(ThriftCircuitScope.Service, Method));
        await FailAsync(channel, 1);

        await Assert.ThrowsAsync<ThriftCircuitOpenException>(() => CallAsync(channel));
        Assert.Equal(7, _transport.Attempts);
    }

    [Fact]
    public async Task Update_ToTheSameSettings_KeepsCountsAndStates()
    {
        await using var channel = Open(new() { MinimumThroughput = 4 });
        await FailAsync(channel, 3);

        channel.CircuitBreakers.Update(new() { MinimumThroughput = 4 });
        await FailAsync(channel, 1);
        channel.CircuitBreakers.Update(new() { MinimumThroughput = 4 });

        await Assert.ThrowsAsync<ThriftCircuitOpenException>(() => CallAsync(channel));
        Assert.Equal(4, _transport.Attempts);
    }

    /// <summary>Polly reads the time of day; what counts is how much time has passed.</summary>
    [Fact]
    public void TimeOfDay_IsSet_ChangesNothing()
    {
        var clock = new SetClock();
        var breaker = new CircuitBreaker(ThriftCircuitScope.Service, "m", new() { MinimumThroughput = 2 }, clock, static (_, _) => { });
        breaker.Failed();
        clock.Ahead = TimeSpan.FromDays(1);
        breaker.Failed();
        Assert.Equal(ThriftCircuitState.Open, breaker.State);

        clock.Ahead = TimeSpan.FromDays(-1);
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.True(breaker.TryEnter(out _));
        breaker.Succeeded();

        Assert.Equal(ThriftCircuitState.Closed, breaker.State);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Update_ToOff_ClosesTheBreaker(bool isNull)
    {
        await using var channel = Open(new() { MinimumThroughput = 2 });
        await FailAsync(channel, 2);
        Assert.Equal(ThriftCircuitState.Open, channel.CircuitBreakers.StateOf(ThriftCircuitScope.Service, Method));

        channel.CircuitBreakers.Update(isNull ? null : new() { IsEnabled = false });

        await FailAsync(channel, 300);
        Assert.Equal(302, _transport.Attempts);
        Assert.Equal(ThriftCircuitState.Closed, channel.CircuitBreakers.StateOf(ThriftCircuitScope.Service, Method));
    }

    [Fact]
    public async Task Update_WithAnInvalidSetting_NamesIt_AndChangesNothing()
    {
        await using var channel = Open(new() { MinimumThroughput = 2 });

        var error = Assert.Throws<ArgumentOutOfRangeException>(() => channel.CircuitBreakers.Update(new() { Overrides = { ["echo.TestService"] = new() { FailureRatio = 2 } } }));

        Assert.StartsWith("settings.Overrides[\"echo.TestService\"].FailureRatio must be", error.Message, StringComparison.Ordinal);
        await FailAsync(channel, 2);
        await Assert.ThrowsAsync<ThriftCircuitOpenException>(() => CallAsync(channel));
    }

    [Fact]
    public void Override_WithOverrides_IsRefused()
    {
        var error = Assert.Throws<ArgumentException>(() => Open(new() { Overrides = { ["a"] = new() { Overrides = { ["b"] = new() } } } }));

        Assert.StartsWith("Resilience.CircuitBreaker.Overrides[\"a\"] has overrides itself", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Method, true)]
    [InlineData("echo.TestService", true)]
    [InlineData("echo.TestService/Other", false)]
    [InlineData("TestService/Other", false)]
    [InlineData("other.TestService", false)]
    [InlineData("TestService", true)]
    [InlineData("TestService/EchoServer", true)]
    public async Task Overrides_OfTheMethodOrItsService_ApplyToIt(string key, bool applies)
    {
        await using var channel = Open(new() { MinimumThroughput = 200, Overrides = { [key] = new() { MinimumThroughput = 2 } } });

        await FailAsync(channel, 2);

        Assert.Equal(applies ? ThriftCircuitState.Open : ThriftCircuitState.Closed, channel.CircuitBreakers.StateOf(ThriftCircuitScope.Service, Method));
    }

    [Fact]
    public async Task Overrides_OfAnEndpoint_ApplyToItsBreaker()
    {
        await using var channel = ThriftChannel.ForAddress("ttheader://127.0.0.1:1", new()
        {
            Resilience = { CircuitBreaker = new() { Overrides = { ["127.0.0.1:1"] = new() { MinimumThroughput = 2 } } } },
        });
        await FailAsync(channel, 2);
        Assert.Equal(ThriftCircuitState.Open, channel.CircuitBreakers.StateOf(ThriftCircuitScope.Endpoint, "127.0.0.1:1"));
        Assert.Equal(ThriftCircuitState.Closed, channel.CircuitBreakers.StateOf(ThriftCircuitScope.Service, Method));

        channel.CircuitBreakers.Update(new());

        Assert.Equal(ThriftCircuitState.Closed, channel.CircuitBreakers.StateOf(ThriftCircuitScope.Endpoint, "127.0.0.1:1"));
        await FailAsync(channel, 1);
    }

    [Fact]
    public async Task Changes_AreReportedInOrder_AndMeasured()
    {
        using var measured = new Measurements();
        var changes = new ConcurrentQueue<ThriftCircuitChange>();
        var completed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var channel = ThriftChannel.ForTransport(_transport, "measured", Options(new() { MinimumThroughput = 2, Overrides = { ["measured"] = new() { IsEnabled = false } } }));
        using var subscription = channel.CircuitBreakers.Changes.Subscribe(changes.Enqueue, () => completed.SetResult());
        await FailAsync(channel, 2);
        _clock.Advance(TimeSpan.FromSeconds(5));
        await FailAsync(channel, 1);
        _clock.Advance(TimeSpan.FromSeconds(5));
        _transport.OnConnect = static _ => Task.CompletedTask;
        await CallAsync(channel);
        await channel.DisposeAsync();
        await completed.Task.Soon();

        ThriftCircuitState[] states = [ThriftCircuitState.Open, ThriftCircuitState.HalfOpen, ThriftCircuitState.Open, ThriftCircuitState.HalfOpen, ThriftCircuitState.Closed];
        Assert.Equal(states.Select(static state => new ThriftCircuitChange(ThriftCircuitScope.Service, Method, state)), changes);
        Assert.Contains(measured.All, static m => m is { Name: "thriftstreams.client.circuit_breaker.changes", Value: 1 } && Equals(m["thriftstreams.circuit_breaker.state"], "half-open")
            && Equals(m["thriftstreams.circuit_breaker.scope"], "method") && Equals(m["thriftstreams.circuit_breaker.key"], Method));
    }

    [Fact]
    public async Task OpenBreakers_OfAChannelThatIsDisposed_AreNotCountedAnyMore()
    {
        using var measured = new Measurements("thriftstreams.client.open_circuit_breakers");
        await using (var channel = ThriftChannel.ForAddress("ttheader://127.0.0.1:3", Options(new() { MinimumThroughput = 2 })))
        {
            await FailAsync(channel, 2);
            Assert.Equal(1, Sum());
        }

        Assert.Equal(0, Sum());
        double Sum() => measured.All.Where(static m => Equals(m["thriftstreams.circuit_breaker.key"], "127.0.0.1:3")).Sum(static m => m.Value);
    }

    [Fact]
    public async Task Changes_AnObserverThatThrows_IsUnsubscribed_AndCallsGoOn()
    {
        await using var channel = Open(new() { MinimumThroughput = 2 });
        var seen = 0;
        using var subscription = channel.CircuitBreakers.Changes.Subscribe(_ =>
        {
            Interlocked.Increment(ref seen);
            throw new InvalidOperationException("An observer of a test.");
        });
        var others = new ConcurrentQueue<ThriftCircuitChange>();
        using var other = channel.CircuitBreakers.Changes.Subscribe(others.Enqueue);

        await FailAsync(channel, 2);
        _clock.Advance(TimeSpan.FromSeconds(5));
        await FailAsync(channel, 1);

        await Waits.Until(() => others.Count(static change => change.Scope == ThriftCircuitScope.Service) == 3);
        Assert.Equal(1, seen);
    }

    [Theory]
    [InlineData("grpc", ThriftStatusCode.Unavailable, true)]
    [InlineData("grpc", ThriftStatusCode.InvalidArgument, false)]
    [InlineData("ttheader", ThriftStatusCode.Unavailable, true)]
    public async Task CountCallFailures_UnaryCallsThatFail_OpenTheBreaker(string scheme, ThriftStatusCode code, bool opens)
    {
        await using var cluster = await Cluster.StartAsync(1, (_, _) => throw new ThriftStatusException(code, "no"));
        await using var channel = cluster.Connect(scheme, options => options.Resilience.CircuitBreaker = new() { MinimumThroughput = 3, CountCallFailures = true });
        var client = new TestServiceClient(channel);

        for (var i = 0; i < 3; i++)
        {
            await Assert.ThrowsAsync<ThriftStatusException>(() => client.EchoUnaryAsync(new(), Token));
        }

        Assert.Equal(
            opens ? ThriftCircuitState.Open : ThriftCircuitState.Closed,
            channel.CircuitBreakers.StateOf(ThriftCircuitScope.Service, "echo.TestService/EchoUnary"));
        Assert.Equal(opens ? ThriftCircuitState.Open : ThriftCircuitState.Closed, channel.CircuitBreakers.StateOf(ThriftCircuitScope.Endpoint, cluster.Addresses[0]));
    }

    /// <summary>One endpoint is the address of many servers, or the only server: what one of its methods does is not what the others do.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CountCallFailures_OneMethodFails_BlocksTheOthersOfTheEndpointUnlessItIsSetForTheService(bool isForTheService)
    {
        await using var server = await AspNetCore.ThriftServer.StartAsync(
            "127.0.0.1:0",
            static server => server.AddService<ITestService>(new ScriptedService
            {
                EchoUnary = static (request, _) => ThriftServerContext.Current!.Method.Name == "EchoUnary"
                    ? throw new ThriftStatusException(ThriftStatusCode.Internal, "no")
                    : Task.FromResult(new Response { Message = request.Message }),
            }),
            Token);
        await using var channel = PatientChannel.ForAddress($"grpc://{server.Endpoint}", new()
        {
            TimeProvider = _clock,
            PingPongTransport = ThriftTransport.Grpc,
            Resilience =
            {
                CircuitBreaker = isForTheService
                    ? new() { MinimumThroughput = 2, Overrides = { ["echo.TestService"] = new() { MinimumThroughput = 2, CountCallFailures = true } } }
                    : new() { MinimumThroughput = 2, CountCallFailures = true },
            },
        });
        var client = new TestServiceClient(channel);

        for (var i = 0; i < 2; i++)
        {
            await Assert.ThrowsAsync<ThriftStatusException>(() => client.EchoUnaryAsync(new(), Token).Soon());
        }

        Assert.Equal(ThriftCircuitState.Open, channel.CircuitBreakers.StateOf(ThriftCircuitScope.Service, "echo.TestService/EchoUnary"));
        var other = await Record.ExceptionAsync(() => client.EchoPingPongAsync(new() { Message = "x" }, Token).Soon());
        Assert.Equal(isForTheService, other is null);
        Assert.Equal(isForTheService ? null : ThriftCircuitScope.Endpoint, (other as ThriftCircuitOpenException)?.Scope);
    }

    [Fact]
    public async Task CountCallFailures_StreamsThatFailAfterAResponse_OpenTheBreaker_AndTheEndpointIsSkipped()
    {
        await using var good = await StreamCluster.StartAsync(1, static (_, _) => new[] { new Response { Message = "good" } }.ToAsyncEnumerable());
        await using var bad = await StreamCluster.StartAsync(1, static (_, _) => SayThenFail());
        await using var channel = PatientChannel.ForAddress($"grpc://{good.Addresses},{bad.Addresses}", new()
        {
            TimeProvider = _clock,
            Resilience = { CircuitBreaker = new() { MinimumThroughput = 2, Overrides = { [bad.Addresses] = new() { MinimumThroughput = 2, CountCallFailures = true } } } },
        });
        var client = new TestServiceClient(channel);

        Assert.Equal(2, await CountFailuresAsync(20));
        Assert.Equal(ThriftCircuitState.Open, channel.CircuitBreakers.StateOf(ThriftCircuitScope.Endpoint, bad.Addresses));

        // One probes when the break is over. Its response closes the breaker, and its failure is the first that is counted again.
        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(2, await CountFailuresAsync(20));
        Assert.Equal(ThriftCircuitState.Open, channel.CircuitBreakers.StateOf(ThriftCircuitScope.Endpoint, bad.Addresses));

        async Task<int> CountFailuresAsync(int calls)
        {
            var failures = 0;
            for (var i = 0; i < calls; i++)
            {
                try
                {
                    await client.EchoServerAsync(new(), Token).ToListAsync(Token).Soon();
                }
                catch (ThriftStatusException)
                {
                    failures++;
                }
            }

            return failures;
        }
    }

    [Fact]
    public void Breaker_ProbeWhoseResultIsUnknown_LetsTheNextOneProbe()
    {
        var breaker = Breaker(new() { MinimumThroughput = 2 });
        breaker.Failed();
        breaker.Failed();
        Assert.False(breaker.TryEnter(out var left));
        Assert.Equal(TimeSpan.FromSeconds(5), left);
        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.True(breaker.TryEnter(out _));
        Assert.False(breaker.TryEnter(out _));

        breaker.Ignored();

        Assert.True(breaker.TryEnter(out _));
        breaker.Responded();
        Assert.Equal(ThriftCircuitState.Closed, breaker.State);
    }

    [Fact]
    public void Breaker_ProbeThatNeverEnds_IsFollowedByAnother()
    {
        var breaker = Breaker(new() { MinimumThroughput = 2 });
        breaker.Failed();
        breaker.Failed();
        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.True(breaker.TryEnter(out _));

        _clock.Advance(TimeSpan.FromSeconds(5));

        Assert.True(breaker.TryEnter(out _));
    }

    [Fact]
    public void Breaker_Window_ForgetsOldFailures()
    {
        var breaker = Breaker(new() { MinimumThroughput = 3 });
        breaker.Failed();
        breaker.Failed();
        _clock.Advance(TimeSpan.FromSeconds(10));

        breaker.Failed();

        Assert.Equal(ThriftCircuitState.Closed, breaker.State);
    }

    [Fact]
    public void Breaker_Retired_StaysClosed()
    {
        var breaker = Breaker(new() { MinimumThroughput = 2 });
        breaker.Retire();
        for (var i = 0; i < 5; i++)
        {
            breaker.Failed();
        }

        Assert.Equal(ThriftCircuitState.Closed, breaker.State);
    }

    private static async IAsyncEnumerable<Response> SayThenFail()
    {
        yield return new();
        await Task.Yield();
        throw new ThriftStatusException(ThriftStatusCode.Internal, "broken");
    }

    private static async Task CallAsync(ThriftChannel channel) => await new TestServiceClient(channel).EchoServerAsync(new(), Token).ToListAsync(Token);

    private static async Task FailAsync(ThriftChannel channel, int times)
    {
        for (var i = 0; i < times; i++)
        {
            await Assert.ThrowsAsync<ThriftConnectException>(() => CallAsync(channel));
        }
    }

    private CircuitBreaker Breaker(ThriftCircuitBreakerOptions settings) => new(ThriftCircuitScope.Service, "m", settings, _clock, static (_, _) => { });

    /// <summary>A channel whose only endpoint has no breaker.</summary>
    private ThriftChannel Open(ThriftCircuitBreakerOptions settings)
    {
        settings.Overrides.TryAdd("test", new() { IsEnabled = false });
        return ThriftChannel.ForTransport(_transport, "test", Options(settings));
    }

    private ThriftChannelOptions Options(ThriftCircuitBreakerOptions settings)
        => new ThriftChannelOptions { Resilience = { CircuitBreaker = settings }, TimeProvider = _clock }.Snapshot();

    /// <summary>A clock whose time of day is set, while its timestamps go on.</summary>
    private sealed class SetClock : TimeProvider
    {
        private TimeSpan _elapsed;

        internal TimeSpan Ahead { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _elapsed.Ticks;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddYears(50) + _elapsed + Ahead;

        internal void Advance(TimeSpan time) => _elapsed += time;
    }
}
