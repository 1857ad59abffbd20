using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transports.Grpc;

namespace Rx.ThriftStreams.Tests.Grpc;

/// <summary>How the messages of a response are found in its body.</summary>
public sealed class GrpcResponseReaderTests
{
    private const int Largest = 100_000;

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(5000)]
    [InlineData(1_000_000)]
    public async Task TryRead_HoweverTheBytesCome_FindsTheMessages(int chunk)
    {
        int[] sizes = [0, 1, 5, 4091, 4092, 65_531, 3, Largest, 0];
        var reader = Reader([.. sizes.SelectMany(size => Message(size))], chunk);

        Assert.Equal(sizes, await SizesAsync(reader));
        Assert.False(reader.IsTruncated);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(9)]
    public async Task FillAsync_BodyEndsWithinAMessage_IsTruncated(int missing)
    {
        var reader = Reader([.. Message(3), .. Message(5)[..^missing]], 4);

        Assert.Equal([3], await SizesAsync(reader));
        Assert.True(reader.IsTruncated);
    }

    [Fact]
    public async Task TryRead_MessageBeyondTheLimitAfterAGoodOne_FailsThen()
    {
        var reader = Reader([.. Message(3), .. Message(Largest + 1)], 1_000_000);

        Assert.True(await reader.FillAsync(TestContext.Current.CancellationToken));
        Assert.True(reader.TryRead(out var good));
        Assert.Equal(3, good.Length);
        Assert.Equal(ThriftStatusCode.ResourceExhausted, Assert.Throws<ThriftStatusException>(() => reader.TryRead(out ReadOnlySpan<byte> _)).StatusCode);
    }

    [Fact]
    public async Task FillAsync_BodyFails_Ends()
    {
        var reader = Reader(Message(3), 3, new IOException("cut"));

        Assert.Equal([3], await SizesAsync(reader));
        Assert.False(await reader.FillAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task DrainAsync_MessagesThatNobodyTook_ArePassedOver()
    {
        var reader = Reader([.. Message(3), .. Message(40_000)], 100);

        await reader.DrainAsync(TestContext.Current.CancellationToken);

        Assert.False(reader.TryRead(out ReadOnlySpan<byte> _));
        Assert.False(reader.IsTruncated);
    }

    private static GrpcResponseReader Reader(byte[] body, int chunk, Exception? end = null)
        => new(new ChunkedStream(body, chunk, end), GrpcDecompression.For(null), new MessageLimits(Largest, null, 100));

    private static byte[] Message(int size)
    {
        var message = new byte[GrpcFrame.PrefixLength + size];
        GrpcFrame.WritePrefix(message, size);
        return message;
    }

    private static async Task<List<int>> SizesAsync(GrpcResponseReader reader)
    {
        var sizes = new List<int>();
        do
        {
            while (reader.TryRead(out var message))
            {
                sizes.Add(message.Length);
            }
        }
        while (await reader.FillAsync(TestContext.Current.CancellationToken));
        return sizes;
    }

    /// <summary>Gives its bytes in pieces, and then ends or fails.</summary>
    private sealed class ChunkedStream(byte[] body, int chunk, Exception? end) : MemoryStream(body)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            var read = Read(buffer.Span[..Math.Min(buffer.Length, chunk)]);
            return read == 0 && end is not null ? throw end : read;
        }
    }
}
