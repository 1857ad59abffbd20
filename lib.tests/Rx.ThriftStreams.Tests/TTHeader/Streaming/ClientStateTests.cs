using Demo.Echo;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.TTHeader.Streaming;

/// <summary>What the client makes of a server's frames, and what it sends.</summary>
public sealed class ClientStateTests : IAsyncDisposable
{
    private readonly ScriptedStreamingServer _server = new();
    private readonly FakeTimeProvider _clock = new();
    private readonly ThriftChannel _channel;
    private readonly TestServiceClient _client;

    public ClientStateTests()
    {
        _channel = PatientChannel.ForAddress(
            _server.Address,
            new()
            {
                ServiceName = "lab.client",
                Connections = { MaxPerEndpoint = 1 },
                Resilience = { ConnectTimeout = Timeout.InfiniteTimeSpan },
                TimeProvider = _clock,
            });
        _client = new TestServiceClient(_channel);
    }

    public async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Open_HeadersAndMetaInfo_AreInTheHeaderFrame()
    {
        var options = new ThriftCallOptions
        {
            Headers = new ThriftMetadata { { "x-user", "v" }, { "isn", "Other" } },
            MetaInfo = new ThriftMetaInfo { Transient = { ["lowerKey"] = "t" }, Persistent = { ["P"] = "p" } },
            Timeout = TimeSpan.FromSeconds(5),
        };
        await using var stream = await _client.OpenEchoAsync(options, TestContext.Current.CancellationToken);
        var server = await _server.AcceptAsync();

        var header = await server.ExpectAsync(TTHeaderFrameType.Header);
        Assert.Equal("Echo", header.Method);
        Assert.Equal(
            [("RPC_PERSIST_P", "p"), ("RPC_TRANSIT_lowerKey", "t"), ("isn", "TestService"), ("rx-timeout", "5000"), ("rx-window", "65536"), ("x-user", "v")],
            header.Pairs.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => (p.Key, p.Value)));
    }

    public static TheoryData<string, string[]> Tolerated => new()
    {
        { "baseline", ["header", "data", "trailer"] },
        { "no header", ["data", "trailer"] },
        { "meta first", ["meta", "header", "data", "trailer"] },
        { "no method", ["bare"] },
        { "data of another id", ["header", "stray", "data", "trailer"] },
        { "biz-status 0", ["header", "data", "biz0"] },
        { "other flags and protocol", ["odd", "data", "trailer"] },
    };

    [Theory]
    [MemberData(nameof(Tolerated))]
    public async Task EchoServer_WhatKitexTolerates_ReceivesHi(string what, string[] script)
    {
        Assert.NotEmpty(what);
        var received = _client.EchoServerAsync(new() { Message = "x" }).Select(r => r.Message).ToListAsync(TestContext.Current.CancellationToken);
        var (server, id) = await BeginAsync();
        foreach (var step in script)
        {
            await server.SendAsync(step switch
            {
                "header" => FramePeer.Frame(TTHeaderFrameType.Header, id),
                "data" => FramePeer.Data(id, "hi"),
                "trailer" => FramePeer.Trailer(id),
                "meta" => FramePeer.Frame(TTHeaderFrameType.Meta, id, pairs: [("a", "b")], payload: [1]),
                "bare" => [.. FramePeer.Frame(TTHeaderFrameType.Header, id, null), .. FramePeer.Data(id, "hi", null), .. FramePeer.Trailer(id, null)],
                "stray" => FramePeer.Data(id + 1000, "stray"),
                "biz0" => FramePeer.Trailer(id, "Echo", ("biz-status", "0"), ("biz-message", "nf")),
                _ => FramePeer.Frame(TTHeaderFrameType.Header, id, flags: (TTHeaderFlags)6, protocol: TTHeaderProtocolId.KitexProtobuf),
            });
        }

        Assert.Equal(["hi"], await received.Soon());
    }

    [Fact]
    public async Task EchoServer_BizErrorAfterMessages_DeliversThemFirst()
    {
        var seen = new List<string?>();
        var call = Task.Run(async () =>
        {
            await foreach (var response in _client.EchoServerAsync(new() { Message = "x" }))
            {
                seen.Add(response.Message);
            }
        });
        var (server, id) = await BeginAsync();
        await server.SendAsync(
            FramePeer.Data(id, "one"),
            FramePeer.Data(id, "two"),
            FramePeer.Trailer(id, "Echo", ("biz-status", "404"), ("biz-message", "nf é"), ("biz-extra", "{\"a\":\"b\"}"), ("x-t", "v")));

        var error = await Assert.ThrowsAsync<ThriftBizStatusException>(() => call.Soon());
        Assert.Equal(["one", "two"], seen);
        Assert.Equal((404, "nf é", "b", "v"), (error.Code, error.Message, error.Extra["a"], error.Trailers["x-t"]));
    }

    public static TheoryData<string, int, ThriftStatusCode, string> Ends => new()
    {
        { "bad biz-extra", 12003, ThriftStatusCode.Internal, "malformed header info, extra: {nope" },
        { "exception", 12001, ThriftStatusCode.Unimplemented, "unknown method" },
        { "shutdown", 12001, ThriftStatusCode.Unavailable, "transport is closing" },
        { "both", 12001, ThriftStatusCode.Internal, "boom" },
        { "garbage payload", 12004, ThriftStatusCode.Internal, "the Thrift message ends inside its envelope." },
        { "second header", 12002, ThriftStatusCode.Internal, "stream[{0}] already set header" },
        { "reset", 12010, ThriftStatusCode.Cancelled, "server gave up" },
        { "bare reset", 13, ThriftStatusCode.Cancelled, "rst" },
        { "frame type 7", 12004, ThriftStatusCode.Internal, "unexpected frame type: 7" },
        { "closed", 12006, ThriftStatusCode.Unavailable, "connection closed by peer" },
    };

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task EchoServer_EndsBadly_IsItsError(string how, int code, ThriftStatusCode status, string text)
    {
        var call = _client.EchoServerAsync(new() { Message = "x" }).CountAsync(TestContext.Current.CancellationToken).AsTask();
        var (server, id) = await BeginAsync();
        switch (how)
        {
            case "bad biz-extra":
                await server.SendAsync(FramePeer.Trailer(id, "Echo", ("biz-status", "4"), ("biz-extra", "{nope")));
                break;
            case "exception":
                await server.SendAsync(FramePeer.Frame(TTHeaderFrameType.Trailer, id, payload: FramePeer.Exception("unknown method", 1, id: 999)));
                break;
            case "shutdown":
                await server.SendAsync(FramePeer.Frame(TTHeaderFrameType.Trailer, id, payload: FramePeer.Exception("transport is closing", 12006)));
                break;
            case "both":
                await server.SendAsync(FramePeer.Frame(TTHeaderFrameType.Trailer, id, pairs: [("biz-status", "4")], payload: FramePeer.Exception("boom", 6)));
                break;
            case "garbage payload":
                await server.SendAsync(FramePeer.Frame(TTHeaderFrameType.Trailer, id, payload: [1, 2]));
                break;
            case "second header":
                await server.SendAsync(FramePeer.Frame(TTHeaderFrameType.Header, id), FramePeer.Frame(TTHeaderFrameType.Header, id));
                break;
            case "reset":
                await server.SendAsync(FramePeer.Frame(TTHeaderFrameType.Rst, id, pairs: [("ttscp", "svcA,svcB")], payload: FramePeer.Exception("server gave up", 12010)));
                break;
            case "bare reset":
                await server.SendAsync(FramePeer.Frame(TTHeaderFrameType.Rst, id));
                break;
            case "frame type 7":
                await server.SendAsync(FramePeer.Frame(TTHeaderFrameType.Data, id, frameType: 7));
                break;
            default:
                await server.Pipe.Output.CompleteAsync();
                break;
        }

        var error = await Assert.ThrowsAnyAsync<ThriftException>(() => call.Soon());
        Assert.Equal((code, status), (error.Kitex!.Code, error.StatusCode));
        Assert.Equal(string.Format(System.Globalization.CultureInfo.InvariantCulture, text.Replace("{nope", "{{nope", StringComparison.Ordinal), id), error.Kitex.Text);
        Assert.Equal(code == 12010 ? ["svcA", "svcB"] : [], error.Kitex.CancelPath);
        Assert.Equal(
            how is "shutdown" or "closed" ? typeof(ThriftTransportException) : code is >= 12002 and <= 12006 ? typeof(ThriftProtocolException) : typeof(ThriftStatusException),
            error.GetType());
    }

    [Fact]
    public async Task Connection_LostAfterAMessage_IsAnErrorAndTheNextCallConnectsAgain()
    {
        var seen = new List<string?>();
        var call = Task.Run(async () =>
        {
            await foreach (var response in _client.EchoServerAsync(new() { Message = "x" }))
            {
                seen.Add(response.Message);
            }
        });
        var (server, id) = await BeginAsync();
        await server.SendAsync(FramePeer.Data(id, "hi"));
        await server.Pipe.Output.CompleteAsync();
        Assert.Equal(12006, (await Assert.ThrowsAsync<ThriftTransportException>(() => call.Soon())).Kitex!.Code);
        Assert.Equal(["hi"], seen);

        var again = _client.EchoServerAsync(new() { Message = "x" }).CountAsync(TestContext.Current.CancellationToken).AsTask();
        var (second, secondId) = await BeginAsync();
        await second.SendAsync(FramePeer.Trailer(secondId));
        Assert.Equal(0, await again.Soon());
    }

    [Fact]
    public async Task Trailer_BeforeHalfClose_IsAnswered()
    {
        await using var stream = await _client.OpenEchoAsync(cancellationToken: TestContext.Current.CancellationToken);
        var server = await _server.AcceptAsync();
        var id = (await server.ExpectAsync(TTHeaderFrameType.Header)).Id;
        await server.SendAsync(FramePeer.Trailer(id, "Echo", ("x-t", "v")));

        await server.ExpectAsync(TTHeaderFrameType.Trailer, id);
    }

    [Fact]
    public async Task Cancel_TokenCancelled_ResetWith12007ThenTrailer()
    {
        using var cancel = new CancellationTokenSource();
        await using var stream = await _client.OpenEchoAsync(cancellationToken: cancel.Token);
        var server = await _server.AcceptAsync();
        var id = (await server.ExpectAsync(TTHeaderFrameType.Header)).Id;
        await cancel.CancelAsync();

        var reset = await server.ExpectAsync(TTHeaderFrameType.Rst, id);
        Assert.Equal("lab.client", reset.Pairs["ttscp"]);
        Assert.Equal(12007, (int)reset.Error.Type);
        Assert.StartsWith("user code invoking stream RPC with context processed by", reset.Error.Message, StringComparison.Ordinal);
        await server.ExpectAsync(TTHeaderFrameType.Trailer, id);
    }

    [Fact]
    public async Task Cancel_ChannelDisposedAtOnce_TheResetStillArrives()
    {
        for (var round = 0; round < 50; round++)
        {
            var channel = PatientChannel.ForAddress(_server.Address, new() { Connections = { MaxPerEndpoint = 1 } });
            var stream = await new TestServiceClient(channel).OpenEchoAsync(cancellationToken: TestContext.Current.CancellationToken);
            var server = await _server.AcceptAsync();
            var id = (await server.ExpectAsync(TTHeaderFrameType.Header)).Id;

            stream.Finish();
            await channel.DisposeAsync();

            await server.ExpectAsync(TTHeaderFrameType.Rst, id);
        }
    }

    [Fact]
    public async Task Cancel_AfterHalfClose_ResetWithoutTrailer()
    {
        using var cancel = new CancellationTokenSource();
        await using var stream = await _client.OpenEchoAsync(cancellationToken: cancel.Token);
        await stream.CompleteAsync();
        var server = await _server.AcceptAsync();
        var id = (await server.ExpectAsync(TTHeaderFrameType.Header)).Id;
        await server.ExpectAsync(TTHeaderFrameType.Trailer, id);
        await cancel.CancelAsync();
        await server.ExpectAsync(TTHeaderFrameType.Rst, id);

        await using var next = await _client.OpenEchoAsync(cancellationToken: TestContext.Current.CancellationToken);
        await server.ExpectAsync(TTHeaderFrameType.Header);
    }

    [Theory]
    [InlineData(ThriftTimeoutKind.Stream, 12015, "stream timeout, timeout in ctx: 300ms")]
    [InlineData(ThriftTimeoutKind.Receive, 12014, "stream Recv timeout, timeout config={Timeout:300ms DisableCancelRemote:false}")]
    [InlineData(ThriftTimeoutKind.FirstResponse, 12014, "stream Recv timeout, timeout config={Timeout:300ms DisableCancelRemote:false}")]
    public async Task Timeout_Expires_ResetSaysWhich(ThriftTimeoutKind kind, int code, string text)
    {
        var limit = TimeSpan.FromMilliseconds(300);
        var options = kind switch
        {
            ThriftTimeoutKind.Stream => new ThriftCallOptions { Timeout = limit },
            ThriftTimeoutKind.Receive => new ThriftCallOptions { ReceiveTimeout = limit },
            _ => new ThriftCallOptions { FirstResponseTimeout = limit },
        };
        await using var stream = await _client.OpenEchoAsync(options, TestContext.Current.CancellationToken);
        var server = await _server.AcceptAsync();
        var id = (await server.ExpectAsync(TTHeaderFrameType.Header)).Id;
        var receive = stream.GetAsyncEnumerator(TestContext.Current.CancellationToken).MoveNextAsync().AsTask();
        _clock.Advance(limit);

        await Assert.ThrowsAsync<ThriftTimeoutException>(() => receive.Soon());
        var reset = await server.ExpectAsync(TTHeaderFrameType.Rst, id);
        Assert.Equal((code, text), ((int)reset.Error.Type, reset.Error.Message));
    }

    [Fact]
    public async Task Connection_Idle_IsClosed()
    {
        var call = _client.EchoServerAsync(new() { Message = "x" }).CountAsync(TestContext.Current.CancellationToken).AsTask();
        var (server, id) = await BeginAsync();
        await server.SendAsync(FramePeer.Trailer(id));
        await call.Soon();
        _clock.Advance(TimeSpan.FromMinutes(2));

        await server.ExpectClosedAsync();
    }

    private async Task<(FramePeer Server, int Id)> BeginAsync()
    {
        var server = await _server.AcceptAsync();
        var id = (await server.ExpectAsync(TTHeaderFrameType.Header)).Id;
        await server.ExpectAsync(TTHeaderFrameType.Data, id);
        await server.ExpectAsync(TTHeaderFrameType.Trailer, id);
        return (server, id);
    }
}
