using System.Buffers;
using CsCheck;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.TTHeader;

public sealed class PayloadChecksumTests
{
    // The check values of RFC 3720, appendix B.4, and the usual one of "123456789".
    [Fact]
    public void Compute_KnownInputs_GivesTheirCastagnoliValues()
    {
        Assert.Equal("e3069283", PayloadChecksum.Format(PayloadChecksum.Compute("123456789"u8)));
        Assert.Equal("8a9136aa", PayloadChecksum.Format(PayloadChecksum.Compute(new byte[32])));
        Assert.Equal("62a8ab43", PayloadChecksum.Format(PayloadChecksum.Compute(Enumerable.Repeat((byte)0xFF, 32).ToArray())));
        Assert.Equal("00000000", PayloadChecksum.Format(PayloadChecksum.Compute([])));
    }

    [Fact]
    public void Compute_InSegments_IsTheSame()
        => Gen.Select(Gen.Byte.Array[0, 200], Gen.Int[1, 30]).Sample((bytes, segmentSize)
            => Assert.Equal(PayloadChecksum.Compute(bytes), PayloadChecksum.Compute(WireBytes.Cut(bytes, segmentSize))), iter: 500, threads: 1);

    [Theory]
    [InlineData("e3069283", true)]
    [InlineData(null, true)]
    [InlineData("E3069283", false)]
    [InlineData("e3069284", false)]
    [InlineData("", false)]
    public void Verify_Value_PassesIfRightOrMissing(string? value, bool passes)
    {
        TTHeaderBuilder builder = new TTHeaderBuilder().Reset(TTHeaderFlags.None, 1, TTHeaderProtocolId.ThriftBinary);
        if (value is not null)
        {
            builder.AddString(TTHeaderStringKeys.Crc32C, value);
        }

        var output = new ArrayBufferWriter<byte>();
        builder.WriteTo(output, 9);
        output.Write("123456789"u8);

        Exception? error = Record.Exception(() =>
        {
            ReadOnlySequence<byte> buffer = WireBytes.Cut(output.WrittenMemory, 5);
            Assert.True(new TTHeaderFrameReader().TryRead(ref buffer, out TTHeaderFrame frame));
            PayloadChecksum.Verify(frame);
        });

        if (passes)
        {
            Assert.Null(error);
        }
        else
        {
            Assert.Contains("crc32c payload check failed", Assert.IsType<ThriftProtocolException>(error).Message, StringComparison.Ordinal);
        }
    }
}
