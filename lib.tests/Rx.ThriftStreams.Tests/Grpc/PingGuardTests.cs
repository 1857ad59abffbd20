using System.Buffers;
using Demo.Echo;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.AspNetCore.Port;
using Rx.ThriftStreams.Tests.Recordings;

namespace Rx.ThriftStreams.Tests.Grpc;

/// <summary>How many PINGs a server takes from a client.</summary>
public sealed class PingGuardTests
{
    private static readonly byte[] Ping = Http2Wire.Frame(Http2FrameType.Ping, 0, 0, new byte[8]);

    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public async Task Flood_EndsTheConnectionWithTooManyPings()
    {
        var log = new LogCollector();
        await using var server = await StartAsync(log);
        using var client = await RawHttp2Client.ConnectAsync(server.Endpoint);
        await client.CallAsync(1, "x");
        while (await client.ReadAsync() is { Ends: false })
        {
        }

        await client.SendAsync([.. Ping, .. Ping]);
        await client.SendAsync([.. Ping, .. Ping, .. Ping]);

        Assert.Equal(Http2FrameType.GoAway, (await client.ReadAsync())!.Value.Type);
        Assert.Equal((11u, "too_many_pings"), client.GoAway);
        while (await client.ReadAsync() is not null)
        {
        }

        Assert.Contains(log.Entries, entry => entry.Id == 52);
    }

    /// <summary>As clients that measure their bandwidth do: a PING for each answer.</summary>
    [Fact]
    public async Task PingsBesideCalls_AreForgiven()
    {
        await using var server = await StartAsync(new());
        using var client = await RawHttp2Client.ConnectAsync(server.Endpoint);

        for (var stream = 1; stream < 60; stream += 2)
        {
            await client.CallAsync(stream, "x");
            while (await client.ReadAsync() is { } frame && !frame.Ends)
            {
                Assert.NotEqual(Http2FrameType.GoAway, frame.Type);
            }

            await client.SendAsync(Ping);
        }
    }

    [Fact]
    public async Task NoInterval_NothingIsCounted()
    {
        await using var server = await StartAsync(new(), TimeSpan.Zero);
        using var client = await RawHttp2Client.ConnectAsync(server.Endpoint);
        for (var i = 0; i < 20; i++)
        {
            await client.SendAsync(Ping);
        }

        await client.CallAsync(1, "x");
        Assert.Equal(Http2FrameType.Headers, (await client.ReadAsync())!.Value.Type);
    }

    [Fact]
    public void Policy_ThirdTooSoon_IsOneTooMany()
    {
        var policy = new PingPolicy(TimeSpan.FromSeconds(10), _clock);
        Assert.True(policy.TryAccept(1));
        Assert.True(policy.TryAccept(2));
        Assert.False(policy.TryAccept(1));
    }

    [Fact]
    public void Policy_SlowEnoughOrForgiven_IsNeverTooMany()
    {
        var policy = new PingPolicy(TimeSpan.FromSeconds(10), _clock);
        for (var i = 0; i < 20; i++)
        {
            Assert.True(policy.TryAccept(1));
            _clock.Advance(TimeSpan.FromSeconds(10));
        }

        for (var i = 0; i < 20; i++)
        {
            policy.Forgive();
            Assert.True(policy.TryAccept(3));
        }
    }

    /// <summary>However the bytes are cut, also within the header of a frame.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(9)]
    [InlineData(1000)]
    public void Frames_InPieces_AreCounted(int size)
    {
        byte[] bytes =
        [
            .. Http2Wire.Preface,
            .. Http2Wire.Frame(Http2FrameType.Settings, 0, 0, new byte[6]),
            .. Ping,
            .. Http2Wire.Frame(Http2FrameType.Ping, 1, 0, new byte[8]),
            .. Ping,
        ];
        var frames = new PingFrames();
        var (pings, anyData) = (0, false);
        Feed(bytes);
        Assert.Equal((2, false), (pings, anyData));

        Feed([.. Http2Wire.Frame(Http2FrameType.Data, 0, 1, new byte[300]), .. Ping]);
        Assert.Equal((3, true), (pings, anyData));

        void Feed(byte[] all)
        {
            foreach (var piece in all.Chunk(size))
            {
                pings += frames.Count(new ReadOnlySequence<byte>(piece), out var hasData);
                anyData |= hasData;
            }
        }
    }

    /// <summary>Scanning must not cost an object for each read.</summary>
    [Fact]
    public async Task Guard_ReadsAndWrites_AllocateNothing()
    {
        var (ours, theirs) = PipeEnd.CreatePair(1 << 20);
        var guard = new PingGuard(theirs, new PingPolicy(TimeSpan.FromSeconds(1), _clock), static () => { });
        byte[] message = [.. Http2Wire.Frame(Http2FrameType.Data, 0, 1, new byte[100])];
        await ours.Output.WriteAsync(Http2Wire.Preface, TestContext.Current.CancellationToken);
        await RoundAsync(1000);

        var before = GC.GetAllocatedBytesForCurrentThread();
        await RoundAsync(1000);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4096);

        async ValueTask RoundAsync(int count)
        {
            for (var i = 0; i < count; i++)
            {
                await ours.Output.WriteAsync(message);
                var read = await guard.Input.ReadAsync();
                guard.Input.AdvanceTo(read.Buffer.End);
                await guard.Output.WriteAsync(message);
                var answer = await ours.Input.ReadAsync();
                ours.Input.AdvanceTo(answer.Buffer.End);
            }
        }
    }

    private Task<ThriftServer> StartAsync(LogCollector log, TimeSpan? interval = null) => ThriftServer.StartAsync(
        "127.0.0.1:0",
        server => server.AddService<ITestService>(new EchoService()).Logging(logging => logging.AddProvider(log)).Configure(options =>
        {
            options.TimeProvider = _clock;
            options.Grpc.MinPingInterval = interval ?? options.Grpc.MinPingInterval;
        }),
        TestContext.Current.CancellationToken);
}
