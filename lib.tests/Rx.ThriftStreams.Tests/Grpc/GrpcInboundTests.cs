using System.Text;
using Rx.ThriftStreams.Tests.Recordings;
using Rx.ThriftStreams.Transports.Grpc;

namespace Rx.ThriftStreams.Tests.Grpc;

/// <summary>Frames that arrive in any pieces, read into buffers of any size.</summary>
public sealed class GrpcInboundTests
{
    private static readonly byte[] Answer =
    [
        .. Http2Wire.Frame(Http2FrameType.Settings, 0, 0, []),
        .. GrpcWire.AnswerHeaders(1),
        .. GrpcWire.Message(1, GrpcWire.Struct("a")),
        .. GrpcWire.AnswerHeaders(3),
        .. GrpcWire.Message(3, GrpcWire.Struct("b")),
    ];

    [Fact]
    public async Task Read_ResetsAfterMessages_AreTrailersWithTheCode()
    {
        byte[] sent = [.. Answer, .. GrpcWire.Reset(1, 8), .. GrpcWire.Reset(3, 0xFFFFFFFF), .. GrpcWire.Message(5, GrpcWire.Struct("c"))];
        byte[] expected = [.. Answer, .. Trailers(1, "00000008"), .. Trailers(3, "ffffffff"), .. GrpcWire.Message(5, GrpcWire.Struct("c"))];

        for (var piece = 1; piece < 40; piece++)
        {
            for (var buffer = 1; buffer < 70; buffer++)
            {
                Assert.Equal(expected, await ReadAsync(sent, piece, buffer));
            }
        }

        Assert.Equal(expected, await ReadAsync(sent, sent.Length, 4096));
    }

    [Theory]
    [InlineData("of a response without messages")]
    [InlineData("of a response that has ended by a message")]
    [InlineData("of a response that has ended by trailers")]
    [InlineData("of another stream")]
    [InlineData("of the wrong length")]
    public async Task Read_Reset_IsLeftAlone(string what)
    {
        byte[] sent = what switch
        {
            "of a response without messages" => [.. GrpcWire.AnswerHeaders(1), .. GrpcWire.Reset(1, 8)],
            "of a response that has ended by a message" => [.. Answer, .. Http2Wire.Frame(Http2FrameType.Data, 1, 1, []), .. GrpcWire.Reset(1, 8)],
            "of a response that has ended by trailers" => [.. Answer, .. Http2Wire.Headers(1, endStream: true, [("grpc-status", "0")]), .. GrpcWire.Reset(1, 0)],
            "of another stream" => [.. Answer, .. GrpcWire.Reset(5, 8)],
            _ => [.. Answer, .. Http2Wire.Frame(Http2FrameType.RstStream, 0, 1, new byte[5])],
        };

        Assert.Equal(sent, await ReadAsync(sent, sent.Length, 4096));
        Assert.Equal(sent, await ReadAsync(sent, 7, 64));
    }

    [Fact]
    public async Task Read_SecondResetOfAStream_IsLeftAlone()
    {
        byte[] sent = [.. Answer, .. GrpcWire.Reset(1, 8), .. GrpcWire.Reset(1, 8)];

        Assert.Equal((byte[])[.. Answer, .. Trailers(1, "00000008"), .. GrpcWire.Reset(1, 8)], await ReadAsync(sent, sent.Length, 4096));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(12)]
    public async Task Read_ConnectionEndsWithinAFrame_PassesWhatThereIs(int length)
    {
        byte[] sent = [.. Answer, .. GrpcWire.Reset(1, 8)[..length]];

        Assert.Equal(sent, await ReadAsync(sent, sent.Length, 4096));
        Assert.Equal(sent, await ReadAsync(sent, 3, 4));
    }

    [Fact]
    public async Task Read_MoreResponsesThanAreRemembered_ForgetsOnlyTheOldest()
    {
        var sent = new List<byte>();
        for (var stream = 1; stream < 40_000; stream += 2)
        {
            sent.AddRange(Http2Wire.Frame(Http2FrameType.Data, 0, stream, [0]));
        }

        byte[] before = [.. sent];
        sent.AddRange([.. GrpcWire.Reset(1, 8), .. GrpcWire.Reset(39_999 - (2 * 4000), 8)]);

        Assert.Equal((byte[])[.. before, .. GrpcWire.Reset(1, 8), .. Trailers(39_999 - (2 * 4000), "00000008")], await ReadAsync([.. sent], 10_000, 4096));
    }

    /// <summary>The response that makes others be forgotten is remembered, and one that has ended is forgotten at once, however long it is known.</summary>
    [Fact]
    public async Task Read_AfterOthersWereForgotten_KnowsTheLastAndNotThoseThatEnded()
    {
        const int Last = (2 * 4096) + 1;
        var sent = new List<byte>();
        for (var stream = 1; stream <= Last; stream += 2)
        {
            sent.AddRange(Http2Wire.Frame(Http2FrameType.Data, 0, stream, [0]));
        }

        sent.AddRange([.. Http2Wire.Frame(Http2FrameType.Data, 1, 3, []), .. GrpcWire.Reset(3, 8)]);
        byte[] before = [.. sent];

        Assert.Equal((byte[])[.. before, .. Trailers(Last, "00000008")], await ReadAsync([.. before, .. GrpcWire.Reset(Last, 8)], 10_000, 4096));
    }

    [Fact]
    public async Task Read_WithoutABuffer_WaitsUnlessSomethingCanBePassedOn()
    {
        var reads = new Queue<byte[]>([[.. Answer, .. GrpcWire.Reset(1, 8)], [], [1]]);
        var inbound = new GrpcInbound((buffer, _) =>
        {
            var next = reads.Dequeue();
            next.CopyTo(buffer);
            return new(next.Length);
        });
        var buffer = new byte[4096];

        Assert.Equal(Answer.Length, await inbound.ReadAsync(buffer, default));
        Assert.Equal(0, await inbound.ReadAsync(default, default));
        Assert.Equal(2, reads.Count);
        Assert.Equal(Trailers(1, "00000008").Length, await inbound.ReadAsync(buffer, default));
        Assert.Equal(0, await inbound.ReadAsync(default, default));
        Assert.Single(reads);
    }

    [Fact]
    public async Task Read_FrameOfAHeaderAlone_IsPassedOnAtOnce()
    {
        var acknowledgement = Http2Wire.Frame(Http2FrameType.Settings, 1, 0, []);
        var more = new TaskCompletionSource<int>();
        var reads = 0;
        var inbound = new GrpcInbound((buffer, _) =>
        {
            if (reads++ > 0)
            {
                return new(more.Task);
            }

            acknowledgement.CopyTo(buffer);
            return new(acknowledgement.Length);
        });
        var buffer = new byte[4096];

        var read = inbound.ReadAsync(buffer, default);
        Assert.True(read.IsCompletedSuccessfully);
        Assert.Equal(acknowledgement.Length, await read);

        // The next one waits without a thread.
        var waiting = inbound.ReadAsync(buffer, default);
        Assert.False(waiting.IsCompleted);
        more.SetResult(0);
        Assert.Equal(0, await waiting);
    }

    [Fact]
    public void Trailers_AreWrittenWhole_WhateverWasThere()
    {
        var written = new byte[GrpcResetTrailer.Length];

        GrpcResetTrailer.Write(written, 5, 0xA);

        Assert.Equal(Trailers(5, "0000000a"), written);
    }

    [Fact]
    public void Read_Messages_AllocatesNothing()
    {
        byte[] chunk = [.. GrpcWire.Message(1, GrpcWire.Struct("a")), .. GrpcWire.Message(3, GrpcWire.Struct("b"))];
        var inbound = new GrpcInbound((buffer, _) =>
        {
            chunk.CopyTo(buffer);
            return new(chunk.Length);
        });
        var buffer = new byte[4096];
        var least = long.MaxValue;
        for (var round = 0; round < 10; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var bytes = Read();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            Assert.Equal(1000 * chunk.Length, bytes);
        }

        Assert.Equal(0, least);

        int Read()
        {
            var sum = 0;
            for (var i = 0; i < 1000; i++)
            {
                var read = inbound.ReadAsync(buffer, default);
                sum += read.IsCompletedSuccessfully ? read.Result : 0;
            }

            return sum;
        }
    }

    private static byte[] Trailers(int stream, string code) =>
    [
        .. Http2Wire.Frame(Http2FrameType.Headers, 0x5, stream, (byte[])[0, 8, .. "rx-reset"u8, 8, .. Encoding.ASCII.GetBytes(code)]),
        .. GrpcWire.Reset(stream, 0),
    ];

    /// <summary>Reads to the end.</summary>
    private static async Task<byte[]> ReadAsync(byte[] sent, int piece, int size)
    {
        var position = 0;
        var inbound = new GrpcInbound(async (buffer, _) =>
        {
            // Every other read has to wait.
            if (position % 2 == 0)
            {
                await Task.Yield();
            }

            var count = Math.Min(Math.Min(piece, buffer.Length), sent.Length - position);
            sent.AsSpan(position, count).CopyTo(buffer.Span);
            position += count;
            return count;
        });
        var received = new List<byte>();
        var buffer = new byte[size];
        while (await inbound.ReadAsync(buffer, default) is > 0 and var count)
        {
            received.AddRange(buffer.AsSpan(0, count));
        }

        return [.. received];
    }
}
