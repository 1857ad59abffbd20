using System.Runtime.CompilerServices;
using Demo.Echo;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace Rx.ThriftStreams.Tests.Governance;

/// <summary>Hedging and retries of server streams, until the first response.</summary>
public sealed class StreamRepeatTests
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;
    private static readonly ThriftCallOptions Idempotent = new() { IsIdempotent = true };

    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public async Task Hedging_WhenTheFirstStreamIsSilent_TakesTheOneThatDelivers_AndCancelsTheOther(string scheme)
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var cluster = await StreamCluster.StartAsync(2, (attempt, token) => attempt == 0 ? Silent(cancelled, token) : Say("a", "b", "c"));
        await using var channel = cluster.Connect(scheme, Hedge(TimeSpan.FromMilliseconds(1)));

        var all = await new TestServiceClient(channel).EchoServerAsync(new(), Idempotent, Token).Select(static response => response.Message).ToListAsync(Token).Soon();

        Assert.Equal(["a", "b", "c"], all);
        Assert.Equal([0, 1], cluster.Calls.Select(static call => call.Server).Order());
        Assert.Equal([null, "1"], cluster.Calls.Select(static call => call.Mark).Order(StringComparer.Ordinal));
        await cancelled.Task.Soon();
    }

    [Fact]
    public async Task Hedging_WhenTheBackupFails_WaitsForTheFirst()
    {
        var failed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var cluster = await StreamCluster.StartAsync(2, (attempt, token) => attempt == 0 ? SayAfter(failed.Task, "late") : Fail(ThriftStatusCode.Internal));
        await using var channel = cluster.Connect("grpc", Hedge(TimeSpan.FromMilliseconds(1)));
        using var events = channel.Events.Subscribe(new Observer(failed));

        var all = await new TestServiceClient(channel).EchoServerAsync(new(), Idempotent, Token).ToListAsync(Token).Soon();

        Assert.Equal("late", Assert.Single(all).Message);
    }

    [Fact]
    public async Task Hedging_WhenTheBackupEndsWithoutAResponse_ItWins()
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var cluster = await StreamCluster.StartAsync(2, (attempt, token) => attempt == 0 ? Silent(cancelled, token) : Say());
        await using var channel = cluster.Connect("grpc", Hedge(TimeSpan.FromMilliseconds(1)));

        Assert.Empty(await new TestServiceClient(channel).EchoServerAsync(new(), Idempotent, Token).ToListAsync(Token).Soon());
        await cancelled.Task.Soon();
    }

    [Fact]
    public async Task Hedging_WhenTheFirstFails_StartsTheNextImmediately()
    {
        await using var cluster = await StreamCluster.StartAsync(2, static (attempt, _) => attempt == 0 ? Fail(ThriftStatusCode.Unavailable) : Say("x"));
        await using var channel = cluster.Connect("grpc", Hedge(TimeSpan.FromHours(1)));

        Assert.Single(await new TestServiceClient(channel).EchoServerAsync(new(), Idempotent, Token).ToListAsync(Token).Soon());
    }

    [Fact]
    public async Task Hedging_WhenAllFail_ReportsAnError()
    {
        await using var cluster = await StreamCluster.StartAsync(2, static (_, _) => Fail(ThriftStatusCode.Unavailable));
        await using var channel = cluster.Connect("grpc", Hedge(TimeSpan.FromHours(1)));

        var error = await Assert.ThrowsAsync<ThriftStatusException>(async () => await new TestServiceClient(channel).EchoServerAsync(new(), Idempotent, Token).ToListAsync(Token).Soon());

        Assert.Equal(ThriftStatusCode.Unavailable, error.StatusCode);
        Assert.Equal(2, cluster.Calls.Count);
    }

    [Fact]
    public async Task ErrorAfterTheFirstResponse_ReachesTheCaller()
    {
        await using var cluster = await StreamCluster.StartAsync(2, static (_, _) => SayThenFail("x"));
        await using var channel = cluster.Connect("grpc", Hedge(TimeSpan.FromHours(1)));
        await using var stream = new TestServiceClient(channel).EchoServerAsync(new(), Idempotent, Token).GetAsyncEnumerator(Token);

        Assert.True(await stream.MoveNextAsync().Soon());
        Assert.Equal("x", stream.Current.Message);
        await Assert.ThrowsAsync<ThriftStatusException>(async () => await stream.MoveNextAsync().Soon());
        Assert.Single(cluster.Calls);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task NotOptedIn_OrNotIdempotent_IsNotRepeated(bool isIncluded, bool isIdempotent)
    {
        await using var cluster = await StreamCluster.StartAsync(2, static (_, _) => Fail(ThriftStatusCode.Unavailable));
        await using var channel = cluster.Connect("grpc", options =>
        {
            options.Resilience.IncludeServerStreams = isIncluded;
            options.Resilience.Hedging = new() { Delay = TimeSpan.FromHours(1) };
            options.Resilience.Retry = new() { Delay = TimeSpan.Zero };
        });

        await Assert.ThrowsAsync<ThriftStatusException>(
            async () => await new TestServiceClient(channel).EchoServerAsync(new(), new ThriftCallOptions { IsIdempotent = isIdempotent }, Token).ToListAsync(Token).Soon());
        Assert.Single(cluster.Calls);
    }

    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public async Task Retry_OfAStreamThatFailedBeforeItsFirstResponse_GoesToAnotherEndpoint(string scheme)
    {
        await using var cluster = await StreamCluster.StartAsync(3, static (attempt, _) => attempt < 2 ? Fail(ThriftStatusCode.Unavailable) : Say("a", "b"));
        await using var channel = cluster.Connect(scheme, static options =>
        {
            options.Resilience.IncludeServerStreams = true;
            options.Resilience.Retry = new() { Delay = TimeSpan.Zero };
        });

        Assert.Equal(2, (await new TestServiceClient(channel).EchoServerAsync(new(), Idempotent, Token).ToListAsync(Token).Soon()).Count);
        Assert.Equal(3, cluster.Calls.Select(static call => call.Server).Distinct().Count());
        Assert.Equal([null, "1", "2"], cluster.Calls.Select(static call => call.Mark));
    }

    [Fact]
    public async Task Retry_ThatTheServerRefusesByPushback_IsNotMade()
    {
        await using var cluster = await StreamCluster.StartAsync(2, static (_, _) =>
        {
            ThriftServerContext.Current!.ResponseTrailers.Add("grpc-retry-pushback-ms", "-1");
            return Fail(ThriftStatusCode.Unavailable);
        });
        await using var channel = cluster.Connect("grpc", static options =>
        {
            options.Resilience.IncludeServerStreams = true;
            options.Resilience.Retry = new() { Delay = TimeSpan.Zero };
        });

        await Assert.ThrowsAsync<ThriftStatusException>(async () => await new TestServiceClient(channel).EchoServerAsync(new(), Idempotent, Token).ToListAsync(Token).Soon());
        Assert.Single(cluster.Calls);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AttemptTimeout_EndsAnAttemptWithoutAResponse_AndNotAStreamThatDelivers(bool ofTheCall)
    {
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var cluster = await StreamCluster.StartAsync(2, (attempt, token) => attempt == 0 ? Silent(cancelled, token) : SayAfter(more.Task, "b", first: "a"));
        await using var channel = cluster.Connect("grpc", options =>
        {
            options.TimeProvider = clock;
            options.Resilience.ConnectTimeout = Timeout.InfiniteTimeSpan;
            options.Resilience.IncludeServerStreams = true;
            options.Resilience.Retry = new() { Delay = TimeSpan.Zero, AttemptTimeout = ofTheCall ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(2) };
            options.Defaults = new() { FirstResponseTimeout = ofTheCall ? TimeSpan.FromSeconds(2) : null };
        });
        await using var stream = new TestServiceClient(channel).EchoServerAsync(new(), Idempotent, Token).GetAsyncEnumerator(Token);

        var first = stream.MoveNextAsync();
        await Waits.Until(() => !cluster.Calls.IsEmpty);
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.True(await first.Soon());
        clock.Advance(TimeSpan.FromSeconds(60));
        more.SetResult();

        Assert.True(await stream.MoveNextAsync().Soon());
        Assert.Equal("b", stream.Current.Message);
        Assert.False(await stream.MoveNextAsync().Soon());
    }

    [Fact]
    public async Task AttemptTimeout_OfTheLastAttempt_IsNamedInTheMessage()
    {
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        await using var cluster = await StreamCluster.StartAsync(1, static (_, token) => Silent(new(), token));
        await using var channel = cluster.Connect("grpc", options =>
        {
            options.TimeProvider = clock;
            options.Resilience.ConnectTimeout = Timeout.InfiniteTimeSpan;
            options.Resilience.IncludeServerStreams = true;
            options.Resilience.Retry = new() { Delay = TimeSpan.Zero, MaxRetries = 1, Budget = 1, AttemptTimeout = TimeSpan.FromSeconds(2) };
        });
        var call = new TestServiceClient(channel).EchoServerAsync(new(), Idempotent, Token).FirstAsync(Token).AsTask();
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

        var error = await Assert.ThrowsAsync<ThriftTimeoutException>(() => call);
        Assert.StartsWith("The stream of echo.TestService/EchoServer took longer than its AttemptTimeout of 2000 ms", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Cancelled_WhileWaiting_ThrowsWithTheTokenOfTheCaller(bool byEnumeration)
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var cluster = await StreamCluster.StartAsync(1, (_, token) => Silent(cancelled, token));
        await using var channel = cluster.Connect("grpc", Hedge(TimeSpan.FromHours(1)));
        using var own = new CancellationTokenSource();
        using var other = new CancellationTokenSource();
        var stream = new TestServiceClient(channel).EchoServerAsync(new(), Idempotent, byEnumeration ? other.Token : own.Token)
            .GetAsyncEnumerator(byEnumeration ? own.Token : other.Token);

        var next = stream.MoveNextAsync();
        await Waits.Until(() => !cluster.Calls.IsEmpty);
        await own.CancelAsync();

        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await next.Soon());
        Assert.Equal(own.Token, error.CancellationToken);
        await cancelled.Task.Soon();
        await stream.DisposeAsync();
    }

    [Fact]
    public async Task Cancelled_AfterTheFirstResponse_EndsTheStream()
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var cluster = await StreamCluster.StartAsync(1, (_, token) => Silent(cancelled, token, "a"));
        await using var channel = cluster.Connect("grpc", Hedge(TimeSpan.FromHours(1)));
        using var own = new CancellationTokenSource();
        await using var stream = new TestServiceClient(channel).EchoServerAsync(new(), Idempotent, own.Token).GetAsyncEnumerator(Token);
        Assert.True(await stream.MoveNextAsync().Soon());

        var next = stream.MoveNextAsync();
        await own.CancelAsync();

        Assert.Equal(own.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await next.Soon())).CancellationToken);
        await cancelled.Task.Soon();
    }

    [Fact]
    public async Task Dispose_AfterTheFirstResponse_CancelsTheStream()
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var cluster = await StreamCluster.StartAsync(1, (_, token) => Silent(cancelled, token, "a"));
        await using var channel = cluster.Connect("grpc", Hedge(TimeSpan.FromHours(1)));

        Assert.Equal("a", (await new TestServiceClient(channel).EchoServerAsync(new(), Idempotent, Token).FirstAsync(Token).Soon()).Message);

        await cancelled.Task.Soon();
    }

    [Fact]
    public async Task CallPipeline_OfTheUser_AppliesToStreamsThatAreIncluded()
    {
        await using var cluster = await StreamCluster.StartAsync(2, static (attempt, _) => attempt == 0 ? Fail(ThriftStatusCode.Internal) : Say("x"));
        var pipeline = new ResiliencePipelineBuilder()
            .AddRetry(new RetryStrategyOptions { Delay = TimeSpan.Zero })
            .AddTimeout(new TimeoutStrategyOptions { Timeout = TimeSpan.FromMinutes(1) })
            .Build();
        await using var channel = cluster.Connect("grpc", options =>
        {
            options.Resilience.IncludeServerStreams = true;
            options.Resilience.CallPipeline = method => method.Name == "EchoServer" ? pipeline : null;
        });

        Assert.Single(await new TestServiceClient(channel).EchoServerAsync(new(), Token).ToListAsync(Token).Soon());
        Assert.Equal(2, cluster.Calls.Select(static call => call.Server).Distinct().Count());
    }

    private static Action<ThriftChannelOptions> Hedge(TimeSpan delay) => options =>
    {
        options.Resilience.IncludeServerStreams = true;
        options.Resilience.Hedging = new() { Delay = delay, Budget = 1 };
    };

    private static IAsyncEnumerable<Response> Say(params string[] texts) => texts.Select(static text => new Response { Message = text }).ToAsyncEnumerable();

    private static async IAsyncEnumerable<Response> Fail(ThriftStatusCode code)
    {
        await Task.Yield();
        throw new ThriftStatusException(code, "not now");
#pragma warning disable CS0162 // An iterator needs a yield.
        yield break;
#pragma warning restore CS0162
    }

    private static async IAsyncEnumerable<Response> SayThenFail(string text)
    {
        yield return new() { Message = text };
        await Task.Yield();
        throw new ThriftStatusException(ThriftStatusCode.Unavailable, "not any more");
    }

    private static async IAsyncEnumerable<Response> SayAfter(Task signal, string text, string? first = null)
    {
        if (first is not null)
        {
            yield return new() { Message = first };
        }

        await signal;
        yield return new() { Message = text };
    }

    private static async IAsyncEnumerable<Response> Silent(TaskCompletionSource cancelled, [EnumeratorCancellation] CancellationToken token, string? first = null)
    {
        if (first is not null)
        {
            yield return new() { Message = first };
        }

        await token.Cancelled();
        cancelled.TrySetResult();
        token.ThrowIfCancellationRequested();
    }

    /// <summary>Completes when a call has failed.</summary>
    private sealed class Observer(TaskCompletionSource failed) : IObserver<ThriftStreamEvent>
    {
        public void OnCompleted()
        {
        }

        public void OnError(Exception error) => failed.TrySetException(error);

        public void OnNext(ThriftStreamEvent value)
        {
            if (value.Kind == ThriftStreamEventKind.RpcFinish && value.Failed)
            {
                failed.TrySetResult();
            }
        }
    }
}
