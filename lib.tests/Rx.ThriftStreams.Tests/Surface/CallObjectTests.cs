using System.Runtime.CompilerServices;
using Demo.Echo;
using Microsoft.Extensions.Logging;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Surface;

public sealed class CallObjectTests
{
    private static async IAsyncEnumerable<Response> EchoEach(IAsyncEnumerable<Request> requests, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var request in requests.WithCancellation(cancellationToken))
        {
            yield return Answer(request.Message!);
        }
    }

    [Fact]
    public async Task SendAsync_TenThousandConcurrentSends_ArriveInTheOrderOfTheirCalls()
    {
        await using var loop = await Loopback.StartAsync(new() { Echo = EchoEach });
        await using var stream = await loop.Client.OpenEchoAsync().Soon();

        var sends = Enumerable.Range(0, 10_000).Select(i => stream.SendAsync(Ask($"{i}")).AsTask()).ToArray();
        var received = stream.Take(sends.Length).Select(r => r.Message).ToListAsync(TestContext.Current.CancellationToken);

        await Task.WhenAll(sends).Soon();
        Assert.Equal(Enumerable.Range(0, 10_000).Select(i => $"{i}"), await received.Soon());
    }

    [Fact]
    public async Task SendAsync_AfterCompletion_SaysSo()
    {
        await using var loop = await Loopback.StartAsync(new() { Echo = EchoEach });
        await using var stream = await loop.Client.OpenEchoAsync().Soon();

        await stream.CompleteAsync().Soon();
        await stream.CompleteAsync().Soon();

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => stream.SendAsync(Ask("late")).AsTask());
        Assert.Contains("after CompleteAsync", error.Message, StringComparison.Ordinal);
        Assert.Empty(await stream.ToListAsync(TestContext.Current.CancellationToken).Soon());
        Assert.Equal(ThriftStatus.Success, stream.Status);
    }

    [Fact]
    public async Task SendAsync_ServerHasEndedTheCall_FailsTyped()
    {
        await using var loop = await Loopback.StartAsync(new() { Echo = (_, _) => AsyncEnumerable.Empty<Response>() });
        await using var stream = await loop.Client.OpenEchoAsync().Soon();
        Assert.Empty(await stream.ToListAsync(TestContext.Current.CancellationToken).Soon());

        var error = await Assert.ThrowsAsync<ThriftStatusException>(() => stream.SendAsync(Ask("late")).AsTask());

        Assert.Equal(ThriftStatusCode.Internal, error.StatusCode);
        Assert.Contains("has ended", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SendAsync_ServerHasEndedTheCallWithAStatusNobodyReceived_ReportsThatStatus()
    {
        await using var loop = await Loopback.StartAsync(new() { Echo = (_, _) => throw new ThriftStatusException(ThriftStatusCode.NotFound, "none") });
        await using var stream = await loop.Client.OpenEchoAsync().Soon();
        await stream.GetHeadersAsync(TestContext.Current.CancellationToken).Soon();

        ThriftException? error = null;
        await Until(() =>
        {
            try
            {
                stream.SendAsync(Ask("x")).AsTask().GetAwaiter().GetResult();
                return false;
            }
            catch (ThriftException thrown)
            {
                error = thrown;
                return true;
            }
        });

        Assert.Equal((ThriftStatusCode.NotFound, "none"), (error!.StatusCode, error.Message));
    }

    [Fact]
    public async Task SendAsync_TokenCancelledWhileWaitingForItsTurn_CancelsThatSendAlone()
    {
        var go = new TaskCompletionSource();
        await using var loop = await Loopback.StartAsync(new()
        {
            EchoClient = async (requests, ct) =>
            {
                await go.Task.WaitAsync(ct);
                return Answer(string.Concat(await requests.Select(r => r.Message![..1]).ToListAsync(ct)));
            },
        });
        await using var stream = await loop.Client.OpenEchoClientAsync().Soon();
        var big = new string('a', 1024 * 1024);
        using var cancel = new CancellationTokenSource();
        var sends = Enumerable.Range(0, 12).Select(_ => stream.SendAsync(Ask(big)).AsTask()).ToArray();
        var cancelled = stream.SendAsync(Ask("b"), cancel.Token).AsTask();
        var last = stream.SendAsync(Ask("c")).AsTask();
        await cancel.CancelAsync();

        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.Soon());
        Assert.Equal(cancel.Token, error.CancellationToken);
        go.SetResult();
        await Task.WhenAll(sends).Soon();
        await last.Soon();
        Assert.Equal(new string('a', 12) + "c", (await stream.CompleteAndReceiveAsync().Soon()).Message);
    }

    [Fact]
    public async Task Finish_InTheMiddle_CancelsTheHandlerAndEndsTheCall()
    {
        var handler = new TaskCompletionSource<ThriftException?>();
        await using var loop = await Loopback.StartAsync(new() { EchoServer = (_, ct) => Count(handler, ct) });
        await using var stream = await loop.Client.OpenEchoServerAsync(Ask("go")).Soon();
        var responses = stream.GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await responses.MoveNextAsync().Soon());

        stream.Finish();

        Assert.Equal(ThriftStatusCode.Cancelled, (await handler.Task.Soon())!.StatusCode);
        Assert.Equal(ThriftStatusCode.Cancelled, stream.Status!.Value.Code);
        Assert.Equal(ThriftStatusCode.Cancelled, (await Assert.ThrowsAsync<ThriftStatusException>(() => responses.MoveNextAsync().AsTask())).StatusCode);
    }

    [Fact]
    public async Task DisposeAsync_WhileASendWaits_FailsTheSend()
    {
        await using var loop = await Loopback.StartAsync(new() { EchoClient = async (_, ct) => await Never(ct).FirstAsync(ct) });
        var stream = await loop.Client.OpenEchoClientAsync().Soon();
        var sends = Enumerable.Range(0, 40).Select(_ => stream.SendAsync(Ask(new string('x', 1024 * 1024))).AsTask()).ToArray();
        Assert.Contains(sends, send => !send.IsCompleted);

        await stream.DisposeAsync().Soon();

        var errors = 0;
        foreach (var send in sends)
        {
            try
            {
                await send.Soon();
            }
            catch (ThriftStatusException error)
            {
                Assert.Equal(ThriftStatusCode.Cancelled, error.StatusCode);
                errors++;
            }
        }

        Assert.True(errors > 0);
    }

    [Fact]
    public async Task Stream_AbandonedWithoutDisposal_IsCancelledAndLoggedOnce()
    {
        var handler = new TaskCompletionSource<ThriftException?>();
        await using var loop = await Loopback.StartAsync(new() { EchoServer = (_, ct) => Count(handler, ct) });

        await OpenAndForget(loop.Client);
        await Until(() =>
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return handler.Task.IsCompleted;
        });

        Assert.Equal(ThriftStatusCode.Cancelled, (await handler.Task)!.StatusCode);
        await Until(() => loop.Log.Entries.Count > 0);
        var entry = Assert.Single(loop.Log.Entries);
        Assert.Equal((LogLevel.Warning, 1), (entry.Level, entry.Id));
        Assert.Contains("EchoServer", entry.Text, StringComparison.Ordinal);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static async Task OpenAndForget(TestServiceClient client)
        {
            var stream = await client.OpenEchoServerAsync(Ask("go"));
            await stream.GetHeadersAsync();
        }
    }

    [Fact]
    public async Task ColdEnumeration_AbandonedWithoutDisposal_IsCancelledAndLoggedOnce()
    {
        var handler = new TaskCompletionSource<ThriftException?>();
        await using var loop = await Loopback.StartAsync(new() { EchoServer = (_, ct) => Count(handler, ct) });

        await EnumerateAndForget(loop.Client);
        await Until(() =>
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return handler.Task.IsCompleted;
        });

        await Until(() => loop.Log.Entries.Count > 0);
        Assert.Equal(1, Assert.Single(loop.Log.Entries).Id);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static async Task EnumerateAndForget(TestServiceClient client)
        {
            var responses = client.EchoServerAsync(Ask("go")).GetAsyncEnumerator();
            Assert.True(await responses.MoveNextAsync());
        }
    }

    [Fact]
    public async Task CallObject_WhileItRunsAndAfterwards_ShowsWhatGoesWithTheMessages()
    {
        await using var loop = await Loopback.StartAsync(new() { EchoServer = (request, _) => WithMetadata(request) });
        await using var stream = await loop.Client.OpenEchoServerAsync(Ask("x")).Soon();

        Assert.Equal("echo.TestService/EchoServer", stream.Method.FullName);
        Assert.Equal(loop.Server.Endpoint.ToString(), stream.Peer);
        Assert.Null(stream.Status);
        Assert.Empty(stream.Trailers);
        var headers = await stream.GetHeadersAsync(TestContext.Current.CancellationToken).Soon();
        Assert.Same(headers, await stream.GetHeadersAsync(TestContext.Current.CancellationToken).Soon());
        Assert.Equal("h", headers["x-header"]);

        Assert.Single(await stream.ToListAsync(TestContext.Current.CancellationToken).Soon());
        Assert.Equal(ThriftStatus.Success, stream.Status);
        Assert.Equal("t", stream.Trailers["x-trailer"]);
        await Assert.ThrowsAsync<InvalidOperationException>(() => stream.ToListAsync(TestContext.Current.CancellationToken).AsTask());

        static async IAsyncEnumerable<Response> WithMetadata(Request request)
        {
            ThriftServerContext.Current!.ResponseHeaders.Add("x-header", "h");
            ThriftServerContext.Current.ResponseTrailers.Add("x-trailer", "t");
            yield return Answer(request.Message!);
            await Task.CompletedTask;
        }
    }

    [Fact]
    public async Task GetHeadersAsync_CallThatEndsWithoutThem_GivesEmptyOnes()
    {
        await using var loop = await Loopback.StartAsync(new() { EchoServer = (_, ct) => Never(ct) });
        using var cancel = new CancellationTokenSource();
        await using var stream = await loop.Client.OpenEchoServerAsync(Ask("x"), default, cancel.Token).Soon();
        var headers = stream.GetHeadersAsync(TestContext.Current.CancellationToken);
        Assert.False(headers.IsCompleted);

        await cancel.CancelAsync();

        Assert.Empty(await headers.Soon());
    }

    [Fact]
    public async Task Handler_ThatUsesItsResponseAgain_SendsEachAsItWas()
    {
        await using var loop = await Loopback.StartAsync(new() { EchoServer = (_, _) => Mutate() });

        var received = await loop.Client.EchoServerAsync(Ask("x")).Select(r => r.Message).ToListAsync(TestContext.Current.CancellationToken).Soon();

        Assert.Equal(["1", "2", "3"], received);

        static async IAsyncEnumerable<Response> Mutate()
        {
            var response = new Response();
            for (var i = 1; i <= 3; i++)
            {
                response.Message = $"{i}";
                yield return response;
            }

            await Task.CompletedTask;
        }
    }

    [Fact]
    public async Task ClientStream_ServerAnswersEarly_GivesTheAnswerWithoutCompletion()
    {
        await using var loop = await Loopback.StartAsync(new() { EchoClient = async (requests, ct) => Answer((await requests.FirstAsync(ct)).Message!) });
        await using var stream = await loop.Client.OpenEchoClientAsync().Soon();

        await stream.SendAsync(Ask("first"), TestContext.Current.CancellationToken).Soon();

        Assert.Equal("first", (await stream.GetResponseAsync().Soon()).Message);
        Assert.Equal("first", (await stream.CompleteAndReceiveAsync().Soon()).Message);
    }

    [Fact]
    public async Task Messages_OfThreeMebibytes_TravelBothWays()
    {
        await using var loop = await Loopback.StartAsync(new() { Echo = EchoEach });
        var text = new string('x', 3 * 1024 * 1024);

        var received = await loop.Client.EchoAsync(AsyncEnumerable.Repeat(Ask(text), 3)).Select(r => r.Message!.Length).ToListAsync(TestContext.Current.CancellationToken).Soon();

        Assert.Equal([text.Length, text.Length, text.Length], received);
    }

    private static async IAsyncEnumerable<Response> Count(TaskCompletionSource<ThriftException?> ended, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var context = ThriftServerContext.Current!;
        yield return Answer("0");
        try
        {
            await cancellationToken.Cancelled();
        }
        finally
        {
            ended.TrySetResult(context.CancellationReason);
        }
    }
}
