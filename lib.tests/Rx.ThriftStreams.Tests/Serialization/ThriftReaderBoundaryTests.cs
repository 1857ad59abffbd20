using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Tests.Serialization;

/// <summary>The reader of the Binary protocol at the last byte that it may read, and at the first that it may not.</summary>
public sealed class ThriftReaderBoundaryTests
{
    private delegate object Reading(ref ThriftReader reader);

    public static TheoryData<string, string, object> Values => new()
    {
        { "bool", "01", true },
        { "byte", "ff", (sbyte)-1 },
        { "i16", "fffe", (short)-2 },
        { "i32", "fffffffd", -3 },
        { "i64", "fffffffffffffffc", -4L },
        { "double", "3ff8000000000000", 1.5 },
        { "string", "00000002 c3a9", "é" },
        { "empty string", "00000000", "" },
        { "utf8", "00000002 c3a9", new ThriftUtf8String("é") },
        { "empty utf8", "00000000", default(ThriftUtf8String) },
        { "binary", "00000003 010203", "010203" },
        { "empty binary", "00000000", "" },
        { "pooled", "00000003 010203", new ThriftPooledBinary(new byte[] { 1, 2, 3 }) },
        { "empty pooled", "00000000", default(ThriftPooledBinary) },
        { "bytes", "00000003 010203", "010203" },
        { "uuid", "00112233445566778899aabbccddeeff", new Guid("00112233-4455-6677-8899-aabbccddeeff") },
        { "shorts", "0001 ffff", "1,-1" },
        { "ints", "00000001 ffffffff", "1,-1" },
        { "longs", "0000000000000001 ffffffffffffffff", "1,-1" },
        { "doubles", "3ff8000000000000 bff8000000000000", "1.5,-1.5" },
        { "list", "08 00000000", 0 },
        { "set", "08 00000000", 0 },
        { "map", "08 0a 00000000", 0 },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void Read_TakesTheLastByte_AndNotTheOneBehindTheMessage(string kind, string hex, object expected)
    {
        byte[] bytes = [.. Bytes.Of(hex), 0, 0, 0, 0];
        int length = bytes.Length - 4;
        var reader = new ThriftReader(bytes.AsSpan(0, length));

        Assert.Equal(expected, Read(kind)(ref reader));

        Assert.Equal(length, reader.Consumed);
        var error = Assert.Throws<ThriftProtocolException>(() =>
        {
            var cut = new ThriftReader(bytes.AsSpan(0, length - 1));
            Read(kind)(ref cut);
        });
        Assert.Null(error.FieldId);
    }

    [Fact]
    public void TryReadFieldHeader_OfTheShortestField_ReadsIt_AndLooksNoFurtherThanTheMessage()
    {
        byte[] bytes = Bytes.Of("02 0001 01 00");

        var whole = new ThriftReader(bytes.AsSpan(0, 4));
        Assert.True(whole.TryReadFieldHeader(ThriftType.Bool, 1));
        Assert.True(whole.ReadBool());

        var cut = new ThriftReader(bytes.AsSpan(0, 3));
        Assert.False(cut.TryReadFieldHeader(ThriftType.Bool, 1));
        Assert.Equal(0, cut.Consumed);
    }

    [Fact]
    public void TryReadEmptyStruct_BehindTheMessage_ReadsNothing()
    {
        byte[] bytes = [0, 0];
        var reader = new ThriftReader(bytes.AsSpan(0, 1));

        Assert.True(reader.TryReadEmptyStruct());
        Assert.False(reader.TryReadEmptyStruct());
        Assert.Equal(1, reader.Consumed);
        Assert.False(new ThriftReader(bytes.AsSpan(0, 0)).TryReadEmptyStruct());
    }

    [Fact]
    public void ReadFieldHeader_AtTheStop_HasNoId()
    {
        var reader = new ThriftReader(Bytes.Of("08 0007 00000001 00"));
        Assert.True(reader.ReadFieldHeader(out ThriftType type, out short id));
        Assert.Equal((ThriftType.I32, 7), (type, (int)id));
        reader.ReadI32();

        Assert.False(reader.ReadFieldHeader(out type, out id));

        Assert.Equal((ThriftType.Stop, 0), (type, (int)id));
    }

    [Fact]
    public void EndStruct_LeavesItsDepthAndItsField()
    {
        var error = Assert.Throws<ThriftProtocolException>(() =>
        {
            var reader = new ThriftReader(Bytes.Of("08 0007"), new() { MaxDepth = 1 });
            for (int i = 0; i < 3; i++)
            {
                reader.BeginStruct();
                if (i == 2)
                {
                    reader.ReadFieldHeader(out _, out _);
                }

                reader.EndStruct();
            }

            reader.ReadBool();
        });

        Assert.Equal((3L, null), (error.Offset, error.FieldId));
    }

    [Fact]
    public void TryReadFieldHeader_NamesItsFieldInErrors()
    {
        var error = Assert.Throws<ThriftProtocolException>(() =>
        {
            var reader = new ThriftReader(Bytes.Of("08 0007 0000"));
            Assert.True(reader.TryReadFieldHeader(ThriftType.I32, 7));
            reader.ReadI32();
        });

        Assert.Equal((3L, (short?)7), (error.Offset, error.FieldId));
    }

    [Theory]
    [InlineData(ThriftType.Bool, "01")]
    [InlineData(ThriftType.Byte, "01")]
    [InlineData(ThriftType.I16, "0001")]
    [InlineData(ThriftType.I32, "00000001")]
    [InlineData(ThriftType.I64, "0000000000000001")]
    [InlineData(ThriftType.Double, "0000000000000001")]
    [InlineData(ThriftType.Uuid, "00112233445566778899aabbccddeeff")]
    [InlineData(ThriftType.String, "00000002 6162")]
    [InlineData(ThriftType.String, "00000000")]
    [InlineData(ThriftType.Struct, "00")]
    [InlineData(ThriftType.Struct, "08 0001 00000001 0b 0002 00000001 61 0c 0003 00 00")]
    [InlineData(ThriftType.List, "08 00000000")]
    [InlineData(ThriftType.List, "0b 00000000")]
    [InlineData(ThriftType.List, "08 00000002 00000001 00000002")]
    [InlineData(ThriftType.List, "0b 00000002 00000001 61 00000000")]
    [InlineData(ThriftType.List, "0f 00000002 08 00000000 06 00000001 0001")]
    [InlineData(ThriftType.Set, "06 00000002 0001 0002")]
    [InlineData(ThriftType.Set, "0c 00000002 00 00")]
    [InlineData(ThriftType.Map, "08 0a 00000000")]
    [InlineData(ThriftType.Map, "00 00 00000000")]
    [InlineData(ThriftType.Map, "08 0a 00000002 00000001 0000000000000001 00000002 0000000000000002")]
    [InlineData(ThriftType.Map, "08 0b 00000002 00000001 00000001 61 00000002 00000000")]
    [InlineData(ThriftType.Map, "0b 08 00000002 00000001 61 00000001 00000000 00000002")]
    [InlineData(ThriftType.Map, "0b 0c 00000001 00000001 61 00")]
    public void Skip_TakesTheWholeValue_AndNothingElse(ThriftType type, string hex)
    {
        byte[] bytes = [.. Bytes.Of(hex), 0x7f, 0x7f];
        var exact = new ThriftReader(bytes.AsSpan(0, bytes.Length - 2));
        exact.Skip(type);
        Assert.Equal(bytes.Length - 2, exact.Consumed);

        var within = new ThriftReader(bytes);
        within.Skip(type);
        Assert.Equal(bytes.Length - 2, within.Consumed);

        Assert.Throws<ThriftProtocolException>(() => new ThriftReader(bytes.AsSpan(0, bytes.Length - 3)).Skip(type));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(7)]
    [InlineData(9)]
    [InlineData(17)]
    [InlineData(255)]
    public void Skip_OfATypeThatThereIsNot_SaysSo(int type)
    {
        var error = Assert.Throws<ThriftProtocolException>(() => new ThriftReader(new byte[64]).Skip((ThriftType)type));

        Assert.Contains($"{type} is not a Thrift type", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(100, true)]
    [InlineData(101, false)]
    public void Skip_BeyondTheInlineFrames_StopsAtAHigherLimit(int levels, bool succeeds)
    {
        byte[] lists = [.. Enumerable.Repeat(Bytes.Of("0f 00000001"), levels - 1).SelectMany(bytes => bytes), .. Bytes.Of("08 00000000")];
        byte[] structs = [.. Enumerable.Repeat(Bytes.Of("0c 0001"), levels - 1).SelectMany(bytes => bytes), .. new byte[levels]];

        foreach (var (type, bytes) in new[] { (ThriftType.List, lists), (ThriftType.Struct, structs) })
        {
            var error = Record.Exception(() => new ThriftReader(bytes, new() { MaxDepth = 100 }).Skip(type));
            Assert.Equal(succeeds, error is null);
            Assert.Contains(succeeds ? "" : "MaxDepth of 100", error?.Message ?? "", StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Skip_MapAtTheDepthLimit_FailsLikeAList()
    {
        foreach (var (type, hex) in new[] { (ThriftType.Map, "08 0f 00000001 00000001 08 00000000"), (ThriftType.Set, "0f 00000001 08 00000000") })
        {
            new ThriftReader(Bytes.Of(hex), new() { MaxDepth = 2 }).Skip(type);
            Assert.Throws<ThriftProtocolException>(() => new ThriftReader(Bytes.Of(hex), new() { MaxDepth = 1 }).Skip(type));
        }
    }

    [Fact]
    public void ConsumedSince_AFormerPosition_IsWhatWasReadFromThere()
    {
        var reader = new ThriftReader(Bytes.Of("0001 00000002 0003"));
        reader.ReadI16();
        int start = reader.Consumed;
        reader.ReadI32();

        Assert.Equal(Bytes.Of("00000002"), reader.ConsumedSince(start).ToArray());
        Assert.Equal(0, reader.ConsumedSince(reader.Consumed).Length);
    }

    [Fact]
    public void Containers_ChargeTheirMemory_BeforeTheirElementsAreRead()
    {
        // List: 32, an array's header and elements; set and map: hash entries too.
        AssertCharged("08 00000002 0000000000000000", 32 + 24 + 8, static (ref reader) => reader.ReadListHeader(ThriftType.I32));
        AssertCharged("08 00000002 0000000000000000", 64 + 48 + (2 * (12 + 4)), static (ref reader) => reader.ReadSetHeader(ThriftType.I32));
        AssertCharged("08 08 00000001 0000000000000000", 80 + 48 + (12 + 8), static (ref reader) => reader.ReadMapHeader(ThriftType.I32, ThriftType.I32));
        AssertCharged("00000002 6162", 24 + 4, static (ref reader) => reader.ReadString());
        AssertCharged("00000002 6162", 24 + 2, static (ref reader) => reader.ReadUtf8String());
        AssertCharged("00000002 6162", 24 + 2, static (ref reader) => reader.ReadBinary());
        AssertCharged("00000002 6162", 24 + 32 + 2, static (ref reader) => reader.ReadPooledBinary());
        AssertCharged("00", 64, static (ref reader) =>
        {
            reader.BeginStruct();
            return reader.Consumed;
        });
    }

    private static void AssertCharged(string hex, long memory, Reading read)
    {
        var enough = new ThriftReader(Bytes.Of(hex), new() { MaxMemory = memory });
        read(ref enough);
        var error = Assert.Throws<ThriftProtocolException>(() =>
        {
            var less = new ThriftReader(Bytes.Of(hex), new() { MaxMemory = memory - 1 });
            read(ref less);
        });
        Assert.Contains($"more than {memory - 1} bytes of memory", error.Message, StringComparison.Ordinal);
    }

    private static Reading Read(string kind) => kind switch
    {
        "bool" => static (ref reader) => reader.ReadBool(),
        "byte" => static (ref reader) => reader.ReadByte(),
        "i16" => static (ref reader) => reader.ReadI16(),
        "i32" => static (ref reader) => reader.ReadI32(),
        "i64" => static (ref reader) => reader.ReadI64(),
        "double" => static (ref reader) => reader.ReadDouble(),
        "string" or "empty string" => static (ref reader) => reader.ReadString(),
        "utf8" or "empty utf8" => static (ref reader) => reader.ReadUtf8String(),
        "binary" or "empty binary" => static (ref reader) => Convert.ToHexStringLower(reader.ReadBinary()),
        "pooled" or "empty pooled" => static (ref reader) => reader.ReadPooledBinary(),
        "bytes" => static (ref reader) => Convert.ToHexStringLower(reader.ReadBytes()),
        "uuid" => static (ref reader) => reader.ReadUuid(),
        "shorts" => static (ref reader) => Two<short>(ref reader, static (ref reader, values) => reader.ReadI16Elements(values)),
        "ints" => static (ref reader) => Two<int>(ref reader, static (ref reader, values) => reader.ReadI32Elements(values)),
        "longs" => static (ref reader) => Two<long>(ref reader, static (ref reader, values) => reader.ReadI64Elements(values)),
        "doubles" => static (ref reader) => Two<double>(ref reader, static (ref reader, values) => reader.ReadDoubleElements(values)),
        "list" => static (ref reader) => reader.ReadListHeader(ThriftType.I32),
        "set" => static (ref reader) => reader.ReadSetHeader(ThriftType.I32),
        _ => static (ref reader) => reader.ReadMapHeader(ThriftType.I32, ThriftType.I64),
    };

    private delegate void ReadingTwo<T>(ref ThriftReader reader, T[] values);

    private static string Two<T>(ref ThriftReader reader, ReadingTwo<T> read)
    {
        var values = new T[2];
        read(ref reader, values);
        return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{values[0]},{values[1]}");
    }
}
