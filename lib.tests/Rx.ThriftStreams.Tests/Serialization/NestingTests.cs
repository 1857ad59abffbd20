using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Tests.Hostile;

namespace Rx.ThriftStreams.Tests.Serialization;

/// <summary>A hundred thousand levels of every wire element, into everything that walks over a message: none may recurse without a bound, which would end the process.</summary>
public sealed class NestingTests
{
    private const int Levels = 100_000;

    public enum Walk
    {
        Generated,
        Union,
        Skip,
        SkipWithin,
        KeepUnknown,
        Transcode,
    }

    public static TheoryData<ThriftProtocol, Walk, ThriftType> Cases
    {
        get
        {
            var cases = new TheoryData<ThriftProtocol, Walk, ThriftType>();
            foreach (ThriftProtocol protocol in Enum.GetValues<ThriftProtocol>())
            {
                foreach (Walk walk in Enum.GetValues<Walk>())
                {
                    foreach (ThriftType type in new[] { ThriftType.Struct, ThriftType.List, ThriftType.Set, ThriftType.Map })
                    {
                        cases.Add(protocol, walk, type);
                    }
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Walk_OverAHundredThousandLevels_FailsWithTheTypedError(ThriftProtocol protocol, Walk walk, ThriftType type)
    {
        byte[] bytes = Nested(protocol, walk is Walk.Generated or Walk.Union, type);

        var error = Assert.Throws<ThriftProtocolException>(() => Take(bytes, protocol, walk));

        Assert.Contains("nested", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_WithAnEndlessDepthLimit_StopsBeforeTheStackDoes()
    {
        byte[] bytes = Nested(ThriftProtocol.Binary, known: true, ThriftType.Struct);
        Exception? caught = null;
        var thread = new Thread(
            () => caught = Record.Exception(() => ThriftSerializer.Deserialize<Nest>(bytes, limits: new ThriftReaderLimits { MaxDepth = int.MaxValue })),
            maxStackSize: 512 * 1024);
        thread.Start();
        thread.Join();

        Assert.Contains("stack is too small", Assert.IsType<ThriftProtocolException>(caught).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Values_OfTheDeepestMessage_CanBeComparedHashedPrintedAndWritten()
    {
        Nest deepest = new();
        for (int i = 1; i < 32; i++)
        {
            deepest = new Nest { Child = new Nest { List = [deepest] } };
        }

        byte[] bytes = ThriftSerializer.SerializeToArray(deepest);
        var read = ThriftSerializer.Deserialize<Nest>(bytes);

        Assert.Equal(deepest, read);
        Assert.Equal(deepest.GetHashCode(), read.GetHashCode());
        Assert.Equal(deepest.ToString(), read.ToString());
    }

    private static void Take(byte[] bytes, ThriftProtocol protocol, Walk walk)
    {
        switch (walk)
        {
            case Walk.Generated: ThriftSerializer.Deserialize<Nest>(bytes, protocol); break;
            case Walk.Union: ThriftSerializer.Deserialize<Tree>(bytes, protocol); break;
            case Walk.Skip or Walk.SkipWithin when protocol == ThriftProtocol.Binary:
                var binary = new ThriftReader(bytes);
                Skip(ref binary, walk);
                break;
            case Walk.Skip or Walk.SkipWithin when protocol == ThriftProtocol.Json:
                var json = new ThriftJsonReader(bytes);
                Skip(ref json, walk);
                break;
            case Walk.Skip or Walk.SkipWithin:
                var compact = new ThriftCompactReader(bytes);
                Skip(ref compact, walk);
                break;
            case Walk.KeepUnknown: ThriftSerializer.Deserialize<Keeper>(bytes, protocol); break;
            default: Transcode(bytes, protocol); break;
        }
    }

    private static void Skip<TReader>(ref TReader reader, Walk walk)
        where TReader : struct, IThriftReader, allows ref struct
    {
        if (walk == Walk.Skip)
        {
            reader.Skip(ThriftType.Struct);
            return;
        }

        reader.BeginStruct();
        reader.ReadFieldHeader(out ThriftType type, out _);
        reader.Skip(type);
    }

    private static void Transcode(byte[] bytes, ThriftProtocol protocol)
    {
        using var buffer = new ThriftWriteBuffer();
        if (protocol == ThriftProtocol.Binary)
        {
            var reader = new ThriftReader(bytes, new ThriftReaderLimits { MaxDepth = int.MaxValue });
            var writer = new ThriftCompactWriter(buffer, int.MaxValue);
            ThriftTranscoder.CopyStruct(ref reader, ref writer);
        }
        else if (protocol == ThriftProtocol.Json)
        {
            var reader = new ThriftJsonReader(bytes, new ThriftReaderLimits { MaxDepth = int.MaxValue });
            var writer = new ThriftWriter(buffer, int.MaxValue);
            ThriftTranscoder.CopyStruct(ref reader, ref writer);
        }
        else
        {
            var reader = new ThriftCompactReader(bytes, new ThriftReaderLimits { MaxDepth = int.MaxValue });
            var writer = new ThriftWriter(buffer, int.MaxValue);
            ThriftTranscoder.CopyStruct(ref reader, ref writer);
        }
    }

    // Of a known message each level is a field of that type with a struct in it; of an unknown one, containers hold each other.
    private static byte[] Nested(ThriftProtocol protocol, bool known, ThriftType type)
    {
        if (protocol == ThriftProtocol.Json)
        {
            return NestedJson(known, type);
        }

        string field = (protocol, type) switch
        {
            (ThriftProtocol.Binary, ThriftType.Struct) => "0c 0001",
            (ThriftProtocol.Binary, ThriftType.List) => "0f 0002",
            (ThriftProtocol.Binary, ThriftType.Set) => "0e 0003",
            (ThriftProtocol.Binary, _) => "0d 0004",
            (_, ThriftType.Struct) => "1c",
            (_, ThriftType.List) => "29",
            (_, ThriftType.Set) => "3a",
            _ => "4b",
        };
        string element = (protocol, type, known) switch
        {
            (_, ThriftType.Struct, _) => known ? "" : field,
            (ThriftProtocol.Binary, ThriftType.List, true) => "0c 00000001",
            (ThriftProtocol.Binary, ThriftType.List, false) => "0f 00000001",
            (ThriftProtocol.Binary, ThriftType.Set, true) => "0c 00000001",
            (ThriftProtocol.Binary, ThriftType.Set, false) => "0e 00000001",
            (ThriftProtocol.Binary, _, true) => "0b 0c 00000001 00000000",
            (ThriftProtocol.Binary, _, false) => "03 0d 00000001 07",
            (_, ThriftType.List, true) => "1c",
            (_, ThriftType.List, false) => "19",
            (_, ThriftType.Set, true) => "1c",
            (_, ThriftType.Set, false) => "1a",
            (_, _, true) => "01 8c 00",
            _ => "01 3b 07",
        };
        return known
            ? [.. Enumerable.Repeat(Bytes.Of(field + element), Levels).SelectMany(static bytes => bytes)]
            : [.. Bytes.Of(field), .. Enumerable.Repeat(Bytes.Of(element), Levels).SelectMany(static bytes => bytes)];
    }

    private static byte[] NestedJson(bool known, ThriftType type)
    {
        (string field, string element) = (type, known) switch
        {
            (ThriftType.Struct, _) => ("""{"1":{"rec":""", ""),
            (ThriftType.List, true) => ("""{"2":{"lst":""", """["rec",1,"""),
            (ThriftType.List, false) => ("""{"2":{"lst":""", """["lst",1,"""),
            (ThriftType.Set, true) => ("""{"3":{"set":""", """["rec",1,"""),
            (ThriftType.Set, false) => ("""{"3":{"set":""", """["set",1,"""),
            (_, true) => ("""{"4":{"map":""", """["str","rec",1,{"":"""),
            _ => ("""{"4":{"map":""", """["i8","map",1,{"7":"""),
        };
        return known || type == ThriftType.Struct
            ? [.. Enumerable.Repeat(System.Text.Encoding.UTF8.GetBytes(field + element), Levels).SelectMany(static bytes => bytes)]
            : [.. System.Text.Encoding.UTF8.GetBytes(field), .. Enumerable.Repeat(System.Text.Encoding.UTF8.GetBytes(element), Levels).SelectMany(static bytes => bytes)];
    }
}
