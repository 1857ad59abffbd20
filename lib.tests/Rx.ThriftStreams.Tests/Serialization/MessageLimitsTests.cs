using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Tests.Serialization;

/// <summary>What a message may become when it is decompressed, and what decoding it may take.</summary>
public sealed class MessageLimitsTests
{
    private const int Ratio = 100;

    [Theory]
    [InlineData(false, "this channel allows (ThriftChannelOptions.Limits.MaxReceiveMessageSize).", "ThriftChannelOptions.Limits.MaxDecompressionRatio is 100.")]
    [InlineData(true, "the server allows (ThriftServerOptions.Limits.MaxReceiveMessageSize).", "ThriftServerOptions.Limits.MaxDecompressionRatio is 100.")]
    public void Errors_SayWhoseLimitItIs(bool isServer, string size, string ratio)
    {
        var limits = new MessageLimits(4_194_304, null, 100, isServer);

        Assert.Equal($"A message of 6000012 bytes is larger than the 4194304 bytes that {size}", limits.TooLarge(6_000_012).Message);
        Assert.Equal($"A message decompresses to more than the 4194304 bytes that {size}", limits.DecompressesToMore(100_000).Message);
        Assert.EndsWith(ratio, limits.DecompressesToMore(90).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, MessageLimits.FreeDecompression)]
    [InlineData(MessageLimits.FreeDecompression / Ratio, MessageLimits.FreeDecompression)]
    [InlineData((MessageLimits.FreeDecompression / Ratio) + 1, ((MessageLimits.FreeDecompression / Ratio) + 1) * Ratio)]
    [InlineData(20_000, 2_000_000)]
    [InlineData(int.MaxValue, int.MaxValue)]
    public void DecompressedSize_IsFreeUpToALittleAndThenBoundedByTheRatio(int compressed, int expected)
        => Assert.Equal(expected, new MessageLimits(int.MaxValue, null, Ratio).DecompressedSize(compressed));

    [Theory]
    [InlineData(1000, 1)]
    [InlineData(3_000_000, 1_000_000)]
    public void DecompressedSize_LargestMessageIsSmaller_IsThat(int largest, int compressed)
        => Assert.Equal(largest, new MessageLimits(largest, null, Ratio).DecompressedSize(compressed));

    [Fact]
    public void Decode_WithALimitOfMemory_EnforcesIt()
    {
        using var bytes = new ThriftWriteBuffer();
        ThriftSerializer.Serialize(new Demo.Echo.Response { Message = new string('x', 10_000) }, bytes);

        Assert.Throws<ThriftProtocolException>(() => new MessageLimits(int.MaxValue, 1000, Ratio).Decode<Demo.Echo.Response>(bytes.WrittenSpan, ThriftProtocol.Binary));
        Assert.Equal(10_000, new MessageLimits(int.MaxValue, null, Ratio).Decode<Demo.Echo.Response>(bytes.WrittenSpan, ThriftProtocol.Binary).Message!.Length);
        Assert.Equal(10_000, new MessageLimits(int.MaxValue, 1_000_000, Ratio).Decode<Demo.Echo.Response>(bytes.WrittenSpan, ThriftProtocol.Binary).Message!.Length);
    }
}
