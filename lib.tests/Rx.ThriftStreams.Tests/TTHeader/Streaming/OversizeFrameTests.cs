using System.Buffers.Binary;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.TTHeader.Streaming;

/// <summary>Frames that are larger than a message may be: known by their length, and skipped as they come.</summary>
public sealed class OversizeFrameTests
{
    private int _directReads;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Frame_TooLarge_IsKnownByItsLengthAtTheLastByteOfItsHead(int beyond)
    {
        var (connection, peer, _) = Create();
        var head = FramePeer.Frame(TTHeaderFrameType.Data, 1).Length;
        var frame = FramePeer.Frame(TTHeaderFrameType.Data, 1, payload: new byte[connection.Limits.MaxFrameLength + 4 - head + beyond]);

        await peer.SendAsync(frame[..(TTHeaderFormat.FixedSize - 1)]);
        Assert.Empty(connection.Events);
        await peer.SendAsync(frame[(TTHeaderFormat.FixedSize - 1)..TTHeaderFormat.FixedSize]);

        Assert.Equal(beyond == 1 ? ["refused 1"] : [], connection.Events);
        Assert.Equal(beyond == 1 ? 0 : frame.Length, connection.Memory.Used);
    }

    [Theory]
    [InlineData(TTHeaderFormat.MaxFrameLength, "refused 1")]
    [InlineData(TTHeaderFormat.MaxFrameLength + 1, "shut: ")]
    public async Task Frame_BeyondWhatAFrameCanHave_IsAnErrorOfTheConnection(int length, string expected)
    {
        var (connection, peer, _) = Create();
        var head = FramePeer.Frame(TTHeaderFrameType.Data, 1)[..TTHeaderFormat.FixedSize];
        BinaryPrimitives.WriteInt32BigEndian(head, length);

        await peer.SendAsync(head);

        Assert.StartsWith(expected, Assert.Single(connection.Events, static text => !text.StartsWith("lost", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Frame_OfNoStream_IsAnErrorOfTheConnection()
    {
        var (connection, peer, _) = Create();
        var frame = FramePeer.Frame(TTHeaderFrameType.Data, 1, payload: new byte[600_000], flags: default);

        await peer.SendAsync(frame[..1000]);

        Assert.Contains($"shut: a frame of {frame.Length - 4} bytes exceeds the limit of {connection.Limits.MaxFrameLength} and does not belong to a stream", connection.Events);
    }

    [Fact]
    public async Task Frame_WithTheNextOne_DoesNotDelayIt()
    {
        var (connection, peer, stream) = Create();
        var next = connection.Add(2);
        var frame = FramePeer.Frame(TTHeaderFrameType.Data, 1, payload: new byte[600_000]);
        await peer.SendAsync(frame[..1000]);

        await peer.SendAsync([.. frame[1000..], .. FramePeer.Data(2, "small")]);

        Assert.Equal((0L, FrameIntakeTests.CostOf("small"), 0), (stream.Inbox.QueuedBytes, next.Inbox.QueuedBytes, _directReads));
        Assert.Equal(["refused 1"], connection.Events);
    }

    private (BareConnection Connection, FramePeer Peer, BareStream Stream) Create()
    {
        var (connection, peer, _) = BareConnection.Create(maxMessageSize: 1000, pipe: 4 * 1024 * 1024, direct: _ =>
        {
            _directReads++;
            return new(new TaskCompletionSource<int>().Task);
        });
        return (connection, peer, connection.Add());
    }
}
