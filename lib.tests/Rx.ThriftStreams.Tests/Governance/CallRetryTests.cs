using Demo.Echo;
using Microsoft.Extensions.Time.Testing;
using Polly;
using Polly.Retry;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Dynamic;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Governance;

/// <summary>Retries and hedging of whole calls.</summary>
public class CallRetryTests
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;
    private static readonly ThriftCallOptions Idempotent = new() { IsIdempotent = true };

    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public async Task Retry_OfAnIdempotentCall_GoesToAnotherEndpointWithItsMark(string scheme)
    {
        await using var cluster = await Cluster.StartAsync(3, static (_, attempt) => attempt < 2 ? throw Unavailable() : "done");
        await using var channel = cluster.Connect(scheme, static options => options.Resilience.Retry = Quick());

        var answer = await new TestServiceClient(channel).EchoUnaryAsync(new() { Message = "x" }, Idempotent, Token);

        Assert.Equal("done", answer.Message);
        Assert.Equal([null, "1", "2"], cluster.Calls.Select(static call => call.Mark));
        Assert.Equal(3, cluster.Calls.Select(static call => call.Server).Distinct().Count());
    }

    [Fact]
    public async Task Retry_OfAPingPongCall_IsMade()
    {
        await using var cluster = await Cluster.StartAsync(1, static (_, attempt) => attempt < 1 ? throw Unavailable() : "done");
        await using var channel = cluster.Connect("grpc", static options => options.Resilience.Retry = new() { Delay = TimeSpan.Zero, ShouldRetry = static _ => true });

        var answer = await new TestServiceClient(channel).EchoPingPongAsync(new() { Message = "x" }, Idempotent, Token);

        Assert.Equal("done", answer.Message);
        Assert.Equal(2, cluster.Calls.Count);
    }

    [Fact]
    public async Task Retry_OfADynamicCall_FollowsTheAnnotationOfItsSchema()
    {
        await using var cluster = await Cluster.StartAsync(2, static (_, attempt) => attempt != 1 ? throw Unavailable() : "done");
        await using var channel = cluster.Connect("grpc", static options => options.Resilience.Retry = Quick());
        var client = new ThriftDynamicClient(channel, ThriftSchema.FromText(
            """
            namespace go echo
            struct Message { 1: string message }
            service TestService {
                Message EchoUnary (1: Message req) (streaming.mode = "unary", idempotent = "true"),
                Message EchoPingPong (1: Message req),
            }
            """).GetService());

        Assert.Equal("""{"message":"done"}""", await client.CallJsonAsync("EchoUnary", """{"message":"x"}""", cancellationToken: Token));
        Assert.Equal(2, cluster.Calls.Count);
        await Assert.ThrowsAnyAsync<ThriftException>(() => client.CallJsonAsync("EchoPingPong", """{"message":"x"}""", cancellationToken: Token));
        Assert.Equal(3, cluster.Calls.Count);
    }

    [Fact]
    public async Task Retry_OfACallThatIsNotIdempotent_IsNotMade()
    {
        await using var cluster = await Cluster.StartAsync(2, static (_, _) => throw Unavailable());
        await using var channel = cluster.Connect("grpc", static options => options.Resilience.Retry = Quick());

        await Assert.ThrowsAsync<ThriftStatusException>(() => new TestServiceClient(channel).EchoUnaryAsync(new() { Message = "x" }, Token));

        Assert.Single(cluster.Calls);
    }

    [Fact]
    public async Task Retry_OfABusinessError_IsNotMade()
    {
        await using var cluster = await Cluster.StartAsync(2, static (_, _) => throw new ThriftBizStatusException(7, "no"));
        await using var channel = cluster.Connect("grpc", static options => options.Resilience.Retry = new() { ShouldRetry = static _ => true });

        await Assert.ThrowsAsync<ThriftBizStatusException>(() => new TestServiceClient(channel).EchoUnaryAsync(new() { Message = "x" }, Idempotent, Token));

        Assert.Single(cluster.Calls);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("soon")]
    [InlineData("10001")]
    public async Task Retry_ThatTheServerRefusesByPushback_IsNotMade(string pushback)
    {
        await using var cluster = await Cluster.StartAsync(2, (_, _) => throw Unavailable(pushback));
        await using var channel = cluster.Connect("grpc", static options => options.Resilience.Retry = Quick());

        await Assert.ThrowsAsync<ThriftStatusException>(() => new TestServiceClient(channel).EchoUnaryAsync(new() { Message = "x" }, Idempotent, Token));

        Assert.Single(cluster.Calls);
    }

    [Fact]
    public async Task Retry_WithPushback_WaitsAsLongAsTheServerAsks()
    {
        await using var cluster = await Cluster.StartAsync(1, static (_, attempt) => attempt < 1 ? throw Unavailable("1") : "done");
        await using var channel = cluster.Connect("grpc", static options => options.Resilience.Retry = new() { Delay = TimeSpan.FromHours(1), MaxDelay = TimeSpan.FromHours(1) });

        Assert.Equal("done", (await new TestServiceClient(channel).EchoUnaryAsync(new() { Message = "x" }, Idempotent, Token).Soon()).Message);
    }

    [Fact]
    public async Task Retry_BeyondTheBudget_IsNotMade()
    {
        await using var cluster = await Cluster.StartAsync(1, static (_, _) => throw Unavailable());
        await using var channel = cluster.Connect("grpc", static options =>
        {
            options.TimeProvider = new FakeTimeProvider();
            options.Resilience.Retry = new() { Delay = TimeSpan.Zero, MaxRetries = 1, Budget = 0.1 };
        });
        var client = new TestServiceClient(channel);

        for (var i = 0; i < 30; i++)
        {
            await Assert.ThrowsAsync<ThriftStatusException>(() => client.EchoUnaryAsync(new() { Message = "x" }, Idempotent, Token));
        }

        // Five retries until ten attempts are counted, none until they are less than a tenth of all: before the 30 calls end that is not so.
        Assert.Equal(35, cluster.Calls.Count);
    }

    [Theory]
    [InlineData(null, "The call of echo.TestService/EchoUnary took longer than its AttemptTimeout of 2000 ms")]
    [InlineData(1, "The call of echo.TestService/EchoUnary took longer than its Timeout of 1000 ms")]
    public async Task AttemptTimeout_OfTheLastAttempt_IsNamedInTheMessage(int? limit, string text)
    {
        var clock = new FakeTimeProvider();
        await using var cluster = await Cluster.StartAsync(1, static (_, _) => null);
        await using var channel = cluster.Connect("grpc", options =>
        {
            options.TimeProvider = clock;
            options.Resilience.ConnectTimeout = Timeout.InfiniteTimeSpan;
            options.Resilience.Retry = new() { Delay = TimeSpan.Zero, MaxRetries = 1, Budget = 1, AttemptTimeout = TimeSpan.FromSeconds(2) };
        });
        var options = Idempotent with { Timeout = limit is { } some ? TimeSpan.FromSeconds(some) : null };

        var call = new TestServiceClient(channel).EchoUnaryAsync(new() { Message = "x" }, options, Token);
        var seen = 0;
        while (!call.IsCompleted)
        {
            if (cluster.Calls.Count > seen)
            {
                seen++;
                clock.Advance(TimeSpan.FromSeconds(2));
            }

            await Task.Yield();
        }

        Assert.StartsWith(text, (await Assert.ThrowsAsync<ThriftTimeoutException>(() => call)).Message, StringComparison.Ordinal);
    }

    /// <summary>The last attempt has what the others left, which no option is set to.</summary>
    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public async Task Timeout_OfACallWithAttempts_IsTheConfiguredOne(string scheme)
    {
        var clock = new FakeTimeProvider();
        await using var cluster = await Cluster.StartAsync(1, (_, call) =>
        {
            if (call > 0)
            {
                return null;
            }

            clock.Advance(TimeSpan.FromMilliseconds(309.169));
            throw new ThriftStatusException(ThriftStatusCode.Unavailable, "Not yet.");
        });
        await using var channel = cluster.Connect(scheme, options =>
        {
            options.TimeProvider = clock;
            options.Resilience.ConnectTimeout = Timeout.InfiniteTimeSpan;
            options.Resilience.Retry = new() { Delay = TimeSpan.Zero, MaxRetries = 1, Budget = 1 };
        });

        var call = new TestServiceClient(channel).EchoUnaryAsync(new() { Message = "x" }, Idempotent with { Timeout = TimeSpan.FromSeconds(1) }, Token);
        await Until(() => cluster.Calls.Count == 2 || call.IsCompleted);
        clock.Advance(TimeSpan.FromMilliseconds(700));

        var error = await Assert.ThrowsAsync<ThriftTimeoutException>(() => call.Soon());
        Assert.Equal("The call of echo.TestService/EchoUnary took longer than its Timeout of 1000 ms.", error.Message);
        Assert.Equal((TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(1009.169)), (error.Configured, error.Elapsed));
    }

    [Fact]
    public async Task Retry_OfAnAttemptThatTookTooLong_EndsWithTheTimeOfTheCall()
    {
        var clock = new FakeTimeProvider();
        await using var cluster = await Cluster.StartAsync(1, static (_, _) => null);
        await using var channel = cluster.Connect("grpc", options =>
        {
            options.TimeProvider = clock;
            options.Resilience.ConnectTimeout = Timeout.InfiniteTimeSpan;
            options.Resilience.Retry = new() { Delay = TimeSpan.Zero, MaxRetries = 10, Budget = 1, AttemptTimeout = TimeSpan.FromSeconds(2) };
        });
        var start = clock.GetTimestamp();

        var call = new TestServiceClient(channel).EchoUnaryAsync(new() { Message = "x" }, Idempotent with { Timeout = TimeSpan.FromSeconds(5) }, Token);
        var seen = 0;
        while (!call.IsCompleted)
        {
            if (cluster.Calls.Count > seen)
            {
                seen++;
                clock.Advance(TimeSpan.FromSeconds(2));
            }

            await Task.Yield();
        }

        Assert.Equal(ThriftStatusCode.DeadlineExceeded, (await Assert.ThrowsAsync<ThriftTimeoutException>(() => call)).StatusCode);
        Assert.Equal(3, seen);
        Assert.Equal(TimeSpan.FromSeconds(6), clock.GetElapsedTime(start));
    }

    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public async Task Retry_WithinARetriedServerCall_IsNotMade(string scheme)
    {
        await using var back = await Cluster.StartAsync(1, static (_, _) => throw Unavailable());
        await using var inner = back.Connect(scheme, static options => options.Resilience.Retry = Quick());
        var client = new TestServiceClient(inner);
        await using var front = await ThriftServer.StartAsync("127.0.0.1:0", setup => setup.AddService<ITestService>(new ScriptedService
        {
            EchoUnary = (request, token) => client.EchoUnaryAsync(request, Idempotent, token),
        }));
        await using var outer = PatientChannel.ForAddress($"{scheme}://{front.Endpoint}");
        ThriftCallOptions marked = new() { MetaInfo = new() { Persistent = { ["RetryReq"] = "1" } } };

        await Assert.ThrowsAnyAsync<ThriftException>(() => new TestServiceClient(outer).EchoUnaryAsync(new() { Message = "x" }, marked, Token));

        Assert.Single(back.Calls);
    }

    [Fact]
    public async Task Retry_WhenNothingCanBeConnectedTo_IsMadeForAnyCall()
    {
        await using var cluster = await Cluster.StartAsync(1, static (_, _) => "done");
        var resolver = new ScriptedResolver();
        resolver.Report("127.0.0.1:1");
        await using var channel = ThriftChannel.ForAddress("grpc://any", new()
        {
            Resolver = resolver,
            Resilience = { Retry = new() { MaxRetries = 10, Budget = 1, Delay = TimeSpan.FromMilliseconds(20) } },
        });

        var call = new TestServiceClient(channel).EchoUnaryAsync(new() { Message = "x" }, Token);
        resolver.Report(cluster.Addresses[0]);

        Assert.Equal("done", (await call.Soon()).Message);
    }

    [Fact]
    public async Task Hedging_WhenTheFirstEndpointIsSilent_TakesTheAnswerOfTheSecond()
    {
        await using var cluster = await Cluster.StartAsync(2, static (_, attempt) => attempt == 0 ? null : "done");
        await using var channel = cluster.Connect("grpc", static options => options.Resilience.Hedging = new() { Delay = TimeSpan.FromMilliseconds(1) });

        var answer = await new TestServiceClient(channel).EchoUnaryAsync(new() { Message = "x" }, Idempotent, Token).Soon();

        Assert.Equal("done", answer.Message);
        Assert.Equal(2, cluster.Calls.Select(static call => call.Server).Distinct().Count());

        // After so short a delay the hedge may be the first to arrive.
        Assert.Equal([null, "1"], cluster.Calls.Select(static call => call.Mark).Order(StringComparer.Ordinal));
        await cluster.Abandoned.Soon();
    }

    [Fact]
    public async Task Hedging_WhenOneAttemptFails_TakesTheOthersAnswer()
    {
        await using var cluster = await Cluster.StartAsync(2, static (_, attempt) => attempt == 0 ? throw Unavailable() : "done");
        await using var channel = cluster.Connect("grpc", static options => options.Resilience.Hedging = new() { Delay = TimeSpan.FromHours(1) });

        Assert.Equal("done", (await new TestServiceClient(channel).EchoUnaryAsync(new() { Message = "x" }, Idempotent, Token).Soon()).Message);
    }

    [Fact]
    public async Task Hedging_OfACallThatIsNotIdempotent_IsNotMade()
    {
        await using var cluster = await Cluster.StartAsync(2, static (_, attempt) => attempt == 0 ? throw Unavailable() : "done");
        await using var channel = cluster.Connect("grpc", static options => options.Resilience.Hedging = new() { Delay = TimeSpan.FromHours(1) });

        await Assert.ThrowsAsync<ThriftStatusException>(() => new TestServiceClient(channel).EchoUnaryAsync(new() { Message = "x" }, Token).Soon());
    }

    [Fact]
    public async Task CallPipeline_OfTheUser_TakesTheirPlace()
    {
        await using var cluster = await Cluster.StartAsync(2, static (_, attempt) => attempt == 0 ? throw Unavailable() : "done");
        var pipeline = new ResiliencePipelineBuilder().AddRetry(new RetryStrategyOptions { Delay = TimeSpan.Zero }).Build();
        await using var channel = cluster.Connect("grpc", options => options.Resilience.CallPipeline = method => method.Name == "EchoUnary" ? pipeline : null);

        Assert.Equal("done", (await new TestServiceClient(channel).EchoUnaryAsync(new() { Message = "x" }, Token)).Message);
        Assert.Equal(2, cluster.Calls.Select(static call => call.Server).Distinct().Count());
    }

    [Fact]
    public void ForAddress_WithCallPipelineAndRetry_ThrowsNamingBoth()
    {
        var error = Assert.Throws<ArgumentException>(() => ThriftChannel.ForAddress("grpc://localhost:1", new()
        {
            Resilience = { Retry = new(), CallPipeline = static _ => null },
        }));

        Assert.Contains("Resilience.CallPipeline takes the place of Retry and Hedging", error.Message, StringComparison.Ordinal);
    }

    private static ThriftRetryOptions Quick() => new() { Delay = TimeSpan.Zero };

    /// <summary>Called by handlers: sets the trailer of the call that is being handled.</summary>
    private static ThriftStatusException Unavailable(string? pushback = null)
    {
        if (pushback is not null)
        {
            ThriftServerContext.Current!.ResponseTrailers.Add("grpc-retry-pushback-ms", pushback);
        }

        return new(ThriftStatusCode.Unavailable, "not now");
    }
}
