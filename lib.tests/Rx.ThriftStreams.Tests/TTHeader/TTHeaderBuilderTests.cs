using System.Buffers;
using System.Text;
using CsCheck;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.TTHeader;

public sealed class TTHeaderBuilderTests
{
    private static readonly Gen<string> Text = Gen.Frequency(
        (8, Gen.String[0, 20]),
        (1, Gen.Const("RPC_TRANSIT_gdpr-token")),
        (1, Gen.Int[250, 4000].Select(n => new string('x', n))));

    [Fact]
    public void WriteTo_HandMadeCall_GivesItsBytes()
    {
        byte[] expected = WireBytes.Hex("00000048 1000 0000 00000001 0006 0000 010001 0003 69736e 000b 5465737453657276696365 00");
        var output = new ArrayBufferWriter<byte>();

        new TTHeaderBuilder().Reset(TTHeaderFlags.None, 1, TTHeaderProtocolId.ThriftBinary)
            .AddString(TTHeaderStringKeys.ServiceName, "TestService")
            .WriteTo(output, 38);

        Assert.Equal(expected, output.WrittenSpan.ToArray());
    }

    [Fact]
    public void WriteTo_PairsInAnyOrder_WritesTokenThenStringsThenInts()
    {
        byte[] expected = WireBytes.Hex("00000026 1000 0002 fffffff9 0007 10 00 11 0003 746f6b 01 0001 0001 6b 0001 76 10 0001 001b 0001 33 000000");
        expected[13] = 7;
        var output = new ArrayBufferWriter<byte>();

        new TTHeaderBuilder().Reset(TTHeaderFlags.Streaming, -7, TTHeaderProtocolId.ThriftStruct)
            .AddInt(TTHeaderIntKey.FrameType, 3)
            .AddString("k", "v")
            .AddString(TTHeaderStringKeys.TransientPrefix, "gdpr-token", "tok")
            .WriteTo(output, 0);

        Assert.Equal(expected, output.WrittenSpan.ToArray());
    }

    [Fact]
    public void AddString_KeyOfTheAclToken_BecomesTheTokenByEveryOverload()
    {
        byte[][] written = new byte[4][];
        for (int overload = 0; overload < written.Length; overload++)
        {
            TTHeaderBuilder builder = new TTHeaderBuilder().Reset(TTHeaderFlags.None, 1, TTHeaderProtocolId.ThriftBinary);
            _ = overload switch
            {
                0 => builder.AddString("RPC_TRANSIT_gdpr-token", "tok"),
                1 => builder.AddString(TTHeaderStringKeys.AclToken, "tok"),
                2 => builder.AddString(TTHeaderStringKeys.AclToken, "tok"u8),
                _ => builder.AddString(TTHeaderStringKeys.TransientPrefix, "gdpr-token", "tok"),
            };
            written[overload] = new byte[builder.Length];
            builder.WriteTo(written[overload], 0);
        }

        byte[] expected = WireBytes.Hex("00000012 1000 0000 00000001 0002 0000 11 0003 746f6b");
        Assert.All(written, bytes => Assert.Equal(expected, bytes));
    }

    [Fact]
    public void RoundTrip_AnyHeader_ComesBack()
    {
        var builder = new TTHeaderBuilder();
        Gen.Select(
            Gen.Int,
            Gen.Select(Text, Text).Array[0, 8],
            Gen.Select(Gen.UShort, Text).Array[0, 8],
            Gen.Byte.Array[0, 100],
            Gen.Int[1, 64]).Sample((sequenceId, strings, ints, payload, segmentSize) =>
        {
            builder.Reset(TTHeaderFlags.Streaming, sequenceId, TTHeaderProtocolId.ThriftStruct);
            var expectedStrings = new Dictionary<string, string>();
            var expectedInts = new Dictionary<int, string>();
            foreach ((string key, string value) in strings)
            {
                builder.AddString(key, value);
                expectedStrings[Clean(key)] = Clean(value);
            }

            foreach ((ushort key, string value) in ints)
            {
                builder.AddInt((TTHeaderIntKey)key, value);
                expectedInts[key] = Clean(value);
            }

            var output = new ArrayBufferWriter<byte>();
            builder.WriteTo(output, payload.Length);
            Assert.Equal(builder.Length, output.WrittenCount);
            Assert.Equal(0, builder.HeaderInfoSize % 4);
            output.Write(payload);

            ReadOnlySequence<byte> buffer = WireBytes.Cut(output.WrittenMemory, segmentSize);
            Assert.True(new TTHeaderFrameReader().TryRead(ref buffer, out TTHeaderFrame frame));
            Assert.True(buffer.IsEmpty);
            Assert.True(frame.IsStreaming);
            Assert.Equal(sequenceId, frame.SequenceId);
            Assert.Equal(payload, frame.Payload.ToArray());
            Assert.Equal(strings.Length > 0, frame.HasStringPairs);
            var readStrings = new Dictionary<string, string>();
            foreach (HeaderStringPair pair in frame.StringPairs)
            {
                readStrings[WireBytes.Text(pair.Key)] = WireBytes.Text(pair.Value);
            }

            var readInts = new Dictionary<int, string>();
            foreach (HeaderIntPair pair in frame.IntPairs)
            {
                readInts[(int)pair.Key] = WireBytes.Text(pair.Value);
            }

            Assert.Equal(expectedStrings, readStrings);
            Assert.Equal(expectedInts, readInts);
            Assert.Equal(expectedInts.GetValueOrDefault(9, ""), WireBytes.Text(frame.ToMethod));
        }, iter: 2000, threads: 1);
    }

    [Fact]
    public void Garbage_BehindAValidFixedPart_FailsTypedOrParses()
        => Gen.Byte.Array[4, 200].Sample(info =>
        {
            Array.Resize(ref info, info.Length & ~3);
            info[0] = 0;
            byte[] frame = [0, 0, 0, (byte)(10 + info.Length), 0x10, 0, 0, 0, 0, 0, 0, 1, 0, (byte)(info.Length / 4), .. info];
            ReadOnlySequence<byte> buffer = WireBytes.One(frame);
            try
            {
                Assert.True(new TTHeaderFrameReader().TryRead(ref buffer, out TTHeaderFrame read));
                foreach (HeaderStringPair pair in read.StringPairs)
                {
                    Assert.True(pair.Key.Length <= info.Length);
                }

                foreach (HeaderIntPair pair in read.IntPairs)
                {
                    Assert.True(pair.Value.Length <= info.Length);
                }
            }
            catch (ThriftProtocolException)
            {
            }
        }, iter: 5000, threads: 1);

    [Fact]
    public void AddString_ValueOf65536Bytes_Fails()
    {
        TTHeaderBuilder builder = new TTHeaderBuilder().Reset(TTHeaderFlags.None, 1, TTHeaderProtocolId.ThriftBinary);

        builder.AddString("fits", new string('x', 65535));
        var error = Assert.Throws<ThriftProtocolException>(() => builder.AddString("k", new string('x', 65536)));

        Assert.Contains("the value of key k has 65536 bytes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WriteTo_HeaderAboveTheFormat_FailsAndWritesNothing()
    {
        TTHeaderBuilder builder = new TTHeaderBuilder().Reset(TTHeaderFlags.None, 1, TTHeaderProtocolId.ThriftBinary);
        for (int i = 0; i < 5; i++)
        {
            builder.AddString("k", new string('x', 60000));
        }

        var output = new ArrayBufferWriter<byte>();
        var error = Assert.Throws<ThriftProtocolException>(() => builder.WriteTo(output, 0));

        Assert.Contains("the limit is 262140", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, output.WrittenCount);
    }

    [Fact]
    public void AddInt_TooManyPairs_Fails()
    {
        TTHeaderBuilder builder = new TTHeaderBuilder().Reset(TTHeaderFlags.None, 1, TTHeaderProtocolId.ThriftBinary);
        for (int i = 0; i < 65535; i++)
        {
            builder.AddInt(TTHeaderIntKey.Env, string.Empty);
        }

        Assert.Throws<ThriftProtocolException>(() => builder.AddInt(TTHeaderIntKey.Env, string.Empty));
    }

    [Fact]
    public void Template_AnyStreamAndPayload_IsTheSameAsBuilt()
        => Gen.Select(Gen.Int, Gen.Int[0, 100_000], Gen.String[1, 40]).Sample((streamId, payloadLength, method) =>
        {
            var built = new ArrayBufferWriter<byte>();
            var copied = new ArrayBufferWriter<byte>();
            new TTHeaderBuilder().ResetStreaming(TTHeaderFrameType.Data, streamId, method).WriteTo(built, payloadLength);

            var template = new TTHeaderFrameTemplate(TTHeaderFrameType.Data, method);
            template.WriteTo(copied, streamId, payloadLength);
            Assert.Equal(built.WrittenSpan.ToArray(), copied.WrittenSpan.ToArray());

            byte[] late = new byte[template.Length];
            template.WriteTo(late, streamId, 0);
            template.PatchLength(late, payloadLength);
            Assert.Equal(built.WrittenSpan.ToArray(), late);
        }, iter: 500, threads: 1);

    // What UTF-8 makes of a text: a lone surrogate becomes U+FFFD.
    private static string Clean(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
