using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.TTHeader.Streaming;

/// <summary>Bytes that break the rules: the connection or the stream ends, and no other does.</summary>
public sealed class BadInputTests
{
    public static TheoryData<string, byte[]> Fatal => new()
    {
        { "wrong magic", WireBytes.Hex("00000032 20000002 00000001 000a") },
        { "length shorter than the fixed part", WireBytes.Hex("00000004 10000002 00000001 0001") },
        { "length shorter than the header", WireBytes.Hex("00000010 10000002 00000001 0010") },
        { "negative length", WireBytes.Hex("ffffffff 10000002 00000001 0005") },
        { "huge length", WireBytes.Hex("7fffffff 10000002 00000001 0005") },
        { "large frame of no stream", WireBytes.Hex("30000000 10000000 00000001 0005") },
        { "no header info", WireBytes.Hex("0000000a 10000002 00000001 0000") },
        { "unknown info id", WireBytes.Hex("0000000e 10000002 00000001 0001 10 00 77 00") },
        { "pairs beyond the header", WireBytes.Hex("00000012 10000002 00000001 0002 10 00 10 ffff 00 00 00") },
        { "no frame type", FramePeer.Frame(TTHeaderFrameType.Data, 1, frameType: 0) },
        { "frame type 9", FramePeer.Frame(TTHeaderFrameType.Data, 1, frameType: 9) },
        { "no streaming flag", FramePeer.Frame(TTHeaderFrameType.Data, 1, flags: 0) },
        { "malformed credit", FramePeer.Frame(TTHeaderFrameType.Meta, 1, pairs: [("rx-credit", "-1")]) },
        { "garbage after a frame", [.. FramePeer.Trailer(77), .. "GET / HTTP/1.1\r\n\r\n"u8] },
    };

    [Theory]
    [MemberData(nameof(Fatal))]
    public async Task Connection_BrokenFrame_IsClosedAndOthersLive(string what, byte[] bytes)
    {
        Assert.NotEmpty(what);
        var service = new ProgramService();
        await using var host = new StreamingHost(service);
        var (bad, badServed) = host.Connect();
        var (good, goodServed) = host.Connect();
        await bad.SendAsync(FramePeer.Header(1), FramePeer.Data(1, "cancelwatch"));
        await service.Watching.Task.Soon();

        await bad.SendAsync(bytes);

        await badServed.Soon();
        var reason = Assert.IsType<ThriftTransportException>(await service.Cancelled.Soon());
        Assert.Equal(12013, reason.Kitex!.Code);
        Assert.Equal(12004, Assert.IsType<ThriftProtocolException>(reason.InnerException).Kitex!.Code);
        await AssertServes(good, goodServed);
    }

    [Fact]
    public async Task Connection_EndsWithinAFrame_IsLost()
    {
        var service = new ProgramService();
        await using var host = new StreamingHost(service);
        var (client, served) = host.Connect();
        await client.SendAsync(FramePeer.Header(1), FramePeer.Data(1, "cancelwatch"), FramePeer.Trailer(1)[..20]);
        await service.Watching.Task.Soon();
        await client.Pipe.Output.CompleteAsync();
        await served.Soon();

        var reason = await service.Cancelled.Soon();
        Assert.Equal(12006, Assert.IsType<ThriftTransportException>(reason!.InnerException).Kitex!.Code);
    }

    [Fact]
    public async Task Frames_ByteByByte_AreTaken()
    {
        await using var host = new StreamingHost();
        var (client, served) = host.Connect();
        foreach (var b in (byte[])[.. FramePeer.Header(1), .. FramePeer.Data(1, "slow"), .. FramePeer.Trailer(1)])
        {
            await client.SendAsync([b]);
        }

        await client.ExpectAsync(TTHeaderFrameType.Header, 1);
        Assert.Equal("slow", (await client.ExpectAsync(TTHeaderFrameType.Data, 1)).Text);
        await client.ExpectAsync(TTHeaderFrameType.Trailer, 1);
        await client.Pipe.Output.CompleteAsync();
        await served.Soon();
    }

    [Fact]
    public async Task Frame_NeverCompleted_ClosesAfterTheTimeout()
    {
        var clock = new FakeTimeProvider();
        var service = new ProgramService();
        await using var host = new StreamingHost(service, options =>
        {
            options.TimeProvider = clock;
            options.Limits.FrameTimeout = TimeSpan.FromSeconds(10);
        });
        var (client, served) = host.Connect();
        await client.SendAsync(FramePeer.Header(1), FramePeer.Data(1, "cancelwatch"), FramePeer.Data(1, "loris")[..30]);
        await service.Watching.Task.Soon();

        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.False(served.IsCompleted);

        // The beginning of the frame may be read only now: its time counts from then.
        using var patience = new CancellationTokenSource(Waits.Limit);
        while (!served.IsCompleted && !patience.IsCancellationRequested)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await served.Soon();
        var reason = await service.Cancelled.Soon();
        Assert.Contains("was not complete", reason!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(100_000)]
    [InlineData(2_000_000)]
    public async Task Message_TooLarge_EndsItsStreamAlone(int size)
    {
        // The smaller one fits into a frame and is refused as a message; the larger one is passed over without being kept.
        await using var host = new StreamingHost(configure: options => options.Limits.MaxReceiveMessageSize = 64 * 1024);
        var (client, served) = host.Connect();
        await client.SendAsync(FramePeer.Header(1), FramePeer.Header(2), FramePeer.Data(1, new string('x', size)), FramePeer.Data(2, "alive"));

        var seen = new List<SeenFrame>();
        while (seen.Count < 4)
        {
            seen.Add((await client.ReadAsync())!);
        }

        Assert.Contains("larger than the 65536", Assert.Single(seen, f => f.Id == 1 && f.Type == TTHeaderFrameType.Trailer).Error.Message, StringComparison.Ordinal);
        Assert.Equal("alive", Assert.Single(seen, f => f.Id == 2 && f.Type == TTHeaderFrameType.Data).Text);
        await client.Pipe.Output.CompleteAsync();
        await served.Soon();
    }

    [Fact]
    public async Task Headers_MoreThanAllowed_AreRefusedAndTheOthersRun()
    {
        var service = new ProgramService();
        await using var host = new StreamingHost(service, options => options.Limits.MaxStreamsPerConnection = 3);
        var (client, served) = host.Connect();
        for (var id = 1; id <= 100; id++)
        {
            await client.SendAsync(FramePeer.Header(id));
        }

        for (var refused = 4; refused <= 100; refused++)
        {
            await client.ExpectAsync(TTHeaderFrameType.Header, refused);
            Assert.StartsWith("too many streams", (await client.ExpectAsync(TTHeaderFrameType.Trailer, refused)).Error.Message, StringComparison.Ordinal);
        }

        await AssertServes(client, served, id: 2, isOpen: true);
    }

    [Fact]
    public async Task Headers_FloodedByAPeerThatNeverReads_ClosesTheConnection()
    {
        await using var host = new StreamingHost(configure: options => options.Limits.MaxStreamsPerConnection = 1);
        var (client, served) = host.Connect();
        var many = Enumerable.Range(0, 1000).SelectMany(i => FramePeer.Header(i, new string('m', 500))).ToArray();

        // The refusals of 300 rounds are far more than the 16 MiB that may wait to be written.
        var closed = false;
        for (var round = 0; round < 300 && !closed; round++)
        {
            closed = (await client.Pipe.Output.WriteAsync(many, TestContext.Current.CancellationToken).Soon()).IsCompleted || served.IsCompleted;
        }

        Assert.True(closed, "The connection is still open although its peer reads nothing.");
        await served.Soon();
    }

    private static async Task AssertServes(FramePeer client, Task served, int id = 1, bool isOpen = false)
    {
        await client.SendAsync(isOpen ? [] : FramePeer.Header(id), FramePeer.Data(id, "alive"), FramePeer.Trailer(id));
        await client.ExpectAsync(TTHeaderFrameType.Header, id);
        Assert.Equal("alive", (await client.ExpectAsync(TTHeaderFrameType.Data, id)).Text);
        await client.ExpectAsync(TTHeaderFrameType.Trailer, id);
        await client.Pipe.Output.CompleteAsync();
        await served.Soon();
    }
}
