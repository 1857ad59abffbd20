using System.Buffers;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.TTHeader;

public sealed class ProtocolDetectorTests
{
    public static TheoryData<string, WireProtocolName> Connections => new()
    {
        { "50524920 2a204854 54502f322e300d0a", WireProtocolName.Http2 },
        { "0000003a 1000 0002 00000001", WireProtocolName.TTHeaderStreaming },
        { "0000003a 1000 0003 00000001", WireProtocolName.TTHeaderStreaming },
        { "0000003a 1000 0000 00000001", WireProtocolName.TTHeader },
        { "0000003a 1000 0001 00000001", WireProtocolName.TTHeader },
        { "ffaf0002 0000 8001 00010000", WireProtocolName.Mesh },
        { "00000026 80010001 0000000c", WireProtocolName.Framed },
        { "80010001 0000000c 4563686f", WireProtocolName.Buffered },
        { "80010001 10000002 4563686f", WireProtocolName.TTHeaderStreaming },
        { "00000026 90010001 0000000c", WireProtocolName.FramedKitexProtobuf },
        { "47455420 2f204854 54502f312e31", WireProtocolName.Http1 },
        { "00000026 82210001 0000000c", WireProtocolName.Framed },
        { "16030100 f4010000 f0030395", WireProtocolName.Tls },
        { "50524920 2a204855", WireProtocolName.Unknown },
        { "00000000 00000000", WireProtocolName.Unknown },
    };

    /// <summary>The names of <see cref="WireProtocol"/>, which is internal and cannot stand in a public signature.</summary>
    public enum WireProtocolName
    {
        NeedMore,
        Unknown,
        Http1,
        Tls,
        Http2,
        TTHeaderStreaming,
        TTHeader,
        Mesh,
        Framed,
        Buffered,
        FramedKitexProtobuf,
    }

    [Theory]
    [MemberData(nameof(Connections))]
    public void DetectConnection_EveryPrefix_DecidesAtEightBytes(string hex, WireProtocolName expected)
    {
        byte[] bytes = WireBytes.Hex(hex);
        for (int present = 0; present <= bytes.Length; present++)
        {
            string name = present < 8 ? nameof(WireProtocol.NeedMore) : expected.ToString();
            Assert.Equal(name, ProtocolDetector.DetectConnection(bytes.AsSpan(0, present)).ToString());
            for (int segment = 1; segment <= 9; segment++)
            {
                Assert.Equal(name, ProtocolDetector.DetectConnection(WireBytes.Cut(bytes.AsMemory(0, present), segment)).ToString());
            }
        }
    }

    [Fact]
    public void DetectMessage_PrefaceOfHttp2_IsUnknown()
        => Assert.Equal(WireProtocol.Unknown, ProtocolDetector.DetectMessage(WireBytes.One("PRI * HTTP/2.0"u8.ToArray())));

    [Fact]
    public void DetectPayload_TTHeaderInside_IsUnknown()
        => Assert.Equal(WireProtocol.Unknown, ProtocolDetector.DetectPayload(WireBytes.One(WireBytes.Hex("0000003a 1000 0000 00000001"))));

    [Theory]
    [InlineData(100)]
    [InlineData(3)]
    public void GetMessage_FramedAndUnframed_GivesTheMessage(int segmentSize)
    {
        byte[] message = WireBytes.Hex("80010002 00000001 61 00000001 00");

        byte[] plain = ProtocolDetector.GetMessage(WireBytes.Cut(message, segmentSize), out bool plainFramed).ToArray();
        byte[] inner = ProtocolDetector.GetMessage(WireBytes.Cut((byte[])[0, 0, 0, 14, .. message], segmentSize), out bool framed).ToArray();

        Assert.Equal(message, plain);
        Assert.Equal(message, inner);
        Assert.False(plainFramed);
        Assert.True(framed);
    }

    [Theory]
    [InlineData("", "invalid payload (first4Bytes=0x0, second4Bytes=0x0)")]
    [InlineData("8001", "invalid payload (first4Bytes=0x80010000, second4Bytes=0x0)")]
    [InlineData("00000005 82210001", "invalid payload (first4Bytes=0x5, second4Bytes=0x82210001)")]
    [InlineData("00000026 90010001", "invalid payload (first4Bytes=0x26, second4Bytes=0x90010001)")]
    [InlineData("00000005 80010001", "invalid frame length[5]")]
    [InlineData("ffffffff 80010001", "invalid frame length[4294967295]")]
    public void GetMessage_NeitherFormOrLyingLength_Fails(string hex, string text)
    {
        byte[] payload = WireBytes.Hex(hex);
        foreach (int segment in (int[])[100, 3])
        {
            var error = Assert.Throws<ThriftProtocolException>(() => ProtocolDetector.GetMessage(WireBytes.Cut(payload, segment), out _));
            Assert.Contains(text, error.Message, StringComparison.Ordinal);
        }
    }
}
