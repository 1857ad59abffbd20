using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.TTHeader.Streaming;

/// <summary>What the server answers, frame by frame, to a client that keeps to the rules or bends them as Kitex's server allows.</summary>
public sealed class ServerStateTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly ProgramService _service = new();
    private readonly StreamingHost _host;
    private readonly FramePeer _client;
    private readonly Task _served;

    public ServerStateTests()
    {
        _host = new StreamingHost(_service, options => options.TimeProvider = _clock);
        (_client, _served) = _host.Connect();
    }

    public async ValueTask DisposeAsync()
    {
        await _client.Pipe.Output.CompleteAsync();
        await _served.Soon();
        await _host.DisposeAsync();
    }

    [Fact]
    public async Task Echo_OneRequest_HeaderDataTrailer()
    {
        await _client.SendAsync(FramePeer.Header(1), FramePeer.Data(1, "hello"), FramePeer.Trailer(1));

        Assert.Empty((await _client.ExpectAsync(TTHeaderFrameType.Header, 1)).Pairs);
        Assert.Equal("hello", (await _client.ExpectAsync(TTHeaderFrameType.Data, 1)).Text);
        var end = await _client.ExpectAsync(TTHeaderFrameType.Trailer, 1);
        Assert.Empty(end.Pairs);
        Assert.Empty(end.Payload);
        Assert.Equal("Echo", end.Method);
    }

    public static TheoryData<string, int, string?, string?> Tolerated => new()
    {
        { "no isn", 1, null, "Echo" },
        { "wrong isn", 1, "Nobody", "Echo" },
        { "id 0", 0, "TestService", "Echo" },
        { "negative id", -7, "TestService", "Echo" },
        { "no method on later frames", 1, "TestService", null },
        { "another method on later frames", 1, "TestService", "Other" },
    };

    [Theory]
    [MemberData(nameof(Tolerated))]
    public async Task Echo_BentRules_Answers(string what, int id, string? service, string? laterMethod)
    {
        Assert.NotEmpty(what);
        await _client.SendAsync(FramePeer.Header(id, "Echo", service), FramePeer.Data(id, "hello", laterMethod), FramePeer.Trailer(id, laterMethod));

        await _client.ExpectAsync(TTHeaderFrameType.Header, id);
        Assert.Equal("hello", (await _client.ExpectAsync(TTHeaderFrameType.Data, id)).Text);
        await _client.ExpectAsync(TTHeaderFrameType.Trailer, id);
    }

    [Fact]
    public async Task Echo_OtherFlagsProtocolMetaAndHeaderPayload_Answers()
    {
        await _client.SendAsync(
            FramePeer.Frame(TTHeaderFrameType.Meta, 1, pairs: [("any", "thing")], payload: [1, 2, 3]),
            FramePeer.Frame(TTHeaderFrameType.Header, 1, pairs: [("isn", "TestService")], payload: [9], flags: (TTHeaderFlags)6, protocol: TTHeaderProtocolId.ThriftBinary),
            FramePeer.Data(99, "nobody's"),
            FramePeer.Trailer(98),
            FramePeer.Frame(TTHeaderFrameType.Rst, 97),
            FramePeer.Data(1, "hello"),
            FramePeer.Trailer(1));

        await _client.ExpectAsync(TTHeaderFrameType.Header, 1);
        Assert.Equal("hello", (await _client.ExpectAsync(TTHeaderFrameType.Data, 1)).Text);
        await _client.ExpectAsync(TTHeaderFrameType.Trailer, 1);
    }

    public static TheoryData<string, string> Errors => new()
    {
        { "error:9:no é%", "biz error: rpc error: code = 9 desc = no é%" },
        { "plainerr:something broke", "biz error: something broke" },
        { "appex:4:custom", "biz error: custom" },
        { "panic:boom", "panic: [happened in biz handler, method=TestService.Echo, please check the panic at the server side] panic requested by the client: boom" },
    };

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task Echo_HandlerFails_TypeSixWithItsText(string program, string text)
    {
        await _client.SendAsync(FramePeer.Header(1), FramePeer.Data(1, program));

        await _client.ExpectAsync(TTHeaderFrameType.Header, 1);
        var error = (await _client.ExpectAsync(TTHeaderFrameType.Trailer, 1)).Error;
        Assert.Equal(ApplicationErrorType.InternalError, error.Type);
        Assert.Equal(text, error.Message);
    }

    [Fact]
    public async Task Echo_BizErrorAfterTrailers_PairsAndNoPayload()
    {
        await _client.SendAsync(FramePeer.Header(1), FramePeer.Data(1, "trailer:x-t1=v1,x-t2=v2;biz:404:not found é%:k=v"));

        await _client.ExpectAsync(TTHeaderFrameType.Header, 1);
        var end = await _client.ExpectAsync(TTHeaderFrameType.Trailer, 1);
        Assert.Empty(end.Payload);
        Assert.Equal(
            [("biz-extra", "{\"k\":\"v\"}"), ("biz-message", "not found é%"), ("biz-status", "404"), ("x-t1", "v1"), ("x-t2", "v2")],
            end.Pairs.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => (p.Key, p.Value)));
    }

    public static TheoryData<string, string, int, string> Unknown => new()
    {
        { "NoSuch", "TestService", 1, "unknown method NoSuch" },
        { "NoSuch", "Nobody", 20, "unknown service Nobody" },
        { "EchoUnary", "TestService", 1, "unknown method EchoUnary: it is not a stream, call it by ping-pong" },
    };

    [Theory]
    [MemberData(nameof(Unknown))]
    public async Task Header_NoSuchStream_IsAnswered(string method, string service, int type, string text)
    {
        await _client.SendAsync(FramePeer.Header(5, method, service), FramePeer.Data(5, "x", method));

        await _client.ExpectAsync(TTHeaderFrameType.Header, 5);
        var error = (await _client.ExpectAsync(TTHeaderFrameType.Trailer, 5)).Error;
        Assert.Equal((type, text), ((int)error.Type, error.Message));
    }

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 0xff, 0xff, 0xff })]
    public async Task Data_NotAMessage_EndsTheStreamAndNoOther(byte[] payload)
    {
        await _client.SendAsync(
            FramePeer.Header(1),
            FramePeer.Header(2),
            FramePeer.Frame(TTHeaderFrameType.Data, 1, payload: payload));
        await _client.ExpectAsync(TTHeaderFrameType.Header, 1);
        var end = await _client.ExpectAsync(TTHeaderFrameType.Trailer, 1);
        await _client.SendAsync(FramePeer.Data(2, "alive"), FramePeer.Trailer(2));

        Assert.StartsWith("biz error: ", end.Error.Message, StringComparison.Ordinal);
        await _client.ExpectAsync(TTHeaderFrameType.Header, 2);
        Assert.Equal("alive", (await _client.ExpectAsync(TTHeaderFrameType.Data, 2)).Text);
    }

    [Fact]
    public async Task Reset_HandlerWaits_IsCancelledWithCodeTextAndPath()
    {
        await _client.SendAsync(FramePeer.Header(1), FramePeer.Data(1, "cancelwatch"));
        await _service.Watching.Task.Soon();
        await _client.SendAsync(
            FramePeer.Frame(TTHeaderFrameType.Rst, 1, pairs: [("ttscp", "A,B")], payload: FramePeer.Exception("gave up", 12007)), FramePeer.Trailer(1));

        var reason = Assert.IsType<ThriftStatusException>(await _service.Cancelled.Soon());
        Assert.Equal((12007, "gave up", ThriftStatusCode.Cancelled), (reason.Kitex!.Code, reason.Kitex.Text, reason.StatusCode));
        Assert.Equal(["A", "B"], reason.Kitex.CancelPath);
        await _client.ExpectAsync(TTHeaderFrameType.Header, 1);
        Assert.Equal("biz error: [ttstream error, code=12007] [server-side stream] [canceled path: A -> B] gave up", (await _client.ExpectAsync(TTHeaderFrameType.Trailer, 1)).Error.Message);
    }

    [Fact]
    public async Task Reset_WithoutPayload_IsNumber13()
    {
        await _client.SendAsync(FramePeer.Header(1), FramePeer.Data(1, "cancelwatch"));
        await _service.Watching.Task.Soon();
        await _client.SendAsync(FramePeer.Frame(TTHeaderFrameType.Rst, 1));

        var reason = Assert.IsType<ThriftStatusException>(await _service.Cancelled.Soon());
        Assert.Equal((13, "rst", ThriftStatusCode.Cancelled), (reason.Kitex!.Code, reason.Kitex.Text, reason.StatusCode));
    }

    [Fact]
    public async Task Connection_Lost_CancelsHandlersWith12013()
    {
        await _client.SendAsync(FramePeer.Header(1), FramePeer.Data(1, "cancelwatch"));
        await _service.Watching.Task.Soon();
        await _client.Pipe.Output.CompleteAsync();

        var reason = Assert.IsType<ThriftTransportException>(await _service.Cancelled.Soon());
        Assert.Equal((12013, ThriftStatusCode.Cancelled), (reason.Kitex!.Code, reason.StatusCode));
    }

    [Fact]
    public async Task Header_MetaInfoTimeoutAndUserPairs_ReachTheHandler()
    {
        await _client.SendAsync(
            FramePeer.Header(
                1,
                more:
                [
                    ("RPC_TRANSIT_UPSTREAM_K", "u"), ("RPC_TRANSIT_lowerKey", "t"), ("RPC_PERSIST_P", "p"), ("RPC_TRANSIT_gdpr-token", "tok"),
                    ("X-User", "v"), ("rx-timeout", "60000"),
                ]),
            FramePeer.Data(1, "x"),
            FramePeer.Trailer(1));
        await _client.ExpectAsync(TTHeaderFrameType.Header, 1);

        var context = _service.Context!;
        Assert.Equal("u", context.MetaInfo.Transient["K"]);
        Assert.Equal("t", context.MetaInfo.Transient["lowerKey"]);
        Assert.Equal("tok", context.MetaInfo.Transient["gdpr-token"]);
        Assert.Equal("p", context.MetaInfo.Persistent["P"]);
        Assert.Equal("v", context.RequestHeaders["x-user"]);
        Assert.Single(context.RequestHeaders);
        Assert.NotNull(context.Deadline);
        Assert.Equal("ttheader-streaming", context.Transport);
    }

    [Fact]
    public async Task Trailer_HeaderTooLargeToSend_IsToldInstead()
    {
        await _client.SendAsync(FramePeer.Header(1), FramePeer.Data(1, "bigheader:70000"));

        Assert.Empty((await _client.ExpectAsync(TTHeaderFrameType.Header, 1)).Pairs);
        Assert.Contains("65535", (await _client.ExpectAsync(TTHeaderFrameType.Trailer, 1)).Error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Header_IdInUse_ReplacesAndTheOldStreamFails()
    {
        await _client.SendAsync(FramePeer.Header(1), FramePeer.Data(1, "cancelwatch"));
        await _service.Watching.Task.Soon();
        await _client.SendAsync(FramePeer.Header(1));
        var reason = Assert.IsType<ThriftProtocolException>(await _service.Cancelled.Soon());

        Assert.Equal(12002, reason.Kitex!.Code);

        // Nothing of the first: its caller would take it for the second's.
        await _client.SendAsync(FramePeer.Data(1, "again"), FramePeer.Trailer(1));
        await _client.ExpectAsync(TTHeaderFrameType.Header, 1);
        Assert.Equal("again", (await _client.ExpectAsync(TTHeaderFrameType.Data, 1)).Text);
    }

    [Fact]
    public async Task Trailer_FromTheClientWithAnError_FailsItsReceive()
    {
        await _client.SendAsync(FramePeer.Header(1), FramePeer.Frame(TTHeaderFrameType.Trailer, 1, payload: FramePeer.Exception("no more", 6)));

        await _client.ExpectAsync(TTHeaderFrameType.Header, 1);
        Assert.Equal(
            "biz error: [ttstream error, code=12001] [server-side stream] no more",
            (await _client.ExpectAsync(TTHeaderFrameType.Trailer, 1)).Error.Message);
    }

    [Fact]
    public async Task Stop_OneStreamRuns_NewOnesAreRefusedAndItFinishes()
    {
        await _client.SendAsync(FramePeer.Header(1), FramePeer.Data(1, "x"));
        await _client.ExpectAsync(TTHeaderFrameType.Header, 1);
        await _client.ExpectAsync(TTHeaderFrameType.Data, 1);

        _host.Stop();
        _clock.Advance(TimeSpan.FromMilliseconds(100));
        await _client.SendAsync(FramePeer.Header(2));
        await _client.ExpectAsync(TTHeaderFrameType.Header, 2);
        Assert.Equal(12006, (int)(await _client.ExpectAsync(TTHeaderFrameType.Trailer, 2)).Error.Type);
        await _client.SendAsync(FramePeer.Data(1, "still"), FramePeer.Trailer(1));
        Assert.Equal("still", (await _client.ExpectAsync(TTHeaderFrameType.Data, 1)).Text);
        await _client.ExpectAsync(TTHeaderFrameType.Trailer, 1);
        await _client.ExpectClosedAsync();
    }
}
