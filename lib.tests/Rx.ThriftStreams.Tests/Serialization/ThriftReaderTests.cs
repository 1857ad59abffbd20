using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Tests.Serialization;

public sealed class ThriftReaderTests
{
    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    [InlineData(255, false)]
    public void ReadBool_IsTrueForOneOnly(byte wire, bool expected)
    {
        Assert.Equal(expected, new ThriftReader([wire]).ReadBool());
        Assert.Equal(expected, new ThriftCompactReader([wire]).ReadBool());
    }

    [Fact]
    public void TryReadFieldHeader_OfAnotherField_ReadsNothing()
    {
        var reader = new ThriftReader(Bytes.Of("08 0001 00000005 00"));

        Assert.False(reader.TryReadFieldHeader(ThriftType.I32, 2));
        Assert.False(reader.TryReadFieldHeader(ThriftType.I64, 1));
        Assert.Equal(0, reader.Consumed);
        Assert.True(reader.TryReadFieldHeader(ThriftType.I32, 1));
        Assert.Equal(5, reader.ReadI32());
        Assert.False(reader.TryReadFieldHeader(ThriftType.I32, 2));
        Assert.False(reader.ReadFieldHeader(out _, out _));
        Assert.Equal(8, reader.Consumed);
    }

    [Fact]
    public void TryReadFieldHeader_OfCompact_ReadsDifferencesAndBools()
    {
        // 1: true, 3: false, then 20 in the long form
        var reader = new ThriftCompactReader(Bytes.Of("11 22 05 28 0e 00"));
        reader.BeginStruct();

        Assert.False(reader.TryReadFieldHeader(ThriftType.I32, 1));
        Assert.True(reader.TryReadFieldHeader(ThriftType.Bool, 1));
        Assert.True(reader.ReadBool());
        Assert.False(reader.TryReadFieldHeader(ThriftType.Bool, 2));
        Assert.True(reader.TryReadFieldHeader(ThriftType.Bool, 3));
        Assert.False(reader.ReadBool());
        Assert.False(reader.TryReadFieldHeader(ThriftType.I32, 20));
        Assert.True(reader.ReadFieldHeader(out ThriftType type, out short id));
        Assert.Equal((ThriftType.I32, 20), (type, (int)id));
        Assert.Equal(7, reader.ReadI32());
        Assert.False(reader.ReadFieldHeader(out _, out _));
        reader.EndStruct();
    }

    [Fact]
    public void TryReadEmptyStruct_OfAStop_TakesIt_AndOfAField_TakesNothing()
    {
        var empty = new ThriftReader([0, 8]);
        Assert.True(empty.TryReadEmptyStruct());
        Assert.False(empty.TryReadEmptyStruct());
        Assert.Equal(1, empty.Consumed);

        var compact = new ThriftCompactReader([0, 8]);
        Assert.True(compact.TryReadEmptyStruct());
        Assert.False(compact.TryReadEmptyStruct());
        Assert.Equal(1, compact.Consumed);
    }

    [Fact]
    public void ReadString_OfBytesThatAreNotUtf8_GivesReplacementCharacters()
    {
        Assert.Equal("a\uFFFDb", new ThriftReader(Bytes.Of("00000003 61 ff 62")).ReadString());
        Assert.Equal("a\uFFFDb", new ThriftCompactReader(Bytes.Of("03 61 ff 62")).ReadString());
    }

    [Theory]
    [InlineData("0b 0007 7fffffff 00", 3, 7, "claims 2147483647 bytes and 1 remain")]
    [InlineData("0b 0007 ffffffff 00", 3, 7, "negative (-1)")]
    [InlineData("08 0007 0000", 3, 7, "4 more bytes are needed and 2 remain")]
    [InlineData("0f 000a 0a 00000002 0000000000000000", 4, 10, "claims 2 elements of at least 8 bytes and 8 bytes remain")]
    [InlineData("0f 000a 0a ffffffff", 4, 10, "negative (-1)")]
    [InlineData("0f 000a 08 00000001 00000000", 3, 10, "elements of type I32 where the schema has I64")]
    [InlineData("0d 000d 0b 0c 40000000 00", 5, 13, "claims 1073741824 elements of at least 5 bytes")]
    [InlineData("0d 000d 08 0c 00000001 00000000 00", 3, 13, "elements of type I32 where the schema has String")]
    [InlineData("0d 000d 0b 08 00000001 00000000 00000000", 4, 13, "elements of type I32 where the schema has Struct")]
    [InlineData("0d 000d 0b 11 00000001 00000000 00", 9, 13, "17 is not a Thrift type")]
    [InlineData("0f 000a 11 00000001 00", 8, 10, "17 is not a Thrift type")]
    [InlineData("11 0063 00", 3, 99, "17 is not a Thrift type")]
    [InlineData("05 0063 00", 3, 99, "5 is not a Thrift type")]
    [InlineData("0f 0063 07 00000001 00", 8, 99, "7 is not a Thrift type")]
    public void Read_OfBadBinary_FailsWithOffsetAndField(string hex, long offset, int field, string message)
    {
        var error = Assert.Throws<ThriftProtocolException>(() => ThriftSerializer.Deserialize<Sample>(Bytes.Of(hex)));

        Assert.Equal(offset, error.Offset);
        Assert.Equal((short)field, error.FieldId);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("78 ffffffff07", 1, 7, "claims 2147483647 bytes and 0 remain")]
    [InlineData("45 ffffffffff", 1, 4, "does not fit into 32 bits")]
    [InlineData("34 ffff7f", 1, 3, "does not fit into 16 bits")]
    [InlineData("a9 f6 ff01 00", 1, 10, "claims 255 elements")]
    [InlineData("1e 00", 0, 1, "14 is not a Thrift type")]
    [InlineData("d9 1f 00", 1, 13, "15 is not a Thrift type")]
    [InlineData("5b 01 e1 00", 2, 5, "14 is not a Thrift type")]
    [InlineData("db 01 5c 0000", 1, 13, "elements of type I32 where the schema has String")]
    [InlineData("db 01 85 0000", 1, 13, "elements of type I32 where the schema has Struct")]
    public void Read_OfBadCompact_FailsWithOffsetAndField(string hex, long offset, int field, string message)
    {
        var error = Assert.Throws<ThriftProtocolException>(() => ThriftSerializer.Deserialize<Sample>(Bytes.Of(hex), ThriftProtocol.Compact));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal((short)field, error.FieldId);
        Assert.Equal(offset, error.Offset);
    }

    [Theory]
    [InlineData("0f 000a 00 00000000 0d 000d 00 00 00000000 0e 000c 11 00000000 00", ThriftProtocol.Binary)]
    [InlineData("a9 00 3b 00 0a 18 0c 00", ThriftProtocol.Compact)]
    public void Read_OfEmptyContainers_TakesAnyElementType(string hex, ThriftProtocol protocol)
    {
        Sample read = ThriftSerializer.Deserialize<Sample>(Bytes.Of(hex), out int consumed, protocol);

        Assert.Equal(Bytes.Of(hex).Length, consumed);
        Assert.True(read.Longs.Count == 0 && read.Children.Count == 0 && read.Ids.Count == 0);
    }

    [Fact]
    public void ReadElements_OfFewerThanRemain_FailsWithBothNumbers()
    {
        var error = Assert.Throws<ThriftProtocolException>(() => new ThriftReader(new byte[12]).ReadI64Elements(new long[2]));
        Assert.Contains("16 more bytes are needed and 12 remain", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, error.Offset);

        Assert.Throws<ThriftProtocolException>(() => new ThriftReader(new byte[7]).ReadI32Elements(new int[2]));
        Assert.Throws<ThriftProtocolException>(() => new ThriftReader(new byte[3]).ReadI16Elements(new short[2]));
        Assert.Throws<ThriftProtocolException>(() => new ThriftReader(new byte[15]).ReadDoubleElements(new double[2]));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("ZQ", "e")]
    [InlineData("ZQ==", "e")]
    [InlineData("ZWU", "ee")]
    [InlineData("ZWU=", "ee")]
    [InlineData("ZWVl", "eee")]
    [InlineData("ZWVlZQ", "eeee")]
    public void ReadBinary_OfBase64_TakesEveryLength_PaddedOrNot(string base64, string expected)
    {
        byte[] bytes = [0, 0, 0, (byte)base64.Length, .. System.Text.Encoding.ASCII.GetBytes(base64)];
        var reader = new ThriftReader(bytes) { BinaryIsBase64 = true };

        Assert.Equal(System.Text.Encoding.ASCII.GetBytes(expected), reader.ReadBinary());
        Assert.Equal(bytes.Length, reader.Consumed);
    }

    [Theory]
    [InlineData("Z")]
    [InlineData("ZWV-")]
    public void ReadBinary_OfOtherText_IsNotBase64(string text)
    {
        byte[] bytes = [0, 0, 0, (byte)text.Length, .. System.Text.Encoding.ASCII.GetBytes(text)];

        var error = Assert.Throws<ThriftProtocolException>(() => new ThriftReader(bytes) { BinaryIsBase64 = true }.ReadBinary());

        Assert.Contains("not Base64", error.Message, StringComparison.Ordinal);
        Assert.Equal(4, error.Offset);
    }

    [Theory]
    [InlineData(ThriftProtocol.Binary)]
    [InlineData(ThriftProtocol.Compact)]
    [InlineData(ThriftProtocol.Json)]
    public void Read_AtTheDepthLimit_Succeeds_AndBelowIt_Fails(ThriftProtocol protocol)
    {
        byte[] bytes = ThriftSerializer.SerializeToArray(Nested(64), protocol);

        Assert.NotNull(ThriftSerializer.Deserialize<Sample>(bytes, protocol));
        var error = Assert.Throws<ThriftProtocolException>(() => ThriftSerializer.Deserialize<Sample>(bytes, protocol, new ThriftReaderLimits { MaxDepth = 63 }));
        Assert.Contains("MaxDepth of 63", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ThriftProtocol.Binary)]
    [InlineData(ThriftProtocol.Compact)]
    [InlineData(ThriftProtocol.Json)]
    public void Read_WithAHigherDepthLimit_GoesDeeper(ThriftProtocol protocol)
    {
        using var buffer = new ThriftWriteBuffer();
        if (protocol == ThriftProtocol.Binary)
        {
            var writer = new ThriftWriter(buffer, maxDepth: 300);
            Nested(300).Write(ref writer);
            writer.Flush();
        }
        else if (protocol == ThriftProtocol.Json)
        {
            var writer = new ThriftJsonWriter(buffer, maxDepth: 300);
            Nested(300).Write(ref writer);
            writer.Flush();
        }
        else
        {
            var writer = new ThriftCompactWriter(buffer, maxDepth: 300);
            Nested(300).Write(ref writer);
            writer.Flush();
        }

        Sample read = ThriftSerializer.Deserialize<Sample>(buffer.WrittenSpan, out int consumed, protocol, new ThriftReaderLimits { MaxDepth = 300 });

        Assert.Equal(buffer.Length, consumed);
        Assert.Equivalent(Nested(300).Child!.Child!.Text, read.Child!.Child!.Text);
        Assert.Throws<ThriftProtocolException>(() => ThriftSerializer.Deserialize<Sample>(buffer.WrittenMemory.Span, protocol));
    }

    [Theory]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void Skip_OfNestedLists_StopsAtTheDepthLimit(int levels, bool succeeds)
    {
        for (int structs = 0; structs <= levels; structs += 21)
        {
            AssertSkips(structs, levels - structs, succeeds);
        }
    }

    // Structs that the schema knows, and in the innermost a field of nested lists that it does not know.
    private static void AssertSkips(int structs, int levels, bool succeeds)
    {
        // Lists of one list each, down to an empty one.
        byte[] binary = [.. Enumerable.Repeat(Bytes.Of("0f 00000001"), levels - 1).SelectMany(bytes => bytes), .. Bytes.Of("08 00000000")];
        byte[] compact = [.. Enumerable.Repeat((byte)0x19, levels - 1), 0x05];

        Assert.Equal(succeeds, Skips(() =>
        {
            var reader = new ThriftReader(binary);
            SkipWithin(ref reader, structs);
        }));
        Assert.Equal(succeeds, Skips(() =>
        {
            var reader = new ThriftCompactReader(compact);
            SkipWithin(ref reader, structs);
        }));

        static void SkipWithin<TReader>(ref TReader reader, int structs)
            where TReader : struct, IThriftReader, allows ref struct
        {
            for (; structs > 0; structs--)
            {
                reader.BeginStruct();
            }

            reader.Skip(ThriftType.List);
        }

        static bool Skips(Action skip)
        {
            try
            {
                skip();
                return true;
            }
            catch (ThriftProtocolException error) when (error.Message.Contains("MaxDepth", StringComparison.Ordinal))
            {
                return false;
            }
        }
    }

    [Theory]
    [InlineData(ThriftProtocol.Binary)]
    [InlineData(ThriftProtocol.Compact)]
    [InlineData(ThriftProtocol.Json)]
    public void Read_OverTheStringAndCountLimits_Fails(ThriftProtocol protocol)
    {
        byte[] bytes = ThriftSerializer.SerializeToArray(new Sample { Text = "12345", Longs = [1, 2, 3] }, protocol);

        Assert.NotNull(ThriftSerializer.Deserialize<Sample>(bytes, protocol, new ThriftReaderLimits { MaxStringBytes = 5, MaxContainerCount = 3 }));
        var text = Assert.Throws<ThriftProtocolException>(() => ThriftSerializer.Deserialize<Sample>(bytes, protocol, new ThriftReaderLimits { MaxStringBytes = 4 }));
        var list = Assert.Throws<ThriftProtocolException>(() => ThriftSerializer.Deserialize<Sample>(bytes, protocol, new ThriftReaderLimits { MaxContainerCount = 2 }));

        Assert.Equal((short)7, text.FieldId);
        Assert.Contains(nameof(ThriftReaderLimits.MaxStringBytes), text.Message, StringComparison.Ordinal);
        Assert.Equal((short)10, list.FieldId);
        Assert.Contains(nameof(ThriftReaderLimits.MaxContainerCount), list.Message, StringComparison.Ordinal);
    }

    private static Sample Nested(int structs)
    {
        Sample sample = new() { Text = "inner" };
        for (int i = 1; i < structs; i++)
        {
            sample = new Sample { Child = sample };
        }

        return sample;
    }
}
