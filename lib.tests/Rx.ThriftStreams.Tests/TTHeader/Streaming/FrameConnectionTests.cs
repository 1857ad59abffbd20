using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.Transport;
using Rx.ThriftStreams.Transports.TTHeaderStreaming;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.TTHeader.Streaming;

/// <summary>A connection without a side: its gate, its budget and its time limits, which strike and spare.</summary>
public sealed class FrameConnectionTests
{
    private const int Size = 10_000;
    private static readonly byte[] s_frame = FramePeer.Data(1, new string('x', Size));
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public async Task Add_ToAConnectionThatIsClosed_EndsTheStream()
    {
        var (connection, _, _) = BareConnection.Create();
        connection.Close(connection.Lost(new IOException("cut")));

        var stream = connection.Add(7, expectAdded: false);

        Assert.Equal(["shut: connection lost: cut", "lost 7"], connection.Events);
        Assert.Equal(0, connection.StreamCount);
        await Assert.ThrowsAnyAsync<ThriftException>(async () => await stream.Outbox.SendAsync(new Demo.Echo.Request(), default));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public async Task Message_OfTheLargestSize_IsTaken(int beyond, bool taken)
    {
        var payload = new byte[5000 + beyond];
        var (connection, peer, _) = BareConnection.Create(maxMessageSize: 5000);
        var stream = connection.Add();

        await peer.SendAsync(FramePeer.Frame(TTHeaderFrameType.Data, 1, payload: payload));

        await Waits.Until(() => stream.Inbox.QueuedBytes > 0 || connection.Events.Contains("refused 1"));
        Assert.Equal(taken, stream.Inbox.QueuedBytes == payload.Length + StreamLimits.MessageOverhead);
    }

    [Fact]
    public async Task Frame_LargerThanAnyMessage_IsPassedOverAndNotKept()
    {
        const int Large = 16 * 1024 * 1024;
        var (connection, peer, _) = BareConnection.Create(maxMessageSize: 1000);
        connection.Add(1);
        connection.Add(2);
        var frame = FramePeer.Frame(TTHeaderFrameType.Data, 1, payload: new byte[Large]);
        long most = 0;
        for (var at = 0; at < frame.Length; at += 100_000)
        {
            await peer.SendAsync(frame[at..Math.Min(frame.Length, at + 100_000)]);
            most = Math.Max(most, connection.Memory.Used);
        }

        await peer.SendAsync(FramePeer.Data(2, "alive"));
        await Waits.Until(() => connection.Memory.Used > 0);

        Assert.InRange(most, 0, 300_000);
        Assert.Equal(["refused 1"], connection.Events);
    }

    [Fact]
    public async Task Sweep_IdleOrBetweenFrames_IsSparedByTheFrameTimeout()
    {
        var (connection, peer, _) = BareConnection.Create(clock: _clock);
        connection.Add(1);
        for (var i = 0; i < 10; i++)
        {
            await peer.SendAsync(FramePeer.Data(1, "whole"));
            var sent = i + 1;
            await Waits.Until(() => connection.Memory.Used >= sent * 16);
            _clock.Advance(TimeSpan.FromSeconds(9));
            connection.Sweep();
        }

        _clock.Advance(TimeSpan.FromHours(1));
        connection.Sweep();

        Assert.False(connection.IsClosed);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Sweep_FrameTricklesIn_IsCutOffAfterTheFrameTimeout(bool oversize)
    {
        var (connection, peer, _) = BareConnection.Create(clock: _clock, maxMessageSize: 1000);
        connection.Add(1);
        var frame = FramePeer.Frame(TTHeaderFrameType.Data, 1, payload: new byte[oversize ? 1_000_000 : 900]);
        await peer.SendAsync(frame[..100]);
        for (var second = 1; second <= 10; second++)
        {
            // A byte comes every second, and each is read before the clock goes on.
            await peer.SendAsync([frame[100 + second]]);
            await connection.Reading.WaitAsync(TimeSpan.FromMilliseconds(1), TestContext.Current.CancellationToken).ContinueWith(_ => { }, TaskScheduler.Default);
            Assert.False(connection.IsClosed);
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        await Waits.Until(() =>
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            connection.Sweep();
            return connection.IsClosed;
        });

        Assert.Contains(connection.Events, text => text.Contains("was not complete", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Gate_Closed_PeerHangsUp_ReadsWhatArrivedAndEnds()
    {
        var (connection, peer, end) = BareConnection.Create(streamBytes: Size, clock: _clock);
        var stream = connection.Add();
        await peer.SendAsync(s_frame, s_frame, s_frame, s_frame);
        await Waits.Until(() => connection.Gate.IsClosed);
        await peer.Pipe.Output.CompleteAsync();
        connection.Sweep();
        Assert.True(connection.Gate.IsClosed);

        end.HasPeerHungUp = true;
        connection.Sweep();

        await connection.Reading.Soon();
        Assert.Equal(["lost 1", "shut: connection closed by peer"], connection.Events.Where(text => text != "idle?"));
        Assert.Equal(0, stream.Inbox.QueuedBytes);
    }

    [Fact]
    public async Task Gate_Closed_ProbesThePeerNowAndThen()
    {
        var (connection, peer, _) = BareConnection.Create(streamBytes: Size, clock: _clock);
        var stream = connection.Add();
        for (var i = 0; i < 10; i++)
        {
            connection.Sweep();
        }

        await peer.SendAsync(s_frame, s_frame);
        await Waits.Until(() => connection.Gate.IsClosed);
        connection.Sweep();
        connection.Sweep();
        await connection.Writer.WhenIdleAsync().Soon();
        Assert.False(peer.Pipe.Input.TryRead(out _));
        connection.Sweep();

        var probe = await peer.ExpectAsync(TTHeaderFrameType.Meta, 1);
        Assert.Empty(probe.Pairs);
        Assert.Empty(probe.Payload);

        while (stream.Inbox.TryReceive<Demo.Echo.Request>(out _, out _))
        {
        }

        Assert.False(connection.Gate.IsClosed);
    }

    [Fact]
    public async Task Gate_ClosedByWhatReleasesNoMessage_IsOpenedByTheSweep()
    {
        var (connection, peer, _) = BareConnection.Create(memory: 1024 * 1024, clock: _clock);
        var stream = connection.Add();
        connection.Memory.Take(1024 * 1024);
        await peer.SendAsync(s_frame);
        await Waits.Until(() => connection.Gate.IsClosed);
        Assert.True(stream.Inbox.TryReceive<Demo.Echo.Request>(out _, out _));
        Assert.False(stream.Inbox.TryReceive<Demo.Echo.Request>(out _, out _));
        Assert.True(connection.Gate.IsClosed);

        connection.Sweep();

        Assert.False(connection.Gate.IsClosed);
    }

    [Fact]
    public async Task Data_ServerHasNoMemoryLeft_GivesTheStreamUp()
    {
        var server = new PeerMemory(1024 * 1024);
        var (connection, peer, _) = BareConnection.Create(server: server);
        connection.Add(1);
        server.Take(1024 * 1024);

        await peer.SendAsync(s_frame);

        await Waits.Until(() => connection.Events.Count > 0);
        Assert.Equal(["given up 1"], connection.Events);
        Assert.Equal(0, connection.Memory.Used);
    }

    [Fact]
    public async Task Frame_PartAndServerHasNoMemoryLeft_EndsTheConnection()
    {
        var server = new PeerMemory(1024 * 1024);
        var (connection, peer, _) = BareConnection.Create(server: server, pipe: 1024 * 1024);
        connection.Add(1);
        server.Take(1024 * 1024);
        var frame = FramePeer.Data(1, new string('x', 500_000));

        await peer.SendAsync(frame[..1000]);
        await Waits.Until(() => connection.Memory.Used == 1000);
        Assert.False(connection.IsClosed);
        await peer.SendAsync(frame[1000..400_000]);

        await connection.Reading.Soon();
        Assert.True(connection.IsClosed);
        Assert.Equal(0, connection.Memory.Used);
    }

    [Fact]
    public async Task Frame_LargePartAndServerHasLittleMemoryLeft_LeavesItToOthers()
    {
        var server = new PeerMemory(16 * 1024 * 1024);
        var (connection, peer, _) = BareConnection.Create(server: server, pipe: 1024 * 1024);
        var (other, otherPeer, _) = BareConnection.Create(server: server);
        connection.Add(1);
        other.Add(1);
        server.Take(15 * 1024 * 1024);

        await peer.SendAsync(FramePeer.Data(1, new string('x', 500_000))[..400_000]);
        await connection.Reading.Soon();
        await otherPeer.SendAsync(s_frame);

        await Waits.Until(() => other.Memory.Used >= Size);
        Assert.True(connection.IsClosed);
        Assert.Equal((0, false), (connection.Memory.Used, other.IsClosed));
    }
}
