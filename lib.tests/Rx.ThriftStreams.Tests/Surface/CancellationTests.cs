using System.Runtime.CompilerServices;
using Demo.Echo;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.AspNetCore;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Surface;

public sealed class CancellationTests
{
    /// <summary>What a handler that streams until it is cancelled learned of its end.</summary>
    private readonly TaskCompletionSource<ThriftException?> _reason = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async IAsyncEnumerable<Response> UntilCancelled([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var context = ThriftServerContext.Current!;
        try
        {
            for (var i = 0; ; i++)
            {
                yield return Answer($"{i}");
                if (i >= 4)
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
                }
            }
        }
        finally
        {
            _reason.TrySetResult(context.CancellationReason);
        }
    }

    private ScriptedService Streaming => new() { EchoServer = (_, ct) => UntilCancelled(ct) };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Token_Cancelled_GivesThatTokenAndCancelsTheHandler(bool ofTheMethod)
    {
        await using var loop = await Loopback.StartAsync(Streaming);
        using var cancel = new CancellationTokenSource();
        var responses = ofTheMethod ? loop.Client.EchoServerAsync(Ask("x"), cancel.Token) : loop.Client.EchoServerAsync(Ask("x"));

        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var response in responses.WithCancellation(ofTheMethod ? default : cancel.Token))
            {
                if (response.Message == "4")
                {
                    await cancel.CancelAsync();
                }
            }
        }).Soon();

        Assert.Equal(cancel.Token, error.CancellationToken);
        var reason = Assert.IsType<ThriftStatusException>(await _reason.Task.Soon());
        Assert.Equal(ThriftStatusCode.Cancelled, reason.StatusCode);
    }

    [Fact]
    public async Task Token_CancelledBefore_FailsEveryKindOfCallWithoutNetwork()
    {
        await using var channel = PatientChannel.ForAddress("grpc://127.0.0.1:1");
        var client = new TestServiceClient(channel);
        var token = new CancellationToken(canceled: true);
        var none = AsyncEnumerable.Empty<Request>();

        foreach (var call in (Func<Task>[])[
            () => client.EchoUnaryAsync(Ask("x"), token),
            () => client.EchoClientAsync(none, token),
            () => client.EchoAsync(none, token).ToListAsync(CancellationToken.None).AsTask(),
            () => client.EchoServerAsync(Ask("x")).ToListAsync(token).AsTask(),
            () => client.OpenEchoAsync(default, token).AsTask()])
        {
            Assert.Equal(token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call().Soon())).CancellationToken);
        }
    }

    [Fact]
    public async Task Token_CancelledDuringUnaryCall_GivesThatToken()
    {
        var started = new TaskCompletionSource();
        await using var loop = await Loopback.StartAsync(new()
        {
            EchoUnary = async (_, ct) =>
            {
                started.SetResult();
                return await Never(ct).FirstAsync(ct);
            },
        });
        using var cancel = new CancellationTokenSource();
        var call = loop.Client.EchoUnaryAsync(Ask("x"), cancel.Token);
        await started.Task.Soon();

        await cancel.CancelAsync();

        Assert.Equal(cancel.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.Soon())).CancellationToken);
    }

    [Fact]
    public async Task AwaitForeach_Left_CancelsTheHandler()
    {
        await using var loop = await Loopback.StartAsync(Streaming);

        await foreach (var response in loop.Client.EchoServerAsync(Ask("x")))
        {
            break;
        }

        Assert.Equal(ThriftStatusCode.Cancelled, (await _reason.Task.Soon())!.StatusCode);
    }

    [Fact]
    public async Task Take_LessThanThereIs_CancelsTheHandler()
    {
        await using var loop = await Loopback.StartAsync(Streaming);

        var taken = await loop.Client.EchoServerAsync(Ask("x"))
            .Where(r => int.Parse(r.Message!, null) % 2 == 0).Select(r => r.Message).Take(2).ToListAsync(TestContext.Current.CancellationToken).Soon();

        Assert.Equal(["0", "2"], taken);
        Assert.Equal(ThriftStatusCode.Cancelled, (await _reason.Task.Soon())!.StatusCode);
    }

    [Fact]
    public async Task FirstAsync_OfAnEndlessStream_CancelsTheHandler()
    {
        await using var loop = await Loopback.StartAsync(Streaming);

        Assert.Equal("0", (await loop.Client.EchoServerAsync(Ask("x")).FirstAsync(TestContext.Current.CancellationToken).Soon()).Message);

        Assert.Equal(ThriftStatusCode.Cancelled, (await _reason.Task.Soon())!.StatusCode);
    }

    [Fact]
    public async Task Linq_OverDuplex_ComposesAndStopsTheRequestsEarly()
    {
        var requestsStopped = new TaskCompletionSource();
        await using var loop = await Loopback.StartAsync(new()
        {
            Echo = (requests, ct) => requests.Where(r => r.Message!.Length < 5).Select(r => Answer(r.Message + "!")),
        });

        var totals = await loop.Client.EchoAsync(Endless())
            .Select(r => r.Message!).Chunk(3).Select(chunk => string.Concat(chunk)).Take(2).ToListAsync(TestContext.Current.CancellationToken).Soon();

        Assert.Equal(["0!1!2!", "3!4!5!"], totals);
        await requestsStopped.Task.Soon();

        async IAsyncEnumerable<Request> Endless([EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            try
            {
                for (var i = 0; ; i++)
                {
                    yield return Ask($"{i}");
                    await Task.Yield();
                    cancellationToken.ThrowIfCancellationRequested();
                }
            }
            finally
            {
                requestsStopped.SetResult();
            }
        }
    }

    [Fact]
    public async Task ColdStream_EnumeratedTwice_IsCalledTwice()
    {
        var calls = 0;
        await using var loop = await Loopback.StartAsync(new() { EchoServer = (_, _) => AsyncEnumerable.Repeat(Answer($"{Interlocked.Increment(ref calls)}"), 1) });
        var stream = loop.Client.EchoServerAsync(Ask("x"));

        Assert.Equal(0, calls);
        Assert.Equal("1", (await stream.SingleAsync(TestContext.Current.CancellationToken)).Message);
        Assert.Equal("2", (await stream.SingleAsync(TestContext.Current.CancellationToken)).Message);
    }

    [Fact]
    public async Task ConnectionLost_HandlerIsCancelledWithAReason()
    {
        await using var loop = await Loopback.StartAsync(Streaming);
        await using (var channel = PatientChannel.ForAddress($"grpc://{loop.Server.Endpoint}"))
        {
            var responses = new TestServiceClient(channel).EchoServerAsync(Ask("x")).GetAsyncEnumerator(TestContext.Current.CancellationToken);
            Assert.True(await responses.MoveNextAsync().Soon());
        }

        Assert.Equal(ThriftStatusCode.Cancelled, (await _reason.Task.Soon())!.StatusCode);
    }

    [Fact]
    public async Task ServerGone_ReceiveFailsAndDoesNotLookLikeTheEnd()
    {
        var loop = await Loopback.StartAsync(Streaming);
        await using var responses = loop.Client.EchoServerAsync(Ask("x")).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await responses.MoveNextAsync().Soon());

        await loop.Server.DisposeAsync();

        var error = await Assert.ThrowsAnyAsync<ThriftException>(async () =>
        {
            while (await responses.MoveNextAsync().Soon())
            {
            }
        });
        Assert.NotEqual(ThriftStatusCode.OK, error.StatusCode);
        await loop.DisposeAsync();
    }

    [Fact]
    public async Task HandlersEnd_CancelsWhatItStarted()
    {
        var inner = new CancellationTests();
        await using var backend = await Loopback.StartAsync(inner.Streaming);
        Task? left = null;
        var reached = new TaskCompletionSource();
        await using var front = await Loopback.StartAsync(new()
        {
            EchoUnary = async (_, _) =>
            {
                left = Task.Run(async () =>
                {
                    await foreach (var response in backend.Client.EchoServerAsync(Ask("x")))
                    {
                        reached.TrySetResult();
                    }
                }, CancellationToken.None);
                await reached.Task;
                return Answer("done");
            },
        });

        Assert.Equal("done", (await front.Client.EchoUnaryAsync(Ask("x"), TestContext.Current.CancellationToken).Soon()).Message);

        var error = await Assert.ThrowsAsync<ThriftStatusException>(() => left!.Soon());
        Assert.Equal(ThriftStatusCode.Cancelled, error.StatusCode);
        Assert.Contains("has ended", error.Message, StringComparison.Ordinal);
        Assert.Equal(ThriftStatusCode.Cancelled, (await inner._reason.Task.Soon())!.StatusCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Cascade_CallersCancellation_ReachesTheServiceBehind(bool flows)
    {
        var inner = new CancellationTests();
        await using var backend = await Loopback.StartAsync(inner.Streaming, channel: options => options.FlowServerContext = flows);
        var handler = new TaskCompletionSource<Exception?>();
        var received = new TaskCompletionSource();
        await using var front = await Loopback.StartAsync(new() { EchoServer = (_, ct) => Forward(ct) });
        using var cancel = new CancellationTokenSource();
        await using var responses = front.Client.EchoServerAsync(Ask("x"), cancel.Token).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await responses.MoveNextAsync().Soon());
        await received.Task.Soon();

        await cancel.CancelAsync();

        if (flows)
        {
            Assert.Equal(ThriftStatusCode.Cancelled, Assert.IsType<ThriftStatusException>(await handler.Task.Soon())!.StatusCode);
            Assert.Equal(ThriftStatusCode.Cancelled, (await inner._reason.Task.Soon())!.StatusCode);
        }
        else
        {
            Assert.Null(await handler.Task.Soon());
        }

        async IAsyncEnumerable<Response> Forward([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            yield return Answer("begun");

            // No token is passed on: what flows, flows by itself.
            await using var behind = backend.Client.EchoServerAsync(Ask("y"), CancellationToken.None).GetAsyncEnumerator(CancellationToken.None);
            for (var i = 0; i < 5; i++)
            {
                await behind.MoveNextAsync();
            }

            received.SetResult();
            var next = behind.MoveNextAsync().AsTask();
            await cancellationToken.Cancelled();
            if (flows)
            {
                await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            handler.SetResult(next.Exception?.InnerException);
            if (!flows)
            {
                await behind.DisposeAsync().AsTask().ContinueWith(_ => { }, TaskScheduler.Default);
            }
        }
    }

    [Fact]
    public async Task Cascade_Deadline_ReachesTheServiceBehindAndEndsWithStatus4()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var deadline = new TaskCompletionSource<DateTimeOffset?>();
        await using var backend = await Loopback.StartAsync(
            new()
            {
                EchoUnary = async (_, ct) =>
                {
                    deadline.SetResult(ThriftServerContext.Current!.Deadline);
                    return await Never(ct).FirstAsync(ct);
                },
            },
            server => server.TimeProvider = clock,
            channel => (channel.TimeProvider, channel.Resilience.ConnectTimeout) = (clock, Timeout.InfiniteTimeSpan));
        var handler = new TaskCompletionSource<Exception>();
        await using var front = await Loopback.StartAsync(
            new()
            {
                EchoUnary = async (_, _) =>
                {
                    try
                    {
                        return await backend.Client.EchoUnaryAsync(Ask("x"), CancellationToken.None);
                    }
                    catch (Exception error)
                    {
                        handler.SetResult(error);
                        throw;
                    }
                },
            },
            server => server.TimeProvider = clock);
        var call = front.Client.EchoUnaryAsync(Ask("x"), new ThriftCallOptions { Timeout = TimeSpan.FromMinutes(5) }, TestContext.Current.CancellationToken);
        Assert.Equal(5, ((await deadline.Task.Soon())!.Value - clock.GetUtcNow()).TotalMinutes, 0.1);

        // The caller's own clock stands still, so that the answer is the server's.
        clock.Advance(TimeSpan.FromMinutes(6));

        Assert.Equal(ThriftStatusCode.DeadlineExceeded, Assert.IsAssignableFrom<ThriftException>(await handler.Task.Soon()).StatusCode);
        Assert.Equal(ThriftStatusCode.DeadlineExceeded, (await Assert.ThrowsAsync<ThriftStatusException>(() => call.Soon())).StatusCode);
    }

    [Fact]
    public async Task Accessor_InAnInjectedService_GivesTheCallOfTheHandlerAndDisposesTheHandler()
    {
        var disposed = new TaskCompletionSource();
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", setup => setup
            .AddService<ITestService, Injected>()
            .Services(services => services.AddSingleton(disposed).AddScoped<Helper>()));
        await using var channel = PatientChannel.ForAddress($"grpc://{server.Endpoint}");

        var answer = await new TestServiceClient(channel).EchoUnaryAsync(Ask("x"), TestContext.Current.CancellationToken).Soon();

        Assert.Equal("echo.TestService/EchoUnary over grpc", answer.Message);
        await disposed.Task.Soon();
        Assert.Null(ThriftServerContext.Current);
    }

    private sealed class Helper(IThriftServerContextAccessor accessor)
    {
        public string Describe() => $"{accessor.Context!.Method} over {accessor.Context.Transport}";
    }

    private sealed class Injected(Helper helper, TaskCompletionSource disposed) : ITestService, IAsyncDisposable
    {
        public IAsyncEnumerable<Response> EchoAsync(IAsyncEnumerable<Request> requests, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task<Response> EchoClientAsync(IAsyncEnumerable<Request> requests, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public IAsyncEnumerable<Response> EchoServerAsync(Request req, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public async Task<Response> EchoUnaryAsync(Request req, CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            return Answer(helper.Describe());
        }

        public Task<Response> EchoPingPongAsync(Request req, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask DisposeAsync()
        {
            disposed.SetResult();
            return default;
        }
    }
}
