using Demo.Echo;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transports.TTHeaderStreaming;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.TTHeader.Streaming;

/// <summary>A stream's receiving direction: what waits is counted, what is consumed is granted, and an end comes after what was there.</summary>
public sealed class StreamInboxTests
{
    private const int Size = 1000;
    private static readonly byte[] s_frame = FramePeer.Data(1, new string('x', Size));
    private static readonly int s_cost = ThriftSerializer.SerializeToArray(new Request { Message = new string('x', Size) }).Length + StreamLimits.MessageOverhead;

    [Fact]
    public async Task Consume_SecondGrant_DoesNotRepeatTheFirst()
    {
        // The window does not grow beyond StreamBytes, so each grant is what was consumed since the one before.
        var (connection, peer, _) = BareConnection.Create(streamBytes: 4 * s_cost);
        var stream = connection.Add(keepsWindow: true);
        var granted = 0;
        for (var round = 0; round < 4; round++)
        {
            await peer.SendAsync(s_frame, s_frame);
            await ReceiveAsync(stream, 2);
            granted += int.Parse((await peer.ExpectAsync(TTHeaderFrameType.Meta, 1)).Pairs["rx-credit"], System.Globalization.CultureInfo.InvariantCulture);
            Assert.Equal((round + 1) * 2 * s_cost, granted);
        }
    }

    [Fact]
    public async Task Consume_WindowBelowTheStreamsLimit_GrowsToIt()
    {
        var (connection, peer, _) = BareConnection.Create();
        var stream = connection.Add(keepsWindow: true);
        var first = stream.Inbox.Window;
        Assert.Equal(64 * 1024, first);
        long granted = 0;
        long consumed = 0;
        while (stream.Inbox.Window < 1024 * 1024)
        {
            for (var i = 0; i < 40; i++)
            {
                await peer.SendAsync(s_frame);
            }

            await ReceiveAsync(stream, 40);
            consumed += 40 * s_cost;
            granted += connection.Windows.Granted - first > granted ? connection.Windows.Granted - first - granted : 0;
            Assert.InRange(consumed, 0, 8 * 1024 * 1024);
        }

        Assert.Equal(1024 * 1024, connection.Windows.Granted);
        stream.Inbox.End(null);
        Assert.Equal(0, connection.Windows.Granted);
    }

    [Fact]
    public async Task Consume_LessThanAPortion_IsSettledWhenTheConsumerFindsNothing()
    {
        var (connection, peer, _) = BareConnection.Create();
        var stream = connection.Add();
        await peer.SendAsync(s_frame);
        await ReceiveAsync(stream, 1);
        Assert.Equal(s_cost, stream.Inbox.QueuedBytes);

        Assert.False(stream.Inbox.TryReceive<Request>(out _, out _));

        Assert.Equal(0, stream.Inbox.QueuedBytes);
        Assert.Equal(0, connection.Memory.Used);
    }

    [Fact]
    public async Task Consume_ExactlyAPortion_IsSettledAtOnce()
    {
        var (connection, peer, _) = BareConnection.Create(streamBytes: 4 * s_cost);
        var stream = connection.Add();
        await peer.SendAsync(s_frame, s_frame);
        await Waits.Until(() => stream.Inbox.QueuedBytes == 2 * s_cost);

        Assert.True(stream.Inbox.TryReceive<Request>(out _, out var size));

        Assert.Equal(s_cost - StreamLimits.MessageOverhead, size);
        Assert.Equal(s_cost, stream.Inbox.QueuedBytes);
    }

    [Fact]
    public async Task Wait_MessageArrivedSinceNothingWasFound_IsNotTakenForTheEnd()
    {
        var (connection, peer, _) = BareConnection.Create();
        var stream = connection.Add();
        Assert.False(stream.Inbox.TryReceive<Request>(out _, out _));
        await peer.SendAsync(s_frame, FramePeer.Trailer(1));
        await Waits.Until(() => stream.Inbox.QueuedBytes > 0);
        stream.Inbox.End(null);

        Assert.True(await stream.Inbox.WaitToReceiveAsync(default).Soon());
        Assert.True(stream.Inbox.TryReceive<Request>(out _, out _));
        Assert.False(stream.Inbox.TryReceive<Request>(out _, out _));
        Assert.False(await stream.Inbox.WaitToReceiveAsync(default).Soon());
    }

    [Fact]
    public async Task Wait_TokenOfTheReceiveAlone_IsWoken()
    {
        var (connection, _, _) = BareConnection.Create();
        var stream = connection.Add();
        using var cancel = new CancellationTokenSource();
        var wait = stream.Inbox.WaitToReceiveAsync(cancel.Token).AsTask();
        Assert.False(wait.IsCompleted);

        await cancel.CancelAsync();

        await Assert.ThrowsAsync<OperationCanceledException>(() => wait.Soon());
        var again = stream.Inbox.WaitToReceiveAsync(default).AsTask();
        stream.Inbox.End(null);
        Assert.True(await again.Soon());
    }

    [Fact]
    public async Task End_WithAnError_ComesAfterWhatWasThere()
    {
        var (connection, peer, _) = BareConnection.Create();
        var stream = connection.Add();
        await peer.SendAsync(s_frame, s_frame);
        await Waits.Until(() => stream.Inbox.QueuedBytes == 2 * s_cost);
        stream.Inbox.End(new ThriftProtocolException("broken"));

        await ReceiveAsync(stream, 2);

        await Assert.ThrowsAsync<ThriftProtocolException>(() => stream.Inbox.WaitToReceiveAsync(default).Soon());
    }

    [Fact]
    public async Task Fail_DropsWhatWasThere_AndReturnsItsMemory()
    {
        var (connection, peer, _) = BareConnection.Create();
        var stream = connection.Add(keepsWindow: true);
        await peer.SendAsync(s_frame, s_frame);
        await ReceiveAsync(stream, 1);

        stream.Inbox.Fail(new ThriftProtocolException("first"));
        stream.Inbox.Fail(new ThriftProtocolException("second"));

        Assert.Equal("first", Assert.Throws<ThriftProtocolException>(() => stream.Inbox.TryReceive<Request>(out _, out _)).Message);
        Assert.Equal((0L, 0L), (connection.Memory.Used, connection.Windows.Granted));
    }

    [Fact]
    public async Task Data_OneByteMessages_AreCountedWithWhatKeepingThemTakes()
    {
        // The smallest message is a STOP byte. Without the overhead a window of 1 MiB would admit a million of them.
        var (connection, peer, _) = BareConnection.Create(streamBytes: 90_000);
        connection.Add();
        var tiny = Enumerable.Repeat(FramePeer.Frame(TTHeaderFrameType.Data, 1, payload: [0]), 1000).SelectMany(bytes => bytes).ToArray();
        var sending = Task.Run(async () =>
        {
            for (var i = 0; i < 30; i++)
            {
                await peer.SendAsync(tiny);
            }
        });
        await Waits.Until(() => connection.Gate.IsClosed);

        Assert.Equal(90_009, connection.Memory.Used);
        Assert.False(sending.IsCompleted);
        connection.Close(connection.Lost(cause: null));
        await peer.Pipe.Output.CompleteAsync();
    }

    private static async Task ReceiveAsync(BareStream stream, int count)
    {
        for (; count > 0; count--)
        {
            while (!stream.Inbox.TryReceive<Request>(out _, out _))
            {
                Assert.True(await stream.Inbox.WaitToReceiveAsync(default).Soon());
            }
        }
    }
}
