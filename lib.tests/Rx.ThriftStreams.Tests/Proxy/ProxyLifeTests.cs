using System.Runtime.CompilerServices;
using Demo.Echo;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.Contracts;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Proxy;

/// <summary>How calls through a proxy end: with the server's result, with the caller's cancellation or deadline, or because the server is gone.</summary>
public sealed class ProxyLifeTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Pairs { get; } = new(
        from front in new[] { "grpc", "ttheader" }
        from back in new[] { "grpc", "ttheader" }
        select (front, back));

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Error_OfTheServer_ReachesTheCallerAsItIs(string front, string back)
    {
        await using var chain = await ProxyChain.StartAsync(front, back, new ScriptedService
        {
            EchoServer = static (request, _) => throw (request.Message == "biz"
                ? new ThriftBizStatusException(7, "no stock", new Dictionary<string, string> { ["item"] = "pen" })
                : new ThriftStatusException(ThriftStatusCode.NotFound, "no such thing")),
            EchoUnary = static (request, _) => throw new ThriftBizStatusException(8, request.Message!),
        });

        var status = await Assert.ThrowsAsync<ThriftStatusException>(() => chain.Client.EchoServerAsync(Ask("x"), Token).CountAsync(Token).AsTask());
        var business = await Assert.ThrowsAsync<ThriftBizStatusException>(() => chain.Client.EchoServerAsync(Ask("biz"), Token).CountAsync(Token).AsTask());
        var single = await Assert.ThrowsAsync<ThriftBizStatusException>(() => chain.Client.EchoPingPongAsync(Ask("full"), Token));

        Assert.Equal((ThriftStatusCode.NotFound, "no such thing"), (status.StatusCode, status.Message));
        Assert.Equal((7, "no stock", "pen"), (business.Code, business.Message, business.Extra["item"]));
        Assert.Equal((8, "full"), (single.Code, single.Message));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Server_ThatIsNotThere_IsUnavailable_WithoutItsAddress(string front, string back)
    {
        await using var chain = await ProxyChain.StartAsync(front, back, new EchoService(), upstream: new() { Resilience = { ConnectTimeout = TimeSpan.FromSeconds(20) } });
        await chain.StopServerAsync();

        var stream = await Assert.ThrowsAsync<ThriftStatusException>(() => chain.Client.EchoServerAsync(Ask("x"), Token).CountAsync(Token).AsTask());
        var call = await Assert.ThrowsAsync<ThriftStatusException>(() => chain.Client.EchoPingPongAsync(Ask("x"), Token));

        Assert.Equal((ThriftStatusCode.Unavailable, "The server to which echo.TestService/EchoServer is forwarded is not available."), (stream.StatusCode, stream.Message));
        Assert.Equal(ThriftStatusCode.Unavailable, call.StatusCode);
        Assert.Contains(chain.Log.Entries, static entry => entry.Id == 15 && entry.Level == LogLevel.Warning && entry.Text.Contains("127.0.0.1", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Server_ThatIsLostInAStream_IsUnavailable(string front, string back)
    {
        var service = new HoldingService { Hold = true };
        await using var chain = await ProxyChain.StartAsync(front, back, service);
        await using var call = await chain.Client.OpenEchoAsync(cancellationToken: Token);
        await call.SendAsync(Ask("x"), Token);
        await service.Holding.Task.Soon();

        var receiving = call.FirstAsync(Token).AsTask();
        await chain.StopServerAsync();

        var error = await Assert.ThrowsAsync<ThriftStatusException>(() => receiving.Soon());
        Assert.Equal(ThriftStatusCode.Unavailable, error.StatusCode);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Cancellation_OfTheCaller_ReachesTheServer(string front, string back)
    {
        var service = new HoldingService();
        await using var chain = await ProxyChain.StartAsync(front, back, service);

        Assert.Equal("endless-0", (await chain.Client.EchoServerAsync(Ask("endless"), Token).FirstAsync(Token)).Message);

        await service.Cancelled.Task.Soon();
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Deadline_OfTheCaller_IsTheServers(string front, string back)
    {
        var seen = new TaskCompletionSource<DateTimeOffset?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var chain = await ProxyChain.StartAsync(front, back, new ScriptedService
        {
            EchoServer = (_, _) =>
            {
                seen.TrySetResult(ThriftServerContext.Current!.Deadline);
                return AsyncEnumerable.Empty<Response>();
            },
        });
        var before = DateTimeOffset.UtcNow;

        await chain.Client.EchoServerAsync(Ask("x"), new() { Timeout = TimeSpan.FromMinutes(10) }, Token).CountAsync(Token);

        Assert.InRange((await seen.Task)!.Value, before, before + TimeSpan.FromMinutes(11));
    }

    [Theory]
    [InlineData("grpc", "ttheader")]
    [InlineData("ttheader", "grpc")]
    public async Task ResponseHeaders_ReachACallerThatWaitsForThemBeforeItSends(string front, string back)
    {
        await using var chain = await ProxyChain.StartAsync(front, back, new ScriptedService { Echo = GreetAsync }, ProxyScope.All);
        await using var call = await chain.Client.OpenEchoAsync(cancellationToken: Token);

        var headers = await call.GetHeadersAsync(Token).Soon();
        await call.SendAsync(Ask("x"), Token);
        await call.CompleteAsync(Token);

        Assert.Equal("yes", headers["ready"]);
        Assert.Equal(1, await call.CountAsync(Token));

        static async IAsyncEnumerable<Response> GreetAsync(IAsyncEnumerable<Request> requests, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            var context = ThriftServerContext.Current!;
            context.ResponseHeaders["ready"] = "yes";
            await context.SendHeadersAsync(cancellationToken);
            await foreach (var request in requests.WithCancellation(cancellationToken))
            {
                yield return Answer(request.Message!);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Server_ThatAnswersBeforeTheRequestsEnd_EndsTheCall(string front, string back)
    {
        await using var chain = await ProxyChain.StartAsync(front, back, new ScriptedService { Echo = static (requests, _) => requests.Take(1).Select(static r => Answer(r.Message!)) });
        await using var call = await chain.Client.OpenEchoAsync(cancellationToken: Token);
        await call.SendAsync(Ask("x"), Token);

        Assert.Equal(1, await call.CountAsync(Token).AsTask().Soon());
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task BackPressure_OfASlowCaller_ReachesTheServer(string front, string back)
    {
        const int Messages = 4_000;
        var sent = 0;
        await using var chain = await ProxyChain.StartAsync(front, back, new ScriptedService { EchoServer = (_, token) => FloodAsync(token) });
        var received = 0;
        var most = 0;

        await foreach (var _ in chain.Client.EchoServerAsync(Ask("x"), Token))
        {
            most = Math.Max(most, Volatile.Read(ref sent) - ++received);
        }

        // What fits into the buffers of three processes and two connections; the whole stream is ten times as much.
        Assert.Equal(Messages, received);
        Assert.InRange(most, 1, Messages / 10);

        async IAsyncEnumerable<Response> FloodAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            var text = new string('x', 64 * 1024);
            for (; sent < Messages; Interlocked.Increment(ref sent))
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return Answer(text);
            }

            await Task.CompletedTask;
        }
    }

    [Theory]
    [InlineData("grpc", "ttheader")]
    [InlineData("ttheader", "grpc")]
    public async Task Message_ThatIsMalformed_IsTheCallersFault(string front, string back)
    {
        await using var chain = await ProxyChain.StartAsync(front, back, new EchoService(), ProxyScope.All);
        var method = new ThriftMethod<Broken, ThriftRawMessage>("echo", "TestService", "Echo", ThriftStreamingMode.Bidirectional);

        var calling = new ThriftInvoker(chain.Channel).DuplexStreamingAsync(method, new[] { new Broken() }.ToAsyncEnumerable(), cancellationToken: Token);
        var error = await Assert.ThrowsAnyAsync<ThriftException>(() => calling.CountAsync(Token).AsTask());

        Assert.DoesNotContain("forwarded", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(chain.Log.Entries, static entry => entry.Id == 15);
    }

    [Theory]
    [InlineData("grpc", "ttheader")]
    [InlineData("ttheader", "grpc")]
    public async Task Limits_OfTheProxy_Hold(string front, string back)
    {
        await using var chain = await ProxyChain.StartAsync(front, back, new EchoService(), proxy: static options => options.Limits.MaxReceiveMessageSize = 1000);

        var error = await Assert.ThrowsAnyAsync<ThriftException>(() => chain.Client.EchoServerAsync(Ask(new string('x', 2000)), Token).CountAsync(Token).AsTask());

        Assert.Equal(ThriftStatusCode.ResourceExhausted, error.StatusCode);
    }

    [Theory]
    [InlineData(ProxyScope.All)]
    [InlineData(ProxyScope.Named)]
    [InlineData(ProxyScope.Described)]
    public async Task Conventions_OfTheProxy_Hold(ProxyScope scope)
    {
        foreach (var front in new[] { "grpc", "ttheader" })
        {
            await using var chain = await ProxyChain.StartAsync(front, "grpc", new EchoService(), scope, configure: static proxy => proxy.RejectThriftCalls(static _ => new("closed")));

            var error = await Assert.ThrowsAsync<ThriftStatusException>(() => chain.Client.EchoServerAsync(Ask("x"), Token).CountAsync(Token).AsTask());

            Assert.Equal(ThriftStatusCode.PermissionDenied, error.StatusCode);
        }
    }
}
