using Demo.Echo;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.AspNetCore;

namespace Rx.ThriftStreams.Tests.Memory;

public sealed class InMemoryServerTests : IAsyncDisposable
{
    private readonly HoldingService _service = new();
    private readonly ThriftInMemoryServer _server;
    private readonly ThriftChannel _channel;
    private readonly TestServiceClient _client;

    public InMemoryServerTests()
    {
        _server = ThriftInMemoryServer.Create(server => server.AddService<ITestService>(_service));
        _channel = _server.CreateChannel();
        _client = new TestServiceClient(_channel);
    }

    public async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task EchoAsync_ManyMoreThanTheQueueHolds_EchoesEachInOrder()
    {
        var requests = AsyncEnumerable.Range(0, 1000).Select(i => new Request { Message = $"{i}" });

        var answers = await _client.EchoAsync(requests).Select(r => r.Message).ToListAsync(TestContext.Current.CancellationToken).Soon();

        Assert.Equal(Enumerable.Range(0, 1000).Select(i => $"{i}"), answers);
    }

    [Fact]
    public async Task EchoServerAsync_OneRequest_StreamsThree()
        => Assert.Equal(["x-0", "x-1", "x-2"], await _client.EchoServerAsync(new() { Message = "x" }).Select(r => r.Message).ToListAsync(TestContext.Current.CancellationToken));

    [Fact]
    public async Task EchoClientAsync_ManyRequests_AnswersOnce()
    {
        var requests = AsyncEnumerable.Range(0, 1000).Select(_ => new Request { Message = "m" });

        Assert.Equal(1999, (await _client.EchoClientAsync(requests, TestContext.Current.CancellationToken)).Message!.Length);
    }

    [Fact]
    public async Task EchoUnaryAsync_Request_Answers()
        => Assert.Equal("u", (await _client.EchoUnaryAsync(new() { Message = "u" }, TestContext.Current.CancellationToken)).Message);

    [Fact]
    public async Task EchoPingPongAsync_Request_Answers()
        => Assert.Equal("p", (await _client.EchoPingPongAsync(new() { Message = "p" }, TestContext.Current.CancellationToken)).Message);

    [Fact]
    public async Task Messages_Passed_AreCopies()
    {
        var request = new Request { Message = "u" };
        Request? seen = null;
        _service.Unary = received => { seen = received; return new Response { Message = received.Message }; };

        await _client.EchoUnaryAsync(request, TestContext.Current.CancellationToken);

        Assert.NotSame(request, seen);
    }

    [Fact]
    public async Task BizStatus_Thrown_ArrivesWithCodeAndExtraAndTrailers()
    {
        _service.Unary = _ =>
        {
            ThriftServerContext.Current!.ResponseTrailers.Add("where", "here");
            throw new ThriftBizStatusException(404, "no", new Dictionary<string, string> { ["k"] = "v" });
        };

        var error = await Assert.ThrowsAsync<ThriftBizStatusException>(() => _client.EchoUnaryAsync(new(), TestContext.Current.CancellationToken));

        Assert.Equal((404, "no", "v", "here"), (error.Code, error.Message, error.Extra["k"], error.Trailers["where"]));
    }

    [Fact]
    public async Task UnforeseenFault_InHandler_IsInternalAndHidden()
    {
        _service.Unary = _ => throw new InvalidOperationException("secret");

        var error = await Assert.ThrowsAsync<ThriftStatusException>(() => _client.EchoUnaryAsync(new(), TestContext.Current.CancellationToken));

        Assert.Equal(ThriftStatusCode.Internal, error.StatusCode);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Headers_BothWays_Arrive()
    {
        _service.Unary = _ =>
        {
            var context = ThriftServerContext.Current!;
            context.ResponseHeaders.Add("answer", context.RequestHeaders["question"] + context.MetaInfo.Transient["T"] + context.MetaInfo.Persistent["P"]);
            return new Response();
        };
        var metaInfo = new ThriftMetaInfo();
        metaInfo.Transient["T"] = "t";
        metaInfo.Persistent["P"] = "p";

        await using var call = await _client.OpenEchoUnaryAsync(
            new(), new() { Headers = new() { { "question", "q" } }, MetaInfo = metaInfo }, TestContext.Current.CancellationToken);

        Assert.Equal("qtp", (await call.GetHeadersAsync(TestContext.Current.CancellationToken).Soon())["answer"]);
    }

    [Fact]
    public async Task Deadline_OfTheCaller_ReachesTheHandler()
    {
        var clock = new FakeTimeProvider();
        await using var server = ThriftInMemoryServer.Create(s => s.AddService<ITestService>(_service).Configure(o => o.TimeProvider = clock));
        await using var channel = server.CreateChannel(new() { TimeProvider = clock });
        DateTimeOffset? deadline = null;
        _service.Unary = _ =>
        {
            deadline = ThriftServerContext.Current!.Deadline;
            return new Response();
        };

        await new TestServiceClient(channel).EchoUnaryAsync(new(), new ThriftCallOptions { Timeout = TimeSpan.FromMinutes(1) }, TestContext.Current.CancellationToken);

        Assert.Equal(clock.GetUtcNow() + TimeSpan.FromMinutes(1), deadline);
    }

    [Fact]
    public async Task ContextOfTheCaller_DoesNotReachTheHandler()
    {
        var local = new AsyncLocal<string?> { Value = "caller" };
        string? seen = "unset";
        _service.Unary = _ =>
        {
            seen = local.Value;
            return new Response();
        };

        await _client.EchoUnaryAsync(new(), TestContext.Current.CancellationToken);

        Assert.Null(seen);
    }

    [Fact]
    public async Task BackwardMetaInfo_OfTheHandler_ComesBack()
    {
        _service.Unary = _ =>
        {
            ThriftServerContext.Current!.MetaInfo.Backward["B"] = "b";
            return new Response();
        };

        await using var call = await _client.OpenEchoUnaryAsync(new(), default, TestContext.Current.CancellationToken);
        await call.GetResponseAsync();

        Assert.Equal("b", call.Backward["B"]);
    }

    [Fact]
    public async Task CallOptions_Endpoint_IsPassedBy()
        => Assert.Equal("m", (await _client.EchoUnaryAsync(
            new() { Message = "m" }, new ThriftCallOptions { Endpoint = "10.0.0.1:1" }, TestContext.Current.CancellationToken)).Message);

    [Fact]
    public async Task LeavingTheEnumeration_EndlessStream_CancelsTheHandler()
    {
        await foreach (var _ in _client.EchoServerAsync(new() { Message = "endless" }))
        {
            break;
        }

        await _service.Cancelled.Task.Soon();
    }

    [Fact]
    public async Task SendAsync_HandlerDoesNotReceive_WaitsWhenTheQueueIsFull()
    {
        await using var call = await _client.OpenEchoAsync(default, TestContext.Current.CancellationToken);
        _service.Hold = true;
        await call.SendAsync(new() { Message = "hold" }, TestContext.Current.CancellationToken);
        await _service.Holding.Task.Soon();
        for (var i = 0; i < 16; i++)
        {
            Assert.True(call.SendAsync(new() { Message = "queued" }, TestContext.Current.CancellationToken).AsTask().IsCompletedSuccessfully);
        }

        var send = call.SendAsync(new() { Message = "too many" }, TestContext.Current.CancellationToken).AsTask();
        Assert.False(send.IsCompleted);
        call.Finish();
        await Assert.ThrowsAsync<ThriftStatusException>(() => send).Soon();
    }

    [Fact]
    public async Task Channel_Disposed_FailsCallsThatGoOn()
    {
        await using var call = await _client.OpenEchoAsync(default, TestContext.Current.CancellationToken);
        var receive = call.FirstAsync(TestContext.Current.CancellationToken).AsTask();

        await _channel.DisposeAsync();

        Assert.Equal(
            ThriftStatusCode.Unavailable,
            (await Assert.ThrowsAsync<ThriftTransportException>(() => receive.Soon())).StatusCode);
    }

    [Fact]
    public async Task Service_NotServed_IsUnimplementedWithKitexNumber()
    {
        await using var empty = ThriftInMemoryServer.Create(_ => { });
        await using var channel = empty.CreateChannel();

        var error = await Assert.ThrowsAsync<ThriftStatusException>(() => new TestServiceClient(channel).EchoUnaryAsync(new(), TestContext.Current.CancellationToken));

        Assert.Equal((ThriftStatusCode.Unimplemented, 20), (error.StatusCode, error.Kitex!.Code));
    }

    [Fact]
    public async Task LargeMessage_OverTheLimit_IsRefused()
    {
        await using var server = ThriftInMemoryServer.Create(s => s.AddService<ITestService>(_service).Configure(o => o.Limits.MaxReceiveMessageSize = 10));
        await using var channel = server.CreateChannel();

        var error = await Assert.ThrowsAsync<ThriftStatusException>(
            () => new TestServiceClient(channel).EchoUnaryAsync(new() { Message = new string('x', 100) }, TestContext.Current.CancellationToken));

        Assert.Equal(ThriftStatusCode.ResourceExhausted, error.StatusCode);
    }
}
