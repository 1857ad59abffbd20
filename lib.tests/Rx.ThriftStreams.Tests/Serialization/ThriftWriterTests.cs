using System.Buffers;
using System.Text;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Tests.Serialization;

public sealed class ThriftWriterTests
{
    [Fact]
    public void Write_OfFields_LaysThemOutAsBinary()
    {
        using var buffer = new ThriftWriteBuffer();
        var writer = new ThriftWriter(buffer);
        writer.BeginStruct();
        writer.WriteBoolField(1, true);
        writer.WriteByteField(2, -2);
        writer.WriteI16Field(3, -3);
        writer.WriteI32Field(4, 0x01020304);
        writer.WriteI64Field(5, 0x0102030405060708);
        writer.WriteDoubleField(6, 1.0);
        writer.WriteStringField(7, "hi");
        writer.WriteBinaryField(-8, [9]);
        writer.EndStruct();
        writer.Flush();

        Assert.Equal(
            Bytes.Of("020001 01 030002 FE 060003 FFFD 080004 01020304 0A0005 0102030405060708 040006 3FF0000000000000 0B0007 00000002 6869 0BFFF8 00000001 09 00"),
            buffer.WrittenSpan.ToArray());
    }

    [Fact]
    public void Write_OfThePingPongArguments_GivesTheBytesOfTheSpecification()
    {
        using var buffer = new ThriftWriteBuffer();
        var writer = new ThriftWriter(buffer);
        writer.BeginStruct();
        writer.WriteFieldHeader(ThriftType.Struct, 1);
        writer.BeginStruct();
        writer.WriteStringField(1, "hi");
        writer.EndStruct();
        writer.EndStruct();
        writer.Flush();

        Assert.Equal(Bytes.Of("0c0001 0b0001 00000002 6869 00 00"), buffer.WrittenSpan.ToArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(42)]
    [InlineData(43)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(5461)]
    [InlineData(5462)]
    [InlineData(32 * 1024)]
    [InlineData((32 * 1024) + 1)]
    [InlineData(100_000)]
    public void WriteString_OfAnyLengthAndWidth_ReadsBack(int length)
    {
        foreach (string unit in (string[])["a", "é", "世", "🎈"])
        {
            string text = string.Concat(Enumerable.Repeat(unit, length));
            foreach (ThriftProtocol protocol in Enum.GetValues<ThriftProtocol>())
            {
                byte[] bytes = ThriftSerializer.SerializeToArray(new Sample { Text = text, Int = 7 }, protocol);
                Sample read = ThriftSerializer.Deserialize<Sample>(bytes, protocol);

                Assert.True(text == read.Text, $"{length} × {unit} over {protocol}");
                Assert.Equal(7, read.Int);
            }
        }
    }

    [Fact]
    public void WriteString_OfALoneSurrogate_WritesTheReplacementCharacter()
    {
        byte[] bytes = ThriftSerializer.SerializeToArray(new Sample { Text = "a\uD800b" });

        Assert.Equal("a\uFFFDb", ThriftSerializer.Deserialize<Sample>(bytes).Text);
    }

    [Fact]
    public void WriteString_OfNull_Fails()
    {
        using var buffer = new ThriftWriteBuffer();

        Assert.Throws<ArgumentNullException>(() => new ThriftWriter(buffer).WriteString(null!));
        Assert.Throws<ArgumentNullException>(() => new ThriftWriter(buffer).WriteStringField(1, null!));
        Assert.Throws<ArgumentNullException>(() => new ThriftCompactWriter(buffer).WriteString(null!));
        Assert.Throws<ArgumentNullException>(() => new ThriftCompactWriter(buffer).WriteStringField(1, null!));
    }

    [Fact]
    public void Write_WithoutFlush_LeavesTheBufferAsItWas()
    {
        using var buffer = new ThriftWriteBuffer();
        buffer.Write("before"u8);
        var writer = new ThriftWriter(buffer);
        writer.WriteString(new string('x', 10_000));

        Assert.Equal("before"u8.ToArray(), buffer.WrittenSpan.ToArray());
        writer.Flush();
        Assert.Equal(6 + 4 + 10_000, buffer.Length);
        Assert.StartsWith("before", Encoding.UTF8.GetString(buffer.WrittenSpan), StringComparison.Ordinal);
    }

    [Fact]
    public void Buffer_WithAReservedPrefix_CanBePatched()
    {
        using var buffer = new ThriftWriteBuffer();
        int prefix = buffer.Skip(4);
        buffer.Write(new byte[5000]);
        buffer.GetWrittenSpan(prefix, 4).Fill(7);

        Assert.Equal([7, 7, 7, 7, 0], buffer.WrittenSpan[..5].ToArray());
        Assert.Equal(5004, buffer.Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.GetWrittenSpan(5001, 4));
        buffer.Truncate(4);
        Assert.Equal(4, buffer.WrittenMemory.Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Truncate(5));
    }

    [Fact]
    public void Buffer_AfterResetAndDispose_IsEmptyAndCanBeWritten()
    {
        var buffer = new ThriftWriteBuffer(16);
        buffer.Write("one"u8);
        buffer.Reset();
        Assert.Equal(0, buffer.Length);
        Assert.True(buffer.Capacity >= 16);
        buffer.Dispose();
        buffer.Dispose();
        Assert.Equal(0, buffer.Capacity);
        buffer.Write("two"u8);
        Assert.Equal("two"u8.ToArray(), buffer.WrittenSpan.ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Advance(int.MaxValue));
        buffer.Dispose();
    }
}
