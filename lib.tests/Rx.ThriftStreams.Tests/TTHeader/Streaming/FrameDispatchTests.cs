using System.Buffers;
using Demo.Echo;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.TTHeader.Streaming;

/// <summary>What each frame means to a connection, and how the connection ends.</summary>
public sealed class FrameDispatchTests
{
    private static readonly byte[] s_message = FramePeer.Data(1, new string('x', 1000));
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public async Task Reset_OfAStream_ReachesIt_AndOfNoneIsIgnored()
    {
        var (connection, peer) = Create();

        await peer.SendAsync(FramePeer.Frame(TTHeaderFrameType.Rst, 9), FramePeer.Frame(TTHeaderFrameType.Rst, 1));

        Assert.Equal(["reset 1"], connection.Events);
    }

    [Fact]
    public async Task Frame_WithoutTheStreamingFlag_ClosesTheConnection()
    {
        var (connection, peer) = Create();

        await peer.SendAsync(FramePeer.Frame(TTHeaderFrameType.Data, 1, flags: default));

        Assert.Equal("shut: unexpected flags, the streaming bit is not set", connection.Events[^1]);
    }

    [Theory]
    [InlineData("7", "7")]
    [InlineData("99999999999999999999999999999999999", "99999999999999999999999999999999")]
    public async Task Frame_OfAnUnknownType_ClosesTheConnectionAndNamesTheBeginningOfIt(string type, string named)
    {
        var (connection, peer) = Create();
        var output = new ArrayBufferWriter<byte>();
        new TTHeaderBuilder().Reset(TTHeaderFlags.Streaming, 1, TTHeaderProtocolId.ThriftStruct).AddInt(TTHeaderIntKey.FrameType, type).WriteTo(output, 0);

        await peer.SendAsync(output.WrittenSpan.ToArray());

        Assert.Equal($"shut: unexpected frame type: {named}", connection.Events[^1]);
    }

    [Fact]
    public async Task Data_WithoutAPayload_IsRefused()
    {
        var (connection, peer) = Create();

        var stream = connection.Add(2);

        await peer.SendAsync(FramePeer.Frame(TTHeaderFrameType.Data, 2));

        Assert.Equal(["refused 2"], connection.Events);
        Assert.Equal(0, connection.Memory.Used);
        Assert.Contains("without a payload", (await Assert.ThrowsAsync<ThriftStatusException>(() => stream.Inbox.WaitToReceiveAsync(default).Soon())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Meta_AsksToLeave_OrSaysNothing()
    {
        var (connection, peer) = Create();
        await peer.SendAsync(FramePeer.Frame(TTHeaderFrameType.Meta, 1), FramePeer.Frame(TTHeaderFrameType.Meta, 1, pairs: [("other", "1")]));
        Assert.Empty(connection.Events);

        await peer.SendAsync(FramePeer.Frame(TTHeaderFrameType.Meta, 0, pairs: [("crrst", "1")]));

        Assert.Equal(["leave"], connection.Events);
    }

    [Theory]
    [InlineData("rx-credit")]
    [InlineData("rx-window")]
    public async Task Meta_Malformed_ClosesTheConnectionAndNamesTheKey(string key)
    {
        var (connection, peer) = Create();

        await peer.SendAsync(FramePeer.Frame(TTHeaderFrameType.Meta, 1, pairs: [(key, "-1x")]));

        Assert.Equal($"shut: malformed {key} in a META frame", connection.Events[^1]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ResetStream_OverALimit_GivesUpTheStreamAndNamesTheLimit(bool ofTheStream)
    {
        const int Memory = 1024 * 1024;
        var (connection, peer) = Create(streamBytes: ofTheStream ? 1500 : 2 * Memory, memory: Memory, whenFull: ThriftFullBufferPolicy.ResetStream);
        var stream = connection.Add(2);
        await peer.SendAsync(s_message);
        Assert.Empty(connection.Events);
        if (!ofTheStream)
        {
            connection.Memory.Take(Memory - connection.Memory.Used);
        }

        await peer.SendAsync(FramePeer.Data(2, new string('x', 2000)));

        Assert.Equal(["given up 2"], connection.Events);
        var error = Assert.Throws<ThriftStatusException>(() => stream.Inbox.TryReceive<Request>(out _, out _));
        Assert.Equal(ThriftStatusCode.ResourceExhausted, error.StatusCode);
        Assert.Contains($"the limit of {(ofTheStream ? 1500 : Memory)} bytes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Data_ServerHasNoMemoryLeft_NamesWhatIsExhausted()
    {
        var server = new Rx.ThriftStreams.Transport.PeerMemory(1024 * 1024);
        var (connection, peer, _) = BareConnection.Create(server: server, direct: static _ => throw new NotSupportedException());
        var stream = connection.Add();
        server.Take(1024 * 1024);

        await peer.SendAsync(s_message);

        Assert.Contains(
            "peers make this server hold more memory", Assert.Throws<ThriftStatusException>(() => stream.Inbox.TryReceive<Request>(out _, out _)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Close_Twice_ShutsOnceWithTheFirstReason()
    {
        var (connection, _) = Create();

        connection.Close(connection.Lost(new IOException("first")));
        connection.Close(connection.Lost(new IOException("second")));
        connection.Sweep();

        Assert.Equal(["lost 1", "shut: connection lost: first"], connection.Events);
        Assert.Equal("connection lost: first", connection.LossOnSend().Kitex!.Text);
    }

    [Fact]
    public void Sweep_OfAHealthyConnection_LooksWhetherItIsIdle()
    {
        var (connection, _) = Create();

        connection.Sweep();

        Assert.Equal(["idle?"], connection.Events);
    }

    [Theory]
    [InlineData(5, true)]
    [InlineData(0, false)]
    public void Sweep_WriteWithoutProgress_IsCutOffAtItsLimit(int seconds, bool closed)
    {
        var (connection, peer) = Create(pipe: 1);
        connection.WriteLimit = TimeSpan.FromSeconds(seconds);
        connection.Sweep();
        connection.Writer.AppendControl(s_message);
        Assert.True(SpinWait.SpinUntil(() => HasArrived(peer), Waits.Limit));
        _clock.Advance(TimeSpan.FromSeconds(4.9));
        connection.Sweep();
        Assert.False(connection.IsClosed);

        _clock.Advance(TimeSpan.FromSeconds(0.1));
        connection.Sweep();

        Assert.Equal(closed, connection.IsClosed);
        Assert.Equal(closed, connection.Events.Contains("shut: the peer has not read what is sent to it for 00:00:05"));
    }

    /// <summary>Whether something was sent to the peer, which leaves it there.</summary>
    private static bool HasArrived(FramePeer peer)
    {
        if (!peer.Pipe.Input.TryRead(out var read))
        {
            return false;
        }

        peer.Pipe.Input.AdvanceTo(read.Buffer.Start);
        return true;
    }

    private (BareConnection Connection, FramePeer Peer) Create(
        int streamBytes = 1024 * 1024, long memory = 64 * 1024 * 1024, ThriftFullBufferPolicy whenFull = ThriftFullBufferPolicy.StopReading, long pipe = 1024 * 1024)
    {
        var (connection, peer, _) = BareConnection.Create(
            streamBytes, memory, whenFull: whenFull, pipe: pipe, clock: _clock, direct: static _ => throw new NotSupportedException());
        connection.Add();
        return (connection, peer);
    }
}
