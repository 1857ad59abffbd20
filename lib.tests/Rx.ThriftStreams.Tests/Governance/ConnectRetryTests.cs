using System.Collections.Concurrent;
using Demo.Echo;
using Microsoft.Extensions.Time.Testing;
using Polly;
using Polly.Retry;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Resilience;

namespace Rx.ThriftStreams.Tests.Governance;

/// <summary>Retries of creating a stream on another endpoint. Nothing listens on the lowest ports.</summary>
public sealed class ConnectRetryTests
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(2)]
    [InlineData(6)]
    public async Task MaxAttempts_IsTheNumberOfEndpointsTried(int most)
    {
        var picks = new Picks();
        await using var channel = Open(picks, 4, resilience => resilience.ConnectRetry = new() { MaxAttempts = most });

        await Assert.ThrowsAsync<ThriftConnectException>(() => CallAsync(channel));

        Assert.Equal(Math.Min(4, most), picks.All.Count);
        Assert.Equal(picks.All.Count, picks.All.Distinct().Count());
    }

    [Fact]
    public async Task ConnectRetry_Null_TriesOneEndpoint()
    {
        var picks = new Picks();
        await using var channel = Open(picks, 3, static resilience => resilience.ConnectRetry = null);

        await Assert.ThrowsAsync<ThriftConnectException>(() => CallAsync(channel));

        Assert.Single(picks.All);
    }

    [Fact]
    public async Task ShouldRetry_DecidesAboutEachError()
    {
        var picks = new Picks();
        var seen = new List<ThriftException>();
        await using var channel = Open(picks, 3, resilience => resilience.ConnectRetry = new()
        {
            ShouldRetry = error =>
            {
                seen.Add(error);
                return seen.Count < 2;
            },
        });

        var error = await Assert.ThrowsAsync<ThriftConnectException>(() => CallAsync(channel));

        Assert.Equal(2, picks.All.Count);
        Assert.Same(error, seen[^1]);
    }

    [Fact]
    public async Task Delay_DoublesWithJitter()
    {
        var clock = new DueTimes();
        var picks = new Picks();
        await using var channel = Open(
            picks, 3, static resilience => resilience.ConnectRetry = new() { Delay = TimeSpan.FromMinutes(10), MaxDelay = TimeSpan.FromHours(1) }, clock);

        var call = CallAsync(channel);
        await Waits.Until(() => clock.Over(TimeSpan.FromMinutes(5)).Any());
        Assert.Single(picks.All);
        clock.Advance(TimeSpan.FromMinutes(15));
        await Waits.Until(() => clock.Over(TimeSpan.FromMinutes(5)).Count() == 2);
        Assert.Equal(2, picks.All.Count);
        clock.Advance(TimeSpan.FromMinutes(30));
        await Assert.ThrowsAsync<ThriftConnectException>(() => call.Soon());

        Assert.Equal(3, picks.All.Count);
        var pauses = clock.Over(TimeSpan.FromMinutes(5)).ToList();
        Assert.InRange(pauses[0], TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(15));
        Assert.InRange(pauses[1], TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(30));
    }

    [Fact]
    public async Task Delay_EndsWithTheTimeOfTheCall()
    {
        var clock = new DueTimes();
        var picks = new Picks();
        await using var channel = Open(picks, 3, static resilience => resilience.ConnectRetry = new() { Delay = TimeSpan.FromMinutes(10), MaxDelay = TimeSpan.FromHours(1) }, clock);

        var call = CallAsync(channel, new() { Timeout = TimeSpan.FromMinutes(1) });
        await Waits.Until(() => clock.Over(TimeSpan.FromMinutes(5)).Any());
        clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(ThriftTimeoutKind.Stream, (await Assert.ThrowsAsync<ThriftTimeoutException>(() => call.Soon())).Kind);
        Assert.Single(picks.All);
    }

    [Fact]
    public async Task Budget_LimitsTheShareOfRetries()
    {
        var picks = new Picks();
        await using var channel = Open(picks, 2, static resilience => resilience.ConnectRetry = new() { Budget = 0.1 }, new FakeTimeProvider());

        for (var i = 0; i < 30; i++)
        {
            await Assert.ThrowsAsync<ThriftConnectException>(() => CallAsync(channel));
        }

        // Five retries until ten attempts are counted, and then none while they are more than a tenth of all.
        Assert.Equal(35, picks.All.Count);
    }

    [Fact]
    public async Task Budget_IsSharedWithTheRetriesOfCalls()
    {
        var picks = new Picks();
        await using var channel = Open(
            picks, 2, static resilience => resilience.Retry = new() { Delay = TimeSpan.Zero, MaxRetries = 1, Budget = 0.1 }, new FakeTimeProvider());

        for (var i = 0; i < 30; i++)
        {
            await Assert.ThrowsAsync<ThriftConnectException>(() => new TestServiceClient(channel).EchoUnaryAsync(new(), Token));
        }

        // Each attempt of a call tries both endpoints, and the second one counts as a retry: two calls are eight attempts with their retries, and the third reaches ten. From then on only
        // connecting is retried, which has no limit of its own.
        Assert.Equal((2 * 4) + (28 * 2), picks.All.Count);
    }

    [Theory]
    [InlineData(null, true, 0)]
    [InlineData("250", true, 250)]
    [InlineData("-1", false, 0)]
    [InlineData("10001", false, 0)]
    public void Pushback_OfTheError_SetsThePauseOrEndsTheRetries(string? pushback, bool isRetried, int milliseconds)
    {
        var options = new ThriftChannelOptions { Resilience = { ConnectRetry = new() { ShouldRetry = static _ => true } } };
        var retries = new ConnectRetries(options, new(TimeProvider.System));
        var error = new ThriftStatusException(ThriftStatusCode.Unavailable, "not now") { Trailers = pushback is null ? [] : new() { { "grpc-retry-pushback-ms", pushback } } };

        Assert.Equal(isRetried, retries.TryRetry(new ThriftMethod<Request, Response>("echo", "TestService", "Echo", ThriftStreamingMode.Bidirectional), error, 0, out var pause));
        Assert.Equal(milliseconds, pause.TotalMilliseconds);
    }

    [Fact]
    public async Task ConnectPipeline_OfTheUser_TriesAnotherEndpointEachTime()
    {
        await using var cluster = await Cluster.StartAsync(1, static (_, _) => "done");
        var picks = new Picks();
        var pipeline = new ResiliencePipelineBuilder().AddRetry(new RetryStrategyOptions { Delay = TimeSpan.Zero, MaxRetryAttempts = 5 }).Build();
        await using var channel = ThriftChannel.ForAddress($"grpc://127.0.0.1:1,127.0.0.1:2,{cluster.Addresses[0]}", new()
        {
            Balancer = picks,
            Resilience = { ConnectTimeout = TimeSpan.FromSeconds(30), ConnectRetry = null, ConnectPipeline = _ => pipeline },
        });

        Assert.Equal("done", (await new TestServiceClient(channel).EchoUnaryAsync(new(), Token)).Message);
        Assert.Equal(3, picks.All.Distinct().Count());
    }

    [Fact]
    public async Task ConnectPipeline_NothingLeft_ReportsTheLastError()
    {
        var picks = new Picks();
        var executions = 0;
        var pipeline = new ResiliencePipelineBuilder().AddRetry(new RetryStrategyOptions
        {
            Delay = TimeSpan.Zero,
            MaxRetryAttempts = 4,
            OnRetry = _ =>
            {
                executions++;
                return default;
            },
        }).Build();
        await using var channel = Open(picks, 2, resilience => resilience.ConnectPipeline = _ => pipeline);

        await Assert.ThrowsAsync<ThriftConnectException>(() => CallAsync(channel));

        Assert.Equal((2, 4), (picks.All.Count, executions));
    }

    private static async Task CallAsync(ThriftChannel channel, ThriftCallOptions? options = null)
        => await new TestServiceClient(channel).EchoServerAsync(new(), options, Token).ToListAsync(Token);

    private static ThriftChannel Open(Picks picks, int endpoints, Action<ThriftResilienceOptions> configure, TimeProvider? clock = null)
    {
        var options = new ThriftChannelOptions
        {
            Balancer = picks,
            TimeProvider = clock ?? TimeProvider.System,
            Resilience = { ConnectTimeout = Timeout.InfiniteTimeSpan, CircuitBreaker = null },
        };
        configure(options.Resilience);
        return ThriftChannel.ForAddress($"ttheader://{string.Join(',', Enumerable.Range(1, endpoints).Select(static port => $"127.0.0.1:{port}"))}", options);
    }

    /// <summary>Picks the endpoints in their order, and records them.</summary>
    private sealed class Picks : ThriftBalancer
    {
        public ConcurrentQueue<string> All { get; } = new();

        public override ThriftPicker CreatePicker(IReadOnlyList<ThriftCandidate> candidates) => new Picker(this, candidates);

        private sealed class Picker(Picks picks, IReadOnlyList<ThriftCandidate> candidates) : ThriftPicker
        {
            public override ThriftCandidate? Pick(in ThriftPickContext context)
            {
                foreach (var candidate in candidates)
                {
                    if (context.CanPick(candidate))
                    {
                        picks.All.Enqueue(candidate.Endpoint.Address);
                        return candidate;
                    }
                }

                return null;
            }
        }
    }

    /// <summary>A clock that records for how long its timers are set.</summary>
    private sealed class DueTimes : FakeTimeProvider
    {
        private readonly ConcurrentQueue<TimeSpan> _all = new();

        public IEnumerable<TimeSpan> Over(TimeSpan least) => _all.Where(due => due >= least && due < TimeSpan.FromDays(1));

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            _all.Enqueue(dueTime);
            return timer;
        }
    }
}
