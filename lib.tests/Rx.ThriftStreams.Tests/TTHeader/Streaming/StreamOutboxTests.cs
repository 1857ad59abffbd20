using Demo.Echo;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transports.TTHeaderStreaming;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.TTHeader.Streaming;

/// <summary>A stream's sending direction: credit and room, with every step of a wait reached on purpose.</summary>
public sealed class StreamOutboxTests
{
    private static readonly Request s_request = new() { Message = new string('x', 1000) };
    private static readonly int s_cost = ThriftSerializer.SerializeToArray(s_request).Length + StreamLimits.MessageOverhead;

    [Fact]
    public async Task Send_CreditIsExactlyUsedUp_TheNextOneWaitsForMore()
    {
        var (connection, peer, _) = BareConnection.Create();
        var stream = connection.Add(peerWindow: 2 * s_cost);
        Assert.True(stream.Outbox.SendAsync(s_request, default).IsCompletedSuccessfully);
        Assert.True(stream.Outbox.SendAsync(s_request, default).IsCompletedSuccessfully);
        Assert.Equal(0, stream.Outbox.Credit);

        var third = stream.Outbox.SendAsync(s_request, default).AsTask();
        Assert.False(third.IsCompleted);
        stream.Outbox.OnCredit(1);

        Assert.Equal(s_cost - StreamLimits.MessageOverhead, await third.Soon());
        Assert.Equal(1 - s_cost, stream.Outbox.Credit);
        for (var i = 0; i < 3; i++)
        {
            await peer.ExpectAsync(TTHeaderFrameType.Data, 1);
        }
    }

    [Fact]
    public async Task Window_AnnouncedAfterMessagesWereSent_CountsThem()
    {
        var (connection, _, _) = BareConnection.Create();
        var stream = connection.Add();
        await stream.Outbox.SendAsync(s_request, default);
        await stream.Outbox.SendAsync(s_request, default);

        connection.SetPeerWindow(s_cost);

        Assert.Equal(-s_cost, stream.Outbox.Credit);
        var waits = stream.Outbox.SendAsync(s_request, default).AsTask();
        Assert.False(waits.IsCompleted);
        stream.Outbox.OnCredit(s_cost);
        Assert.False(waits.IsCompleted);
        stream.Outbox.OnCredit(1);
        await waits.Soon();
    }

    [Fact]
    public void Window_AnnouncedTwice_CountsOnce()
    {
        var (connection, _, _) = BareConnection.Create();
        var stream = connection.Add(peerWindow: 100);

        stream.Outbox.GrantFirst(100);

        Assert.Equal(100, stream.Outbox.Credit);
    }

    [Fact]
    public async Task Send_PeerDoesNotRead_HoldsOneMessageAndNotOnePerStream()
    {
        const int Streams = 100;
        const int Size = 1_000_000;
        var (connection, peer, _) = BareConnection.Create(pipe: 1);
        var large = new Request { Message = new string('x', Size) };
        var sends = Enumerable.Range(1, Streams).Select(id => Task.Run(async () => await connection.Add(id).Outbox.SendAsync(large, default))).ToArray();
        await Waits.Until(() => sends.Count(send => send.IsCompleted) >= 2);

        // One message is being written, and one more was appended before there was no room.
        Assert.InRange(connection.Memory.Used, Size, 5 * Size);
        Assert.InRange(sends.Count(send => send.IsCompleted), 2, 3);

        for (var i = 0; i < Streams; i++)
        {
            await peer.ExpectAsync(TTHeaderFrameType.Data);
        }

        await Task.WhenAll(sends).Soon();
        await connection.Writer.WhenIdleAsync().Soon();
        Assert.Equal(0, connection.Memory.Used);
    }

    [Fact]
    public async Task Send_WaitsForRoomAndItsTokenIsCancelled_SendsNothing()
    {
        var (connection, peer, _) = BareConnection.Create(pipe: 1);
        var stream = connection.Add();
        await FillAsync(connection, peer);
        using var cancel = new CancellationTokenSource();
        var send = stream.Outbox.SendAsync(s_request, cancel.Token).AsTask();
        Assert.False(send.IsCompleted);

        await cancel.CancelAsync();

        Assert.Equal(cancel.Token, (await Assert.ThrowsAsync<OperationCanceledException>(() => send.Soon())).CancellationToken);
        connection.Writer.AppendControl(FramePeer.Trailer(9));
        await SkipFillerAsync(peer);
        await peer.ExpectAsync(TTHeaderFrameType.Trailer, 9);
    }

    [Fact]
    public async Task Send_ManyThatWaitGiveUp_TheLastOneIsStillWoken()
    {
        // More than one flush wakes: if those that it wakes append nothing, the others must not be forgotten.
        var (connection, peer, _) = BareConnection.Create(pipe: 1);
        await FillAsync(connection, peer);
        using var cancel = new CancellationTokenSource();
        var givenUp = Enumerable.Range(1, 50).Select(id => connection.Add(id).Outbox.SendAsync(s_request, cancel.Token).AsTask()).ToArray();
        var patient = connection.Add(99).Outbox.SendAsync(s_request, default).AsTask();
        await cancel.CancelAsync();
        foreach (var send in givenUp)
        {
            await Assert.ThrowsAsync<OperationCanceledException>(() => send.Soon());
        }

        Assert.False(patient.IsCompleted);
        await SkipFillerAsync(peer);

        await patient.Soon();
        await peer.ExpectAsync(TTHeaderFrameType.Data, 99);
    }

    [Fact]
    public async Task Send_ConnectionFails_WaitingAndLaterOnesFail()
    {
        var (connection, peer, _) = BareConnection.Create(pipe: 1);
        await FillAsync(connection, peer);
        var waiting = connection.Add(1).Outbox.SendAsync(s_request, default).AsTask();
        var credit = connection.Add(2, peerWindow: 1);
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            // Not added to the connection, so its loss does not reach it: only the writer can tell.
            var unknown = new BareStream(connection, 3, 0, false);
            connection.Close(connection.Lost(new IOException("gone")));
            await unknown.Outbox.SendAsync(s_request, default);
        });

        Assert.Contains("gone", (await Assert.ThrowsAnyAsync<ThriftException>(() => waiting.Soon())).Kitex!.Text, StringComparison.Ordinal);
        Assert.Contains("gone", (await Assert.ThrowsAnyAsync<ThriftException>(async () => await credit.Outbox.SendAsync(s_request, default))).Kitex!.Text, StringComparison.Ordinal);
        Assert.Contains("shut: connection lost: gone", connection.Events);
    }

    /// <summary>Leaves no room: one write is under way, and as much as is allowed waits for it.</summary>
    private static async Task FillAsync(BareConnection connection, FramePeer peer)
    {
        var filler = connection.Add(1000);
        var request = new Request { Message = new string('f', 30_000) };
        await filler.Outbox.SendAsync(request, default);

        // Only a write that has begun keeps what follows waiting: one that is still to begin would take all of it, and leave room.
        var begun = await peer.Pipe.Input.ReadAsync(TestContext.Current.CancellationToken).Soon();
        peer.Pipe.Input.AdvanceTo(begun.Buffer.Start);
        while (connection.Writer.HasRoom)
        {
            await filler.Outbox.SendAsync(request, default);
        }
    }

    private static async Task SkipFillerAsync(FramePeer peer)
    {
        while (true)
        {
            var read = await peer.Pipe.Input.ReadAsync(TestContext.Current.CancellationToken).Soon();
            var buffer = read.Buffer;
            var seen = FramePeer.TryTake(new(), ref buffer);
            if (seen is { Id: not 1000 })
            {
                peer.Pipe.Input.AdvanceTo(read.Buffer.Start);
                return;
            }

            peer.Pipe.Input.AdvanceTo(buffer.Start, seen is null ? buffer.End : buffer.Start);
        }
    }
}
