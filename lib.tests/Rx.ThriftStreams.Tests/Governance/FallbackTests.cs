using Demo.Echo;

namespace Rx.ThriftStreams.Tests.Governance;

/// <summary>Answers in place of calls that failed.</summary>
public sealed class FallbackTests
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public async Task Unary_ThatFailed_IsAnsweredAfterAllAttempts(string scheme)
    {
        await using var cluster = await Cluster.StartAsync(2, static (_, _) => throw new ThriftStatusException(ThriftStatusCode.Unavailable, "not now"));
        ThriftFallbackContext? seen = null;
        await using var channel = cluster.Connect(scheme, options =>
        {
            options.Resilience.Retry = new() { MaxRetries = 1, Delay = TimeSpan.Zero };
            options.Resilience.Fallback = context =>
            {
                seen = context;
                return new(new Response { Message = "cached" });
            };
        });
        var client = new TestServiceClient(channel);

        Assert.Equal("cached", (await client.EchoUnaryAsync(new(), new ThriftCallOptions { IsIdempotent = true, HashKey = "k" }, Token)).Message);

        Assert.Equal(2, cluster.Calls.Count);
        Assert.Equal(("EchoUnary", ThriftStatusCode.Unavailable, "k"), (seen!.Method.Name, seen.Error.StatusCode, seen.Options.HashKey));
        Assert.Equal("cached", (await client.EchoPingPongAsync(new(), Token)).Message);
    }

    [Fact]
    public async Task Null_LetsTheErrorReachTheCaller()
    {
        await using var cluster = await Cluster.StartAsync(1, static (_, _) => throw new ThriftStatusException(ThriftStatusCode.NotFound, "gone"));
        await using var channel = cluster.Connect("grpc", static options => options.Resilience.Fallback = static _ => default);

        var error = await Assert.ThrowsAsync<ThriftStatusException>(() => new TestServiceClient(channel).EchoUnaryAsync(new(), Token));

        Assert.Equal(ThriftStatusCode.NotFound, error.StatusCode);
    }

    [Fact]
    public async Task BusinessErrorsAndCancellation_AreNotPassedToIt()
    {
        var calls = 0;
        await using var cluster = await Cluster.StartAsync(1, static (_, attempt) => attempt == 0 ? throw new ThriftBizStatusException(7, "no") : null);
        await using var channel = cluster.Connect("grpc", options => options.Resilience.Fallback = _ =>
        {
            calls++;
            return new(new Response());
        });
        var client = new TestServiceClient(channel);
        await Assert.ThrowsAsync<ThriftBizStatusException>(() => client.EchoUnaryAsync(new(), Token));
        using var cancellation = new CancellationTokenSource();

        var call = client.EchoUnaryAsync(new(), cancellation.Token);
        await Waits.Until(() => cluster.Calls.Count == 2);
        await cancellation.CancelAsync();

        Assert.Equal(cancellation.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.Soon())).CancellationToken);
        Assert.Equal(0, calls);
    }

    [Fact]
    public async Task WrongType_NamesTheRightOne()
    {
        await using var channel = ThriftChannel.ForAddress("grpc://127.0.0.1:1", new() { Resilience = { Fallback = static _ => new("text") } });
        var client = new TestServiceClient(channel);

        var unary = await Assert.ThrowsAsync<InvalidOperationException>(() => client.EchoUnaryAsync(new(), Token));
        var stream = await Assert.ThrowsAsync<InvalidOperationException>(async () => await client.EchoServerAsync(new(), Token).ToListAsync(Token));

        Assert.Equal("The fallback or pipeline of echo.TestService/EchoUnary returned a System.String. Return a Demo.Echo.Response.", unary.Message);
        Assert.Contains("IAsyncEnumerable", stream.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ServerStream_ThatCannotBeCreated_IsReplaced()
    {
        await using var channel = ThriftChannel.ForAddress("grpc://127.0.0.1:1", new()
        {
            Resilience = { Fallback = static context => new(Answers(((Request)context.Request).Message!)) },
        });

        var all = await new TestServiceClient(channel).EchoServerAsync(new() { Message = "x" }, Token).Select(static response => response.Message).ToListAsync(Token);

        Assert.Equal(["x1", "x2"], all);

        static IAsyncEnumerable<Response> Answers(string text) => new[] { new Response { Message = text + "1" }, new Response { Message = text + "2" } }.ToAsyncEnumerable();
    }

    [Fact]
    public async Task ServerStream_ThatFailedAfterAResponse_IsNotReplaced()
    {
        await using var cluster = await StreamCluster.StartAsync(1, static (_, _) => SayThenFail());
        var calls = 0;
        await using var channel = cluster.Connect("grpc", options => options.Resilience.Fallback = _ =>
        {
            calls++;
            return default;
        });
        await using var stream = new TestServiceClient(channel).EchoServerAsync(new(), Token).GetAsyncEnumerator(Token);

        Assert.True(await stream.MoveNextAsync().Soon());
        await Assert.ThrowsAsync<ThriftStatusException>(async () => await stream.MoveNextAsync().Soon());
        Assert.Equal(0, calls);
    }

    [Fact]
    public async Task To_AnImplementation_AnswersByItsMethods_AndLeavesTheErrorsOfOthers()
    {
        await using var channel = ThriftChannel.ForAddress("grpc://127.0.0.1:1", new() { Resilience = { Fallback = ThriftFallback.To<ITestService>(new Cached()) } });
        var client = new TestServiceClient(channel);

        Assert.Equal("cached x", (await client.EchoUnaryAsync(new() { Message = "x" }, Token)).Message);
        Assert.Equal(["a"], await client.EchoServerAsync(new() { Message = "a" }, Token).Select(static response => response.Message!).ToListAsync(Token));
        await Assert.ThrowsAsync<ThriftConnectException>(() => client.EchoPingPongAsync(new(), Token));
    }

    [Fact]
    public async Task To_NothingForACall_LeavesItsError()
    {
        ThriftException? seen = null;
        await using var channel = ThriftChannel.ForAddress("grpc://127.0.0.1:1", new()
        {
            Resilience =
            {
                Fallback = ThriftFallback.To<ITestService>(context =>
                {
                    seen = context.Error;
                    return context.Options.HashKey is null ? null : new Cached();
                }),
            },
        });
        var client = new TestServiceClient(channel);

        Assert.Same(await Assert.ThrowsAsync<ThriftConnectException>(() => client.EchoUnaryAsync(new(), Token)), seen);
        await Assert.ThrowsAsync<ThriftConnectException>(async () => await client.EchoServerAsync(new(), Token).CountAsync(Token));
        Assert.Equal("cached y", (await client.EchoUnaryAsync(new() { Message = "y" }, new ThriftCallOptions { HashKey = "k" }, Token)).Message);
    }

    [Fact]
    public async Task To_AStreamThatIsNotOverridden_LeavesTheError()
    {
        await using var channel = ThriftChannel.ForAddress("grpc://127.0.0.1:1", new() { Resilience = { Fallback = ThriftFallback.To<ITestService>(new Nothing()) } });

        await Assert.ThrowsAsync<ThriftConnectException>(async () => await new TestServiceClient(channel).EchoServerAsync(new(), Token).CountAsync(Token));
    }

    private sealed class Nothing : TestServiceBase;

    private sealed class Cached : TestServiceBase
    {
        public override Task<Response> EchoUnaryAsync(Request req, CancellationToken cancellationToken = default) => Task.FromResult(new Response { Message = $"cached {req.Message}" });

        public override IAsyncEnumerable<Response> EchoServerAsync(Request req, CancellationToken cancellationToken = default)
            => new[] { new Response { Message = req.Message } }.ToAsyncEnumerable();
    }

    private static async IAsyncEnumerable<Response> SayThenFail()
    {
        yield return new();
        await Task.Yield();
        throw new ThriftStatusException(ThriftStatusCode.Unavailable, "not any more");
    }
}
