using System.Buffers;
using System.Runtime.InteropServices;
using Demo.Echo;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transports.TTHeaderStreaming;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.TTHeader.Streaming;

/// <summary>The reading side of a connection. What a test sends is read before its flush returns, so that each state between two reads can be seen.</summary>
public sealed class FrameIntakeTests
{
    private const int Large = 100_000;
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);
    private static readonly byte[] s_small = FramePeer.Data(1, "small");
    private static readonly byte[] s_large = FramePeer.Data(1, new string('x', Large));
    private static readonly int s_smallCost = CostOf("small");

    private readonly FakeTimeProvider _clock = new();

    // What is read past the pipe: completing it runs the reader on the thread of the test.
    private TaskCompletionSource<int> _rest = new();
    private Memory<byte> _destination;
    private int _directReads;

    [Fact]
    public async Task LargeFrame_RestIsReadPastThePipe_AndWhatFollowsIsReadFromIt()
    {
        var (connection, peer, stream) = Create();
        var wait = stream.Inbox.WaitToReceiveAsync(default).AsTask();
        await peer.SendAsync(s_large[..40_000]);
        Assert.Equal((1, s_large.Length - 40_000, (long)s_large.Length), (_directReads, _destination.Length, connection.Memory.Used));

        Complete(s_large.AsSpan(40_000, 10_000));
        Assert.Equal((2, s_large.Length - 50_000, false), (_directReads, _destination.Length, wait.IsCompleted));
        Complete(s_large.AsSpan(50_000));

        Assert.True(await wait.Soon());
        Assert.Equal(CostOf(new string('x', Large)), connection.Memory.Used);
        await peer.SendAsync(s_small);
        Assert.True(stream.Inbox.TryReceive<Request>(out var large, out _));
        Assert.Equal(Large, large!.Message!.Length);
        Assert.True(stream.Inbox.TryReceive<Request>(out var small, out _));
        Assert.Equal("small", small!.Message);
        Assert.Equal(2, _directReads);
    }

    [Theory]
    [InlineData(FrameArray.LeastLength, 1)]
    [InlineData(FrameArray.LeastLength - 1, 0)]
    public async Task Frame_WithAShortRest_IsLeftToThePipe(int rest, int reads)
    {
        var (connection, peer, _) = Create();

        await peer.SendAsync(s_large[..^rest]);

        Assert.Equal(reads, _directReads);
        Assert.Equal(reads == 1 ? s_large.Length : s_large.Length - rest, connection.Memory.Used);
    }

    [Theory]
    [InlineData(0, 1000, 1)]
    [InlineData(1, 1000, 0)]
    [InlineData(1, 32 * 1024, 0)]
    [InlineData(1, (32 * 1024) + 1, 1)]
    [InlineData(1024 * 1024, 64 * 1024, 1)]
    public async Task Frame_ThatIsMostlyAnnounced_IsLeftToThePipeUntilEnoughOfItIsThere(int beyond, int arrived, int reads)
    {
        var head = FramePeer.Frame(TTHeaderFrameType.Data, 1).Length;
        var (connection, peer, _) = Create();
        var frame = FramePeer.Frame(TTHeaderFrameType.Data, 1, payload: new byte[(1024 * 1024) - head + beyond]);

        await peer.SendAsync(frame[..arrived]);

        Assert.Equal((reads, reads == 1 ? frame.Length : arrived), (_directReads, connection.Memory.Used));
    }

    [Fact]
    public async Task LargestFrame_ArrivesInParts_TakesTheArrayWhenEnoughOfItIsThere()
    {
        var (_, peer, stream) = Create(maxMessageSize: 8 * 1024 * 1024);
        var text = new string('x', 4 * 1024 * 1024);
        var frame = FramePeer.Data(1, text);
        await peer.SendAsync(frame[..100_000]);
        Assert.Equal(0, _directReads);

        await peer.SendAsync(frame[100_000..200_000]);
        Assert.Equal((1, frame.Length - 200_000), (_directReads, _destination.Length));
        Complete(frame.AsSpan(200_000));

        Assert.True(stream.Inbox.TryReceive<Request>(out var message, out _));
        Assert.Equal(text, message!.Message);
    }

    [Fact]
    public async Task LargeFrame_ConnectionEndsWithinIt_SaysSoAndReturnsTheArray()
    {
        var (connection, peer, _) = Create();
        await peer.SendAsync(s_large[..40_000]);
        Assert.True(MemoryMarshal.TryGetArray<byte>(_destination, out var array));

        _rest.SetResult(0);

        Assert.True(connection.Reading.IsCompletedSuccessfully);
        Assert.Contains("shut: the connection ended within a frame: unexpected EOF", connection.Events);
        Assert.Equal(0, connection.Memory.Used);
        Assert.Same(array.Array, ArrayPool<byte>.Shared.Rent(s_large.Length));
    }

    [Fact]
    public async Task LargeFrame_OfNoStream_ReturnsTheArray()
    {
        var (connection, peer, _) = Create();
        var frame = FramePeer.Data(99, new string('x', Large));
        await peer.SendAsync(frame[..40_000]);
        Assert.True(MemoryMarshal.TryGetArray<byte>(_destination, out var array));

        Complete(frame.AsSpan(40_000));

        Assert.Equal((0L, false), (connection.Memory.Used, connection.IsClosed));
        Assert.Same(array.Array, ArrayPool<byte>.Shared.Rent(frame.Length));
    }

    [Fact]
    public async Task LargeFrame_Complete_HasNoTimeLeftToRun()
    {
        var (connection, peer, _) = Create();
        await peer.SendAsync(s_large[..40_000]);
        Complete(s_large.AsSpan(40_000));

        _clock.Advance(TimeSpan.FromHours(1));
        connection.Sweep();

        Assert.False(connection.IsClosed);
    }

    [Fact]
    public async Task LargeFrame_Trickles_IsCutOff()
    {
        var (connection, peer, _) = Create();
        await peer.SendAsync(s_large[..40_000]);
        _clock.Advance(9 * s_second);
        Complete(s_large.AsSpan(40_000, 1));
        connection.Sweep();
        Assert.False(connection.IsClosed);

        _clock.Advance(s_second);
        connection.Sweep();

        Assert.True(connection.IsClosed);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Gate_Closed_ReadsNothingUntilItOpens(bool large)
    {
        var (connection, peer, stream) = Create(streamBytes: 1);
        if (large)
        {
            await peer.SendAsync(s_large[..40_000]);
            Complete(s_large.AsSpan(40_000));
        }
        else
        {
            await peer.SendAsync(s_small);
        }

        var used = connection.Memory.Used;
        Assert.True(connection.Gate.IsClosed);
        await peer.SendAsync(s_small);
        Assert.Equal(used, connection.Memory.Used);

        Assert.True(stream.Inbox.TryReceive<Request>(out _, out _));
        await Waits.Until(() => connection.Memory.Used == s_smallCost);
    }

    [Fact]
    public async Task Gate_ClosedWithinABatch_LeavesTheRestAndCountsNeitherItsBytesNorItsTime()
    {
        var (connection, peer, stream) = Create(streamBytes: 1);
        await peer.SendAsync(s_small[..20]);
        Assert.Equal(20, connection.Memory.Used);

        await peer.SendAsync([.. s_small[20..], .. s_small, .. s_small[..20]]);

        Assert.Equal((true, s_smallCost, s_smallCost), (connection.Gate.IsClosed, connection.Memory.Used, stream.Inbox.QueuedBytes));
        _clock.Advance(TimeSpan.FromHours(1));
        connection.Sweep();
        Assert.False(connection.IsClosed);
    }

    [Fact]
    public async Task Gate_ClosedByWhatReleasesNothing_IsLiftedByTheEndOfTheConnection()
    {
        var (connection, peer, _) = Create();
        connection.Memory.Take(64 * 1024 * 1024);
        await peer.SendAsync(s_small);
        Assert.True(connection.Gate.IsClosed);

        connection.Close(connection.Lost(new IOException("cut")));

        Assert.False(connection.Gate.IsClosed);
        await connection.Reading.Soon();
    }

    [Fact]
    public async Task Part_IsChargedUntilItsFrameIsComplete()
    {
        var (connection, peer, _) = Create();
        await peer.SendAsync(s_large[..90_000]);
        Assert.Equal(90_000, connection.Memory.Used);

        await peer.SendAsync([.. s_large[90_000..], .. s_small[..20]]);
        Assert.Equal(CostOf(new string('x', Large)) + 20, connection.Memory.Used);
        await peer.SendAsync(s_small[20..]);

        Assert.Equal(CostOf(new string('x', Large)) + s_smallCost, connection.Memory.Used);
    }

    [Theory]
    [InlineData(64 * 1024, false)]
    [InlineData((64 * 1024) + 1, true)]
    public async Task Part_ServerHasLittleMemoryLeft_EndsTheConnectionOnlyIfItIsLarge(int part, bool closed)
    {
        var server = new Rx.ThriftStreams.Transport.PeerMemory(16 * 1024 * 1024);
        var (connection, peer, _) = BareConnection.Create(server: server, pipe: 1024 * 1024, direct: ReadDirectlyAsync);
        server.Take(16 * 1024 * 1024);

        await peer.SendAsync(FramePeer.Frame(TTHeaderFrameType.Data, 1, payload: new byte[part + 100])[..part]);

        Assert.Equal(closed, connection.IsClosed);
        Assert.Equal(closed, connection.Events.Any(static text => text.Contains("peers make this server hold more memory", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Time_OfAFrame_RunsFromItsFirstByteAndNotFromFurtherOnes()
    {
        var (connection, peer, _) = Create();
        _clock.Advance(TimeSpan.FromHours(1));
        await peer.SendAsync(s_small[..20]);
        connection.Sweep();
        _clock.Advance(9 * s_second);
        await peer.SendAsync(s_small[20..21]);
        connection.Sweep();
        Assert.False(connection.IsClosed);

        _clock.Advance(s_second);
        connection.Sweep();

        Assert.Contains("shut: a frame was not complete within 00:00:10", connection.Events);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Time_OfAFrame_BeginsAnewAfterOneThatEnded(bool oversize)
    {
        var (connection, peer, _) = Create(maxMessageSize: 1000);
        var first = oversize ? FramePeer.Frame(TTHeaderFrameType.Data, 1, payload: new byte[600_000]) : s_small;
        await peer.SendAsync(first[..20]);
        _clock.Advance(9 * s_second);
        await peer.SendAsync([.. first[20..], .. s_small[..20]]);
        _clock.Advance(9 * s_second);
        connection.Sweep();
        Assert.False(connection.IsClosed);

        _clock.Advance(s_second);
        connection.Sweep();

        Assert.True(connection.IsClosed);
    }

    [Fact]
    public async Task Time_OfAFrameThatEnded_IsOver()
    {
        var (connection, peer, _) = Create();
        await peer.SendAsync(s_small[..20]);
        await peer.SendAsync(s_small[20..]);

        _clock.Advance(TimeSpan.FromHours(1));
        connection.Sweep();

        Assert.False(connection.IsClosed);
    }

    [Fact]
    public async Task Time_WithoutALimit_NeverStrikes()
    {
        var (connection, peer, _) = Create();
        connection.FrameLimit = TimeSpan.Zero;
        connection.Sweep();
        await peer.SendAsync(s_small[..20]);

        _clock.Advance(TimeSpan.FromHours(1));
        connection.Sweep();

        Assert.False(connection.IsClosed);
    }

    [Fact]
    public async Task Frame_ByteByByte_IsReceived()
    {
        var (connection, peer, stream) = Create(maxMessageSize: 1000);
        foreach (var one in s_small)
        {
            await peer.SendAsync([one]);
        }

        Assert.Equal((s_smallCost, false), (stream.Inbox.QueuedBytes, connection.IsClosed));
    }

    [Theory]
    [InlineData("whole", "connection closed by peer")]
    [InlineData("part", "the connection ended within a frame: unexpected EOF")]
    [InlineData("oversize", "the connection ended within a frame: unexpected EOF")]
    [InlineData("failed", "connection lost: cut")]
    public async Task End_OfTheBytes_SaysWhetherAFrameWasCutOff(string how, string text)
    {
        var (connection, peer, _) = Create(maxMessageSize: 1000);
        await peer.SendAsync(how switch
        {
            "part" => s_small[..20],
            "oversize" => FramePeer.Frame(TTHeaderFrameType.Data, 1, payload: new byte[600_000])[..1000],
            _ => s_small,
        });

        await peer.Pipe.Output.CompleteAsync(how == "failed" ? new IOException("cut") : null);

        Assert.True(connection.Reading.IsCompletedSuccessfully);
        Assert.Equal($"shut: {text}", connection.Events[^1]);
        Assert.Equal(0, connection.Memory.Used);
    }

    [Fact]
    public void Read_Cancelled_EndsTheReadingAndNotTheConnection()
    {
        var (connection, _, end) = BareConnection.Create(direct: ReadDirectlyAsync);

        end.Input.CancelPendingRead();

        Assert.True(connection.Reading.IsCompletedSuccessfully);
        Assert.False(connection.IsClosed);
    }

    [Fact]
    public async Task Bytes_ThatAreNoFrame_CloseTheConnection()
    {
        var (connection, peer, _) = Create();

        await peer.SendAsync([0, 0, 0, 20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);

        Assert.True(connection.IsClosed);
        Assert.Equal(TTStreamCodes.IllegalFrame, connection.LossOnSend().Kitex!.Code);
        Assert.IsType<ThriftProtocolException>(connection.LossOnSend().InnerException);
    }

    private (BareConnection Connection, FramePeer Peer, BareStream Stream) Create(int streamBytes = 1024 * 1024, int maxMessageSize = 4 * 1024 * 1024)
    {
        var (connection, peer, _) = BareConnection.Create(streamBytes, maxMessageSize: maxMessageSize, pipe: 4 * 1024 * 1024, clock: _clock, direct: ReadDirectlyAsync);
        return (connection, peer, connection.Add());
    }

    private ValueTask<int> ReadDirectlyAsync(Memory<byte> destination)
    {
        _directReads++;
        _destination = destination;
        _rest = new TaskCompletionSource<int>();
        return new(_rest.Task);
    }

    private void Complete(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_destination.Span);
        _rest.SetResult(bytes.Length);
    }

    internal static int CostOf(string text) => ThriftSerializer.SerializeToArray(new Request { Message = text }).Length + StreamLimits.MessageOverhead;
}
