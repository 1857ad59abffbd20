using Demo.Echo;
using Microsoft.Extensions.Time.Testing;
using Polly;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace Rx.ThriftStreams.Tests.Governance;

/// <summary>What callers see when a strategy of Polly, in a pipeline of the user, refuses or ends a call.</summary>
public sealed class PipelineErrorTests
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    public static TheoryData<ExecutionRejectedException, ThriftStatusCode> Rejections => new()
    {
        { new TimeoutRejectedException("late"), ThriftStatusCode.DeadlineExceeded },
        { new BrokenCircuitException("open"), ThriftStatusCode.Unavailable },
        { new IsolatedCircuitException("isolated"), ThriftStatusCode.Unavailable },
        { new TooMany("too many"), ThriftStatusCode.ResourceExhausted },
    };

    [Theory]
    [MemberData(nameof(Rejections), DisableDiscoveryEnumeration = true)]
    public async Task Rejection_IsAStatus(ExecutionRejectedException rejection, ThriftStatusCode expected)
    {
        var pipeline = new ResiliencePipelineBuilder().AddStrategy(_ => new Rejecting(rejection), new Options()).Build();
        await using var channel = ThriftChannel.ForAddress("grpc://127.0.0.1:1", new() { Resilience = { CallPipeline = _ => pipeline, IncludeServerStreams = true } });
        await using var connecting = ThriftChannel.ForAddress("grpc://127.0.0.1:1", new() { Resilience = { ConnectPipeline = _ => pipeline } });
        var client = new TestServiceClient(channel);

        ThriftStatusException[] errors =
        [
            await Assert.ThrowsAsync<ThriftStatusException>(() => client.EchoUnaryAsync(new(), Token)),
            await Assert.ThrowsAsync<ThriftStatusException>(async () => await client.EchoServerAsync(new(), Token).CountAsync(Token)),
            await Assert.ThrowsAsync<ThriftStatusException>(() => new TestServiceClient(connecting).EchoUnaryAsync(new(), Token)),
        ];

        Assert.All(errors, error => Assert.Equal((expected, rejection), (error.StatusCode, error.InnerException)));
        Assert.Equal($"The pipeline of echo.TestService/EchoUnary ended the call: {rejection.Message}", errors[0].Message);
    }

    [Fact]
    public async Task Rejection_ReachesTheFallback()
    {
        var pipeline = new ResiliencePipelineBuilder().AddStrategy(static _ => new Rejecting(new BrokenCircuitException("open")), new Options()).Build();
        await using var channel = ThriftChannel.ForAddress("grpc://127.0.0.1:1", new()
        {
            Resilience = { CallPipeline = _ => pipeline, Fallback = static context => new(new Response { Message = $"{context.Error.StatusCode}" }) },
        });

        Assert.Equal("Unavailable", (await new TestServiceClient(channel).EchoUnaryAsync(new(), Token)).Message);
    }

    [Fact]
    public async Task Timeout_OfAPipeline_CancelsTheCallAndIsAStatus()
    {
        var clock = new FakeTimeProvider();
        var pipeline = new ResiliencePipelineBuilder { TimeProvider = clock }.AddTimeout(TimeSpan.FromSeconds(2)).Build();
        await using var cluster = await Cluster.StartAsync(1, static (_, _) => null);
        await using var channel = cluster.Connect("grpc", options => options.Resilience.CallPipeline = _ => pipeline);

        var call = new TestServiceClient(channel).EchoUnaryAsync(new(), Token);
        await Waits.Until(() => cluster.Calls.Count == 1);
        clock.Advance(TimeSpan.FromSeconds(2));

        var error = await Assert.ThrowsAsync<ThriftStatusException>(() => call.Soon());
        Assert.Equal(ThriftStatusCode.DeadlineExceeded, error.StatusCode);
        Assert.IsType<TimeoutRejectedException>(error.InnerException);
    }

    private sealed class TooMany(string message) : ExecutionRejectedException(message);

    private sealed class Options : ResilienceStrategyOptions;

    private sealed class Rejecting(Exception rejection) : ResilienceStrategy
    {
        protected override ValueTask<Outcome<TResult>> ExecuteCore<TResult, TState>(
            Func<ResilienceContext, TState, ValueTask<Outcome<TResult>>> callback, ResilienceContext context, TState state) => new(Outcome.FromException<TResult>(rejection));
    }
}
