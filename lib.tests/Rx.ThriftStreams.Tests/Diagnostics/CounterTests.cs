using Demo.Echo;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Polly;
using Polly.Retry;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Diagnostics;
using Rx.ThriftStreams.Hosting;
using Rx.ThriftStreams.Reactive;
using Rx.ThriftStreams.Tests.Governance;

namespace Rx.ThriftStreams.Tests.Diagnostics;

/// <summary>Counters of what happens to the calls of a client beside the calls themselves.</summary>
public sealed class CounterTests
{
    private const string Unary = "echo.TestService/EchoUnary";

    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;
    private static readonly ThriftCallOptions Idempotent = new() { IsIdempotent = true };
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public async Task ExtraAttempts_Retries_AreCountedWithoutTheFirst()
    {
        using var measured = new Measurements("thriftstreams.client.extra_attempts", isOfFlow: true);
        await using var cluster = await Cluster.StartAsync(1, static (_, attempt) => attempt < 2 ? throw Unavailable() : "done");
        await using var channel = cluster.Connect("ttheader", static options => options.Resilience.Retry = new() { Delay = TimeSpan.Zero });

        await new TestServiceClient(channel).EchoUnaryAsync(new(), Idempotent, Token).Soon();

        Assert.Equal(["retry", "retry"], Kinds(measured));
        Assert.All(measured.All, static m => Assert.Equal(("thrift", Unary, 1), (m["rpc.system.name"], m["rpc.method"], m.Value)));
    }

    [Fact]
    public async Task ExtraAttempts_HedgesWithinRetries_AreToldApart()
    {
        using var measured = new Measurements("thriftstreams.client.extra_attempts", isOfFlow: true);
        await using var cluster = await Cluster.StartAsync(1, static (_, _) => throw Unavailable());
        await using var channel = cluster.Connect("ttheader", static options =>
        {
            options.Resilience.Retry = new() { MaxRetries = 1, Delay = TimeSpan.Zero };
            options.Resilience.Hedging = new() { MaxHedges = 1, Delay = TimeSpan.FromHours(1) };
        });

        await Assert.ThrowsAsync<ThriftStatusException>(() => new TestServiceClient(channel).EchoUnaryAsync(new(), Idempotent, Token).Soon());

        Assert.Equal(["hedge", "retry", "hedge"], Kinds(measured));
    }

    [Fact]
    public async Task ExtraAttempts_OfAPipelineOfTheUser_AreItsOwnKind()
    {
        using var measured = new Measurements("thriftstreams.client.extra_attempts", isOfFlow: true);
        await using var cluster = await Cluster.StartAsync(1, static (_, attempt) => attempt < 1 ? throw Unavailable() : "done");
        var pipeline = new ResiliencePipelineBuilder()
            .AddRetry(new RetryStrategyOptions { Delay = TimeSpan.Zero, ShouldHandle = static arguments => new(arguments.Outcome.Exception is ThriftException) })
            .Build();
        await using var channel = cluster.Connect("ttheader", options => options.Resilience.CallPipeline = _ => pipeline);

        await new TestServiceClient(channel).EchoUnaryAsync(new(), Token).Soon();

        Assert.Equal(["pipeline"], Kinds(measured));
    }

    [Fact]
    public async Task ExtraAttempts_OtherEndpoints_AreCountedWhenOneCannotBeConnectedTo()
    {
        using var measured = new Measurements("thriftstreams.client.extra_attempts", isOfFlow: true);
        await using var channel = ThriftChannel.ForAddress("ttheader://127.0.0.1:1,127.0.0.1:2,127.0.0.1:4");

        await Assert.ThrowsAsync<ThriftConnectException>(() => new TestServiceClient(channel).EchoUnaryAsync(new(), Token).Soon());

        Assert.Equal(["connect", "connect"], Kinds(measured));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Fallbacks_ThatAnswer_AreCounted(bool answers)
    {
        using var measured = new Measurements("thriftstreams.client.fallbacks", isOfFlow: true);
        await using var cluster = await Cluster.StartAsync(1, static (_, _) => throw Unavailable());
        await using var channel = cluster.Connect("ttheader", options => options.Resilience.Fallback = _ => new(answers ? new Response() : null));

        var error = await Record.ExceptionAsync(() => new TestServiceClient(channel).EchoUnaryAsync(new(), Token).Soon());

        Assert.Equal(answers, error is null);
        Assert.Equal(answers ? [Unary] : [], measured.All.Select(static m => m["rpc.method"]));
    }

    [Fact]
    public async Task Resumptions_EachRestThatIsRequested_IsCounted()
    {
        using var measured = new Measurements("thriftstreams.resumptions", isOfFlow: true);
        var failures = 0;

        var seen = await Failing().Resume(_ => ++failures < 2 ? Failing() : Streams.Range(1, 2), new() { Delay = static _ => TimeSpan.Zero }).ToListAsync(Token);

        Assert.Equal([1, 2], seen);
        Assert.Equal(2, measured.All.Count);
        static TrackedStream<int> Failing() => Streams.Failing(Unavailable());
    }

    [Fact]
    public async Task Endpoints_EjectedForFailures_AreCountedAndReportedUntilTheyAreUsedAgain()
    {
        using var ejections = new Measurements("thriftstreams.client.ejections");
        using var endpoints = new Measurements("thriftstreams.client.endpoints");
        await using (var channel = ThriftChannel.ForAddress("ttheader://127.0.0.1:1,127.0.0.1:6", new()
        {
            TimeProvider = _clock,
            Resilience = { CircuitBreaker = null, OutlierEjection = new() { ConsecutiveFailures = 1, MaxEjectedShare = 0.5 } },
        }))
        {
            Assert.Equal([2, 0, 0, 0], States(endpoints, channel));

            await Assert.ThrowsAsync<ThriftConnectException>(() => new TestServiceClient(channel).EchoUnaryAsync(new(), Token).Soon());

            Assert.Equal(("failures", 1), Assert.Single(ejections.All.Where(m => Equals(m["thriftstreams.target"], channel.Address)).Select(static m => (m["thriftstreams.ejection.cause"], m.Value))));
            Assert.Equal([1, 1, 0, 0], States(endpoints, channel));

            _clock.Advance(TimeSpan.FromSeconds(30));
            Assert.Equal([2, 0, 0, 0], States(endpoints, channel));
        }

        Assert.DoesNotContain(endpoints.Read(), static m => Equals(m["thriftstreams.target"], "ttheader://127.0.0.1:1,127.0.0.1:6"));
    }

    [Fact]
    public async Task Endpoints_WhoseBreakerIsOpen_AreReported_AndThoseOfTwoChannelsAreSummed()
    {
        using var endpoints = new Measurements("thriftstreams.client.endpoints");
        await using var broken = Open();
        await using var idle = Open();
        for (var i = 0; i < 2; i++)
        {
            await Assert.ThrowsAsync<ThriftConnectException>(() => new TestServiceClient(broken).EchoUnaryAsync(new(), Token).Soon());
        }

        Assert.Equal([1, 0, 0, 1], States(endpoints, idle));

        ThriftChannel Open() => ThriftChannel.ForAddress("ttheader://127.0.0.1:5", new()
        {
            TimeProvider = _clock,
            Resilience = { CircuitBreaker = new() { MinimumThroughput = 2 } },
        });
    }

    [Fact]
    public async Task ResolverFailures_BeforeAndAfterTheFirstList_SayWhetherCallsFailed()
    {
        using var measured = new Measurements("thriftstreams.client.resolver_failures");
        var resolver = new ScriptedResolver();
        await using var servers = await NamedServers.StartAsync(1);
        await using var channel = PatientChannel.ForAddress("ttheader://counted", new() { Resolver = resolver, TimeProvider = _clock });
        var client = new TestServiceClient(channel);

        resolver.Fail(new IOException("The registry is away."));
        await Assert.ThrowsAsync<ThriftDiscoveryException>(() => client.EchoUnaryAsync(new(), Token).Soon());
        Assert.Equal([true], Failures());

        resolver.Report(servers.Addresses[0]);
        await client.EchoUnaryAsync(new(), Token).Soon();
        resolver.Fail(new IOException("The registry is away."));
        await Waits.Until(() => Failures().Count() == 2);
        Assert.Equal([true, false], Failures());

        IEnumerable<object?> Failures() => measured.All.Where(static m => Equals(m["thriftstreams.target"], "ttheader://counted")).Select(static m => m["thriftstreams.calls_failed"]);
    }

    [Fact]
    public async Task TokenFailures_OfACache_SayWhetherCallsFailed()
    {
        using var measured = new Measurements("thriftstreams.client.token_failures");
        var fails = true;
        var tokens = new TokenCache(
            "counted cache",
            _ => fails ? throw new IOException("The token endpoint is away.") : new(new ThriftAccessToken("one", _clock.GetUtcNow().AddMinutes(10))),
            new() { TimeProvider = _clock });

        await Assert.ThrowsAsync<ThriftAccessTokenException>(() => tokens.GetAsync(Token).AsTask().Soon());
        fails = false;
        _clock.Advance(TimeSpan.FromSeconds(1));
        await tokens.GetAsync(Token).AsTask().Soon();
        fails = true;
        _clock.Advance(TimeSpan.FromMinutes(9.5));
        await tokens.GetAsync(Token).AsTask().Soon();

        Assert.Equal([true, false], measured.All.Where(static m => Equals(m["thriftstreams.client.name"], "counted cache")).Select(static m => m["thriftstreams.calls_failed"]));
    }

    [Fact]
    public async Task TokenFailures_OfATokenForEachCall_AreCounted()
    {
        using var measured = new Measurements("thriftstreams.client.token_failures");
        var services = new ServiceCollection();
        services.AddThriftClient<ITestService>("counted calls", static options => options.Address = "ttheader://127.0.0.1:1")
            .AddBearerToken(static (_, _) => new ValueTask<string>(string.Empty), allowCleartext: true);
        await using var provider = services.BuildServiceProvider();
        var client = provider.GetRequiredKeyedService<ITestService>("counted calls");

        await Assert.ThrowsAsync<ThriftAccessTokenException>(() => client.EchoUnaryAsync(new(), Token).Soon());

        Assert.Equal([true], measured.All.Where(static m => Equals(m["thriftstreams.client.name"], "counted calls")).Select(static m => m["thriftstreams.calls_failed"]));
    }

    [Fact]
    public void UnhandledErrors_AreCounted_AlsoThoseThatAreNotLogged()
    {
        using var measured = new Measurements("thriftstreams.unhandled_errors");
        using var limits = new EntryLimits(NullLogger.Instance, _clock);
        var log = new UnhandledErrorLog(NullLogger.Instance, limits);
        var method = new ThriftMethod<Request, Response>("counted", "Counted", "Watch", ThriftStreamingMode.Server);

        log.Report(method, new FormatException(), isOfCall: false);
        log.Report(method, Unavailable(), isOfCall: true);

        Assert.Equal(["observer", "call"], measured.All.Where(m => Equals(m["rpc.method"], method.FullName)).Select(static m => m["thriftstreams.error.source"]));
    }

    private static ThriftStatusException Unavailable() => new(ThriftStatusCode.Unavailable, "not now");

    private static IEnumerable<object?> Kinds(Measurements measured) => measured.All.Select(static m => m["thriftstreams.attempt.kind"]);

    /// <summary>How many endpoints with the address of a channel are usable, ejected, not serving, and broken.</summary>
    private static IEnumerable<double> States(Measurements endpoints, ThriftChannel channel)
    {
        var all = endpoints.Read().Where(m => Equals(m["thriftstreams.target"], channel.Address)).ToDictionary(static m => (string)m["thriftstreams.endpoint.state"]!, static m => m.Value);
        Assert.Equal(4, all.Count);
        return [all["usable"], all["ejected"], all["not_serving"], all["circuit_open"]];
    }
}
