using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Tests.Interop;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.PingPong;

/// <summary>Callers that stop midway, lie or mix things up: their connection ends as it must, and the others live on.</summary>
public sealed class PingPongServerBadInputTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _clock = new();
    private readonly GateService _gate = new();
    private readonly List<TcpClient> _clients = [];
    private ThriftServer _server = null!;

    public static TheoryData<string> PartialRequests =>
    [
        "80010001000000034164640000000108000100",
        "0000001f8001000100000003",
        "000000481000000000000001000f000001",

        // A mesh header, and nothing after it.
        "ffaf000400000000",

        // More than the 4 MiB that are allowed, of which the first kilobyte comes.
        $"00500000800100010000000341646400000001{new string('0', 2048)}",
    ];

    public async ValueTask InitializeAsync() => _server = await ThriftServer.StartAsync(
        "127.0.0.1:0",
        services => services
            .AddService<Demo.Echo.ITestService>(_gate)
            .AddService<IKitchenSink>(new SinkService())
            .Configure(options =>
            {
                options.TimeProvider = _clock;

                // Far away: a loop that advances the clock until bytes arrive passes 5 s in a moment.
                options.ShutdownTimeout = TimeSpan.FromHours(10);
                options.Limits.FrameTimeout = TimeSpan.FromSeconds(20);
                options.Limits.ConnectionIdleTimeout = TimeSpan.FromSeconds(120);
                options.Limits.DetectionTimeout = TimeSpan.FromSeconds(10);
            }));

    public async ValueTask DisposeAsync()
    {
        _clients.ForEach(client => client.Dispose());
        await _server.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(PartialRequests))]
    public async Task Connection_PartOfARequestAndThenNothing_IsClosedAfterTheFrameTimeout(string hex)
    {
        var slow = await ConnectAsync();
        await WriteAsync(slow, PingPongWire.Add(2, 3));
        Assert.Equal("Reply 1", Short(await ReadAnswerAsync(slow)));
        await WriteAsync(slow, Convert.FromHexString(hex));

        Assert.Empty(await EndAfterAsync(slow, TimeSpan.FromSeconds(20)));
        await AssertOthersLiveAsync();
    }

    [Fact]
    public async Task Connection_Idle_IsClosedAfterTheIdleTimeoutOnly()
    {
        var idle = await ConnectAsync();
        await WriteAsync(idle, PingPongWire.Add(2, 3));
        await ReadAnswerAsync(idle);

        // The frame's limit is not the limit between requests.
        _clock.Advance(TimeSpan.FromSeconds(60));
        await WriteAsync(idle, PingPongWire.Add(2, 3, sequenceId: 2));
        Assert.Equal("Reply 2", Short(await ReadAnswerAsync(idle)));

        Assert.Empty(await EndAfterAsync(idle, TimeSpan.FromSeconds(120)));
    }

    [Fact]
    public async Task Connection_IdleWithoutLimit_StaysOpen()
    {
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", services => services
            .AddService<IKitchenSink>(new SinkService())
            .Configure(options =>
            {
                options.TimeProvider = _clock;
                options.Limits.FrameTimeout = Timeout.InfiniteTimeSpan;
                options.Limits.ConnectionIdleTimeout = Timeout.InfiniteTimeSpan;
            }));
        using var client = new TcpClient();
        await client.ConnectAsync(server.Endpoint, TestContext.Current.CancellationToken);
        for (var i = 1; i <= 3; i++)
        {
            await WriteAsync(client.GetStream(), PingPongWire.Add(2, 3, i));
            Assert.Equal($"Reply {i}", Short(await ReadAnswerAsync(client.GetStream())));
            _clock.Advance(TimeSpan.FromHours(1));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("8001000100")]
    public async Task Connection_DoesNotSayWhatItSpeaks_IsClosedAfterTheDetectionTimeout(string hex)
    {
        var silent = await ConnectAsync();
        await WriteAsync(silent, Convert.FromHexString(hex));

        Assert.Empty(await EndAfterAsync(silent, TimeSpan.FromSeconds(10)));
        await AssertOthersLiveAsync();
    }

    [Theory]
    [InlineData("474554202f20485454502f312e310d0a0d0a")]
    [InlineData("0000001080010001ffffffff4563686f00000001")]
    [InlineData("505249202a20485454502f322e300d0a0d0a534d0d0a0d0a")]
    [InlineData("7fffffff80010001000000034164640000000100")]
    public async Task Connection_GarbageBehindAValidRequest_AnswersThatAndCloses(string hex)
    {
        var stream = await ConnectAsync();
        await WriteAsync(stream, [.. PingPongWire.Framed(PingPongWire.Add(2, 3)), .. Convert.FromHexString(hex)]);

        Assert.Equal(["Reply 1"], Shorts(await PingPongWire.ReadToEndAsync(stream)));
        await AssertOthersLiveAsync();
    }

    [Fact]
    public async Task Request_WrongChecksum_ClosesWithoutAnswer()
    {
        var stream = await ConnectAsync();
        await WriteAsync(stream, PingPongWire.TTHeader(PingPongWire.Add(2, 3), pairs: "crc32c=00000000"));

        Assert.Empty(await PingPongWire.ReadToEndAsync(stream));
        await AssertOthersLiveAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Request_ArgumentsDoNotDecode_IsAnsweredWithProtocolErrorAndClosed(bool withHeader)
    {
        // A field of a type that does not exist, and behind it a request that must not be served any more.
        var message = PingPongWire.Message("Add", [0x63, 0x00, 0x01, 0x00]);
        var (bad, next) = withHeader
            ? (PingPongWire.TTHeader(message), PingPongWire.TTHeader(PingPongWire.Add(2, 3, 2), 2))
            : (PingPongWire.Framed(message), PingPongWire.Framed(PingPongWire.Add(2, 3, 2)));
        var stream = await ConnectAsync();
        await WriteAsync(stream, [.. bad, .. next]);

        var answer = Assert.Single(PingPongWireAnswer.ReadAll(await PingPongWire.ReadToEndAsync(stream)));
        Assert.Equal((ThriftMessageType.Exception, 1), (answer.Type, answer.SequenceId));
        Assert.Contains("{f:\"2:i32\",v:7}", answer.Body, StringComparison.Ordinal);
        Assert.Equal(withHeader ? "crrst=1" : string.Empty, answer.Pairs);
        await AssertOthersLiveAsync();
    }

    [Theory]
    [InlineData(2, "2")]
    [InlineData(3, "2")]
    [InlineData(9, "2")]
    public async Task Request_TypeIsNoRequest_IsAnsweredWithInvalidMessageTypeAndClosed(int type, string expected)
    {
        var stream = await ConnectAsync();
        await WriteAsync(stream, PingPongWire.Framed(PingPongWire.Add(2, 3, type: type)));

        var answer = Assert.Single(PingPongWireAnswer.ReadAll(await PingPongWire.ReadToEndAsync(stream)));
        Assert.Equal(ThriftMessageType.Exception, answer.Type);
        Assert.Contains($"{{f:\"2:i32\",v:{expected}}}", answer.Body, StringComparison.Ordinal);
        Assert.Contains($"server side, invalid message type {type}", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_ForAStreamingMethod_IsAnsweredWithExceptionAndClosed()
    {
        var stream = await ConnectAsync();
        await WriteAsync(stream, PingPongWire.TTHeader(PingPongWire.Message("Echo", [0]), pairs: "isn=TestService"));

        var answer = Assert.Single(PingPongWireAnswer.ReadAll(await PingPongWire.ReadToEndAsync(stream)));
        Assert.Equal((ThriftMessageType.Exception, "3", "crrst=1"), (answer.Type, answer.MessageType, answer.Pairs));
        Assert.Contains("please call it as a stream", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_MultiplexedAndUnknown_ClosesTheConnectionWithoutWaitingForMore()
    {
        var stream = await ConnectAsync();
        await WriteAsync(stream, PingPongWire.TTHeader(PingPongWire.Message("Nothing", [0]), flags: TTHeaderFlags.SupportsOutOfOrder, pairs: "isn=TestService"));

        var answer = Assert.Single(PingPongWireAnswer.ReadAll(await PingPongWire.ReadToEndAsync(stream)));
        Assert.Equal((ThriftMessageType.Exception, "crrst=1"), (answer.Type, answer.Pairs));
    }

    [Fact]
    public async Task Request_OnewayOfAnUnknownMethod_GetsNoAnswer()
    {
        var stream = await ConnectAsync();
        await WriteAsync(stream, PingPongWire.Framed(PingPongWire.WithText("Nothing", "x", type: 4)));

        Assert.Empty(await PingPongWire.ReadToEndAsync(stream));
        await AssertOthersLiveAsync();
    }

    [Fact]
    public async Task Requests_OfChangingForm_AreAnsweredEachInItsOwn()
    {
        var stream = await ConnectAsync();
        var inner = PingPongWire.Framed(PingPongWire.Add(1, 1, 4));
        foreach (var request in (byte[][])[
            PingPongWire.Framed(PingPongWire.Add(1, 1, 1)), PingPongWire.TTHeader(PingPongWire.Add(1, 1, 2), 2), PingPongWire.Add(1, 1, 3), PingPongWire.TTHeader(inner, 4)])
        {
            await WriteAsync(stream, request);
        }

        string[] forms = ["framed 1", "ttheader 2", "buffered 3", "ttheaderframed 4"];
        foreach (var expected in forms)
        {
            var answer = await ReadAnswerAsync(stream);
            Assert.Equal(expected, $"{answer.Form} {answer.SequenceId}");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Requests_Pipelined_AreAnsweredInOrder(bool withHeader)
    {
        var stream = await ConnectAsync();
        var requests = Enumerable.Range(1, 200).SelectMany(
            i => withHeader ? PingPongWire.TTHeader(PingPongWire.Add(i, i, i), i) : PingPongWire.Add(i, i, i));
        await WriteAsync(stream, [.. requests]);

        for (var i = 1; i <= 200; i++)
        {
            var answer = await ReadAnswerAsync(stream);
            Assert.Equal((i, $"[{{f:\"0:i32\",v:{2 * i}}}]"), (answer.SequenceId, answer.Body));
        }
    }

    [Fact]
    public async Task Peer_HalfClosesWithinARequest_IsClosed()
    {
        var stream = await ConnectAsync();
        await WriteAsync(stream, PingPongWire.Add(2, 3)[..^3]);
        stream.Socket.Shutdown(SocketShutdown.Send);

        Assert.Empty(await PingPongWire.ReadToEndAsync(stream));
        await AssertOthersLiveAsync();
    }

    [Fact]
    public async Task Peer_HalfClosesWhileItsCallRuns_CancelsTheCall()
    {
        var stream = await ConnectAsync();
        await WriteAsync(stream, Gate());
        await _gate.Entered.Soon();
        stream.Socket.Shutdown(SocketShutdown.Send);

        await _gate.Cancelled.Soon();
        await AssertOthersLiveAsync();
    }

    [Fact]
    public async Task Server_StopsWhileACallRuns_AnswersItWithResetAndCloses()
    {
        var stream = await ConnectAsync();
        await WriteAsync(stream, Gate());
        await _gate.Entered.Soon();
        var idle = await ConnectAsync();
        await WriteAsync(idle, PingPongWire.Add(2, 3));
        await ReadAnswerAsync(idle);

        var stopping = _server.StopAsync(TestContext.Current.CancellationToken);
        var ending = PingPongWire.ReadToEndAsync(idle);
        await Waits.Until(() =>
        {
            _clock.Advance(TimeSpan.FromMilliseconds(10));
            return ending.IsCompleted;
        });
        Assert.Empty(await ending);
        _gate.Open();

        var answer = Assert.Single(PingPongWireAnswer.ReadAll(await PingPongWire.ReadToEndAsync(stream)));
        Assert.Equal((ThriftMessageType.Reply, "crrst=1"), (answer.Type, answer.Pairs));
        await stopping.Soon();
    }

    private static byte[] Gate()
        => PingPongWire.TTHeader(PingPongWire.Message("EchoPingPong", Convert.FromHexString("0c00010b00010000000467617465" + "0000")));

    private static string Short(PingPongWireAnswer answer) => $"{answer.Type} {answer.SequenceId}";

    private static IEnumerable<string> Shorts(byte[] bytes) => PingPongWireAnswer.ReadAll(bytes).Select(Short);

    private static Task WriteAsync(NetworkStream stream, byte[] bytes) => stream.WriteAsync(bytes, TestContext.Current.CancellationToken).AsTask();

    /// <summary>Reads byte by byte: what follows the answer stays where it is.</summary>
    private static async Task<PingPongWireAnswer> ReadAnswerAsync(NetworkStream stream)
    {
        var received = new List<byte>();
        var one = new byte[1];
        while (true)
        {
            await stream.ReadExactlyAsync(one, TestContext.Current.CancellationToken).Soon();
            received.Add(one[0]);
            if (PingPongWireAnswer.ReadAll([.. received]) is [var answer])
            {
                return answer;
            }
        }
    }

    /// <summary>
    /// Moves the clock on until the connection ends: the server may set its limit after the clock has moved, as it reads at its own pace. Not before half the limit.
    /// </summary>
    private async Task<byte[]> EndAfterAsync(NetworkStream stream, TimeSpan limit)
    {
        _clock.Advance(limit / 2 - TimeSpan.FromSeconds(1));
        var ended = PingPongWire.ReadToEndAsync(stream);
        Assert.False(ended.IsCompleted);
        using var patience = new CancellationTokenSource(Waits.Limit);
        while (!ended.IsCompleted)
        {
            patience.Token.ThrowIfCancellationRequested();
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        return await ended;
    }

    private async Task<NetworkStream> ConnectAsync()
    {
        var client = new TcpClient { NoDelay = true };
        _clients.Add(client);
        await client.ConnectAsync(_server.Endpoint, TestContext.Current.CancellationToken);
        return client.GetStream();
    }

    private async Task AssertOthersLiveAsync()
    {
        var other = await ConnectAsync();
        await WriteAsync(other, PingPongWire.Add(2, 3, 9));
        Assert.Equal("Reply 9", Short(await ReadAnswerAsync(other)));
    }
}
