using System.Runtime.CompilerServices;
using Demo.Echo;
using Microsoft.Extensions.Time.Testing;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Surface;

/// <summary>The limits that a server sets itself, and those that its callers tell it.</summary>
public sealed class ServerTimeoutTests : TwoClocks
{
    [Fact]
    public async Task Timeout_OnTheServer_CancelsTheHandlerAndAnswersStatus4()
    {
        var reason = new TaskCompletionSource<ThriftException?>();
        var deadline = new TaskCompletionSource<DateTimeOffset?>();
        await using var loop = await StartAsync(new() { EchoServer = (_, ct) => Report(ct) });
        await using var stream = await loop.Client.OpenEchoServerAsync(Ask("x"), new() { Timeout = TimeSpan.FromSeconds(5) }).Soon();
        var receive = stream.FirstAsync(TestContext.Current.CancellationToken).AsTask();
        Assert.Equal(5, ((await deadline.Task.Soon())!.Value - ServerClock.GetUtcNow()).TotalSeconds, 0.1);

        // Only the server's clock moves: what the client gets is the server's answer.
        ServerClock.Advance(TimeSpan.FromSeconds(6));

        var error = await Assert.ThrowsAsync<ThriftStatusException>(() => receive.Soon());
        Assert.Equal((ThriftStatusCode.DeadlineExceeded, "context deadline exceeded"), (error.StatusCode, error.Kitex!.Text));
        var timeout = Assert.IsType<ThriftTimeoutException>(await reason.Task.Soon());
        Assert.Equal(ThriftTimeoutKind.Stream, timeout.Kind);

        async IAsyncEnumerable<Response> Report([EnumeratorCancellation] CancellationToken ct)
        {
            var context = ThriftServerContext.Current!;
            deadline.SetResult(context.Deadline);
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, ct);
            }
            finally
            {
                reason.SetResult(context.CancellationReason);
            }

            yield break;
        }
    }

    [Fact]
    public async Task Timeout_OnTheServer_EndsSendsOfAHandlerThatDoesNotLook()
    {
        var go = new TaskCompletionSource();
        await using var loop = await StartAsync(new() { EchoServer = (_, _) => SendLate() });
        await using var stream = await loop.Client.OpenEchoServerAsync(Ask("x"), new() { Timeout = TimeSpan.FromSeconds(5) }).Soon();
        await using var responses = stream.GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await responses.MoveNextAsync().Soon());

        ServerClock.Advance(TimeSpan.FromSeconds(6));
        go.SetResult();

        var error = await Assert.ThrowsAsync<ThriftStatusException>(() => responses.MoveNextAsync().Soon());
        Assert.Equal(ThriftStatusCode.DeadlineExceeded, error.StatusCode);

        async IAsyncEnumerable<Response> SendLate()
        {
            yield return Answer("1");
            await go.Task;
            yield return Answer("2");
        }
    }

    [Fact]
    public async Task ServerReceiveTimeout_CallerSendsNothing_HandlerLearnsWhichAndCallerGets4()
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var seen = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var loop = await StartAsync(
            new()
            {
                EchoClient = async (requests, ct) =>
                {
                    started.SetResult();
                    try
                    {
                        return Answer($"{await requests.CountAsync(ct)}");
                    }
                    catch (Exception error)
                    {
                        seen.SetResult(error);
                        throw;
                    }
                },
            },
            options => options.Limits.ReceiveTimeout = TimeSpan.FromSeconds(3));
        await using var stream = await loop.Client.OpenEchoClientAsync().Soon();
        var response = stream.GetResponseAsync();

        // Before the call has reached its handler, the clock would end the port's wait for the connection's first bytes.
        await started.Task.Soon();
        await AdvanceUntil(ServerClock, TimeSpan.FromSeconds(1), seen.Task);

        var timeout = Assert.IsType<ThriftTimeoutException>(await seen.Task);
        Assert.Equal((ThriftTimeoutKind.Receive, TimeSpan.FromSeconds(3)), (timeout.Kind, timeout.Configured));
        Assert.Equal(ThriftStatusCode.DeadlineExceeded, (await Assert.ThrowsAsync<ThriftStatusException>(() => response.Soon())).StatusCode);
    }

    [Fact]
    public async Task ServerSendTimeout_CallerMakesNoRoom_EndsTheHandlerAndResetsTheStream()
    {
        var ended = new TaskCompletionSource<ThriftException?>();
        await using var loop = await StartAsync(new() { EchoServer = (_, ct) => Flood(ended, ct) }, options => options.Limits.SendTimeout = TimeSpan.FromSeconds(3));
        await using var stream = await loop.Client.OpenEchoServerAsync(Ask("x")).Soon();
        await stream.GetHeadersAsync(TestContext.Current.CancellationToken).Soon();

        await AdvanceUntil(ServerClock, TimeSpan.FromSeconds(1), ended.Task);

        Assert.Equal(ThriftTimeoutKind.Send, Assert.IsType<ThriftTimeoutException>(await ended.Task).Kind);
        var error = await Assert.ThrowsAnyAsync<ThriftException>(() => stream.CountAsync(TestContext.Current.CancellationToken).Soon());

        // A reset, unless the clock ran on while there was room: then the status could be sent.
        Assert.True(error.StatusCode is ThriftStatusCode.Cancelled or ThriftStatusCode.DeadlineExceeded, error.Message);
    }

    [Fact]
    public async Task MaxStreamDuration_Passes_CancelsTheHandlerAndAnswers4()
    {
        var cancelled = new TaskCompletionSource<ThriftException?>();
        await using var loop = await StartAsync(
            new() { EchoServer = (_, ct) => OneThenNothing(cancelled, ct), EchoUnary = (request, _) => Task.FromResult(Answer(request.Message!)) },
            options => options.Limits.MaxStreamDuration = TimeSpan.FromMinutes(1));
        await using var stream = await loop.Client.OpenEchoServerAsync(Ask("x"), new() { Timeout = TimeSpan.FromHours(1) }).Soon();
        await using var responses = stream.GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await responses.MoveNextAsync().Soon());

        ServerClock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(ThriftStatusCode.DeadlineExceeded, (await Assert.ThrowsAsync<ThriftStatusException>(() => responses.MoveNextAsync().Soon())).StatusCode);
        Assert.Equal(TimeSpan.FromMinutes(1), Assert.IsType<ThriftTimeoutException>(await cancelled.Task.Soon()).Configured);
        Assert.Equal("u", (await loop.Client.EchoUnaryAsync(Ask("u"), TestContext.Current.CancellationToken).Soon()).Message);
    }

    /// <summary>Lets a clock run until something has come about; when its timer was set is not to be seen from outside.</summary>
    private static async Task AdvanceUntil(FakeTimeProvider clock, TimeSpan step, Task done)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!done.IsCompleted)
        {
            limit.Token.ThrowIfCancellationRequested();
            clock.Advance(step);
            await Task.Yield();
        }
    }

    private static async IAsyncEnumerable<Response> Flood(TaskCompletionSource<ThriftException?> ended, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var context = ThriftServerContext.Current!;
        var big = Answer(new string('x', 1024 * 1024));
        try
        {
            while (true)
            {
                yield return big;
                await Task.Yield();
            }
        }
        finally
        {
            ended.SetResult(context.CancellationReason);
        }
    }
}
