using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Tests.Serialization;

public sealed class VarintTests
{
    public static TheoryData<ulong> Edges
    {
        get
        {
            var edges = new TheoryData<ulong> { 0, 1, 300, 0x0102_0304_0506_07 };
            for (int bits = 7; bits <= 56; bits += 7)
            {
                edges.Add((1UL << bits) - 1);
                if (bits < 56)
                {
                    edges.Add(1UL << bits);
                }
            }

            return edges;
        }
    }

    [Theory]
    [MemberData(nameof(Edges))]
    public void WriteFast_GivesGroupsOfSevenBits_AndReadFastTakesThem(ulong value)
    {
        byte[] bytes = new byte[8];
        int size = Varint.WriteFast(ref bytes[0], value);

        Assert.Equal(ByDefinition(value), bytes[..size]);
        bytes.AsSpan(size).Fill(0xFF);
        Assert.Equal(size, Varint.ReadFast(ref bytes[0], out ulong read));
        Assert.Equal(value, read);
    }

    [Fact]
    public void ReadFast_WithoutAnEnd_SaysMoreThanEight()
    {
        byte[] bytes = [.. Enumerable.Repeat((byte)0xFF, 8)];

        Assert.True(Varint.ReadFast(ref bytes[0], out _) > 8);
    }

    [Theory]
    [InlineData("ffffffff0f", -2147483648)]
    [InlineData("feffffff0f", 2147483647)]
    [InlineData("8180808000", -1)]
    public void ReadI32_OfFiveBytes_GivesTheNumber_NearTheEndAndBeforeIt(string hex, int expected)
    {
        Assert.Equal(expected, new ThriftCompactReader(Bytes.Of(hex)).ReadI32());
        Assert.Equal(expected, new ThriftCompactReader(Bytes.Of(hex + "ffffffffff")).ReadI32());
    }

    [Theory]
    [InlineData("ffffffff10")]
    [InlineData("ffffffff8f")]
    [InlineData("818080808000")]
    public void ReadI32_OfMoreThan32Bits_Fails_NearTheEndAndBeforeIt(string hex)
    {
        Assert.Contains("32 bits", Assert.Throws<ThriftProtocolException>(() => new ThriftCompactReader(Bytes.Of(hex)).ReadI32()).Message, StringComparison.Ordinal);
        Assert.Contains("32 bits", Assert.Throws<ThriftProtocolException>(() => new ThriftCompactReader(Bytes.Of(hex + "0000000000")).ReadI32()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ffffffffffffffffff01", long.MinValue)]
    [InlineData("feffffffffffffffff01", long.MaxValue)]
    public void ReadI64_OfTenBytes_GivesTheNumber(string hex, long expected)
        => Assert.Equal(expected, new ThriftCompactReader(Bytes.Of(hex)).ReadI64());

    private static byte[] ByDefinition(ulong value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        bytes.Add((byte)value);
        return [.. bytes];
    }
}
