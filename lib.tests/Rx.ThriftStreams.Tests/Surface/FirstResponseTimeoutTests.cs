using System.Runtime.CompilerServices;
using Demo.Echo;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Surface;

/// <summary>The time limit from the start of a call to its first response.</summary>
public sealed class FirstResponseTimeoutTests : TwoClocks
{
    private static readonly ThriftCallOptions s_limited = new() { FirstResponseTimeout = TimeSpan.FromSeconds(30), ReceiveTimeout = TimeSpan.FromSeconds(5) };

    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public async Task Stream_Silent_IsCancelledOnBothSides(string scheme)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var loop = await StartAsync(new() { EchoServer = (_, ct) => Silent(started, cancelled, ct) }, scheme: scheme);
        var receive = loop.Client.EchoServerAsync(Ask("x"), s_limited).FirstAsync(TestContext.Current.CancellationToken).AsTask();
        await started.Task.Soon();

        // The limit of one receive does not apply to the first.
        ClientClock.Advance(TimeSpan.FromSeconds(29));
        Assert.False(receive.IsCompleted);
        ClientClock.Advance(TimeSpan.FromSeconds(1));

        var error = await Assert.ThrowsAsync<ThriftTimeoutException>(() => receive.Soon());
        Assert.Equal((ThriftTimeoutKind.FirstResponse, TimeSpan.FromSeconds(30), ThriftStatusCode.DeadlineExceeded), (error.Kind, error.Configured, error.StatusCode));
        Assert.Equal("The first response of echo.TestService/EchoServer took longer than its FirstResponseTimeout of 30000 ms.", error.Message);
        await cancelled.Task.Soon();
    }

    /// <summary>A server that hangs is slow, not idle.</summary>
    [Theory]
    [InlineData("grpc", ThriftStatusCode.Cancelled)]
    [InlineData("ttheader", ThriftStatusCode.DeadlineExceeded)]
    public async Task Stream_Silent_IsSlowInTheMetricsOfBothSides(string scheme, ThriftStatusCode onServer)
    {
        using var meter = new Measurements();
        var ends = new EventCollector();
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var loop = await StartAsync(new() { EchoServer = (_, ct) => Silent(started, new(), ct) }, scheme: scheme);
        using var subscription = loop.Server.Events.Subscribe(ends);
        var receive = loop.Client.EchoServerAsync(Ask("x"), s_limited).FirstAsync(TestContext.Current.CancellationToken).AsTask();
        await started.Task.Soon();

        ServerClock.Advance(TimeSpan.FromSeconds(29.5));
        ClientClock.Advance(TimeSpan.FromSeconds(30));
        await Assert.ThrowsAsync<ThriftTimeoutException>(() => receive.Soon());
        await ends.FinishedAsync();

        // Calls of other tests are among them.
        Assert.Contains(30.0, meter.Of("thriftstreams.client.first_response.duration", "echo.TestService/EchoServer"));
        Assert.Contains(29.5, meter.Of("thriftstreams.server.first_response.duration", "echo.TestService/EchoServer"));
        Assert.Equal((onServer, true), (ends.Finish.Status!.Value.Code, ends.Finish.Failed));
    }

    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public async Task Stream_AfterItsFirstResponse_HasTheLimitOfReceives(string scheme)
    {
        var cancelled = new TaskCompletionSource<ThriftException?>();
        await using var loop = await StartAsync(new() { EchoServer = (_, ct) => OneThenNothing(cancelled, ct) }, scheme: scheme);
        await using var stream = await loop.Client.OpenEchoServerAsync(Ask("x"), s_limited).Soon();
        await using var responses = stream.GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await responses.MoveNextAsync().Soon());
        ClientClock.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(stream.Status);

        var receive = responses.MoveNextAsync().AsTask();
        ClientClock.Advance(TimeSpan.FromSeconds(5));

        var error = await Assert.ThrowsAsync<ThriftTimeoutException>(() => receive.Soon());
        Assert.Equal((ThriftTimeoutKind.Receive, TimeSpan.FromSeconds(5)), (error.Kind, error.Configured));
        await cancelled.Task.Soon();
    }

    [Theory]
    [InlineData(ThriftTransport.Grpc)]
    [InlineData(ThriftTransport.TTHeaderFramed)]
    [InlineData(ThriftTransport.Framed)]
    [InlineData(ThriftTransport.Buffered)]
    public async Task PingPong_NoAnswer_Fails(ThriftTransport transport)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var service = new ScriptedService { EchoUnary = async (_, ct) => await Silent(started, new(), ct).FirstAsync(ct) };
        await using var loop = await StartAsync(
            service, channel: options => options.PingPongTransport = transport, scheme: transport == ThriftTransport.Grpc ? "grpc" : "ttheader");
        var call = loop.Client.EchoPingPongAsync(Ask("x"), s_limited);
        await started.Task.Soon();

        ClientClock.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal(ThriftTimeoutKind.FirstResponse, (await Assert.ThrowsAsync<ThriftTimeoutException>(() => call.Soon())).Kind);
    }

    [Fact]
    public async Task ClientStream_CountsTheTimeOfItsRequests()
    {
        await using var loop = await StartAsync(new() { EchoClient = async (_, ct) => await Never(ct).FirstAsync(ct) });
        await using var stream = await loop.Client.OpenEchoClientAsync(s_limited).Soon();
        await stream.SendAsync(Ask("x")).Soon();

        ClientClock.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal(ThriftTimeoutKind.FirstResponse, (await Assert.ThrowsAsync<ThriftTimeoutException>(() => stream.SendAsync(Ask("late")).AsTask())).Kind);
        Assert.Equal(ThriftStatusCode.DeadlineExceeded, stream.Status!.Value.Code);
    }

    [Fact]
    public async Task Infinite_RemovesTheInheritedLimit_AndReceivesKeepTheirs()
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var loop = await StartAsync(
            new() { EchoServer = (_, ct) => Silent(started, new(), ct) },
            channel: options =>
            {
                options.Defaults = s_limited with { ReceiveTimeout = TimeSpan.FromSeconds(60) };
                options.Methods["EchoServer"] = new() { FirstResponseTimeout = Timeout.InfiniteTimeSpan };
            });
        await using var stream = await loop.Client.OpenEchoServerAsync(Ask("x")).Soon();
        var receive = stream.FirstAsync(TestContext.Current.CancellationToken).AsTask();
        await started.Task.Soon();

        ClientClock.Advance(TimeSpan.FromSeconds(59));
        Assert.False(receive.IsCompleted);
        ClientClock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(ThriftTimeoutKind.Receive, (await Assert.ThrowsAsync<ThriftTimeoutException>(() => receive.Soon())).Kind);
    }

    [Fact]
    public async Task Timer_RunsUntilTheFirstResponseOnly()
    {
        var clock = new CountingClock();
        var scripted = ScriptedCall.Begin(options: new() { FirstResponseTimeout = TimeSpan.FromSeconds(2) }, clock: clock);
        var answer = scripted.Transport.Hold();
        scripted.Transport.OnReceive = async () =>
        {
            await answer.Task;
            return true;
        };
        var receive = scripted.Call.Responses.MoveNextAsync().AsTask();
        Assert.Equal(1, clock.Running);
        answer.SetResult();
        Assert.True(await receive.Soon());

        Assert.Equal(0, clock.Running);
    }

    private static async IAsyncEnumerable<Response> Silent(TaskCompletionSource started, TaskCompletionSource cancelled, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        started.SetResult();
        await cancellationToken.Cancelled();
        cancelled.SetResult();
        cancellationToken.ThrowIfCancellationRequested();
        yield break;
    }
}
