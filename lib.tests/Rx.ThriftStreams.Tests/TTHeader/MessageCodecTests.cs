using System.Buffers;
using System.Text;
using CsCheck;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Tests.Serialization;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.TTHeader;

/// <summary>The messages of Apache's peers: their envelopes, their ends, and how they are recognized.</summary>
public sealed class MessageCodecTests
{
    private static readonly MessageCodec[] Codecs = [MessageCodec.StrictBinary, MessageCodec.OldBinary, MessageCodec.Compact, MessageCodec.Json];

    public static TheoryData<int> All => [0, 1, 2, 3];

    public static TheoryData<int> Apaches => [1, 2, 3];

    [Theory]
    [InlineData(1, "00000003 416464 01 00000007")]
    [InlineData(2, "8221 07 03 416464")]
    [InlineData(3, "5b312c22416464222c312c372c")]
    public void WriteEnvelope_OfAdd_IsWhatApacheWrites(int codec, string hex)
    {
        using var output = new ThriftWriteBuffer();
        Codecs[codec].WriteEnvelope(output, ThriftMessageType.Call, "Add", 7);

        Assert.Equal(Convert.ToHexString(WireBytes.Hex(hex)), Convert.ToHexString(output.WrittenSpan));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void ReadEnvelope_OfWhatWasWritten_ReturnsIt(int codec)
        => Gen.Select(Gen.String[1, 40], Gen.Int, Gen.Int[1, 4], Gen.Int[1, 50]).Sample(
            (name, sequenceId, type, segmentSize) =>
            {
                string method = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes("m" + name));
                using var output = new ThriftWriteBuffer();
                Codecs[codec].WriteEnvelope(output, (ThriftMessageType)type, method, sequenceId);
                int envelopeLength = output.Length;
                output.GetSpan(10)[..10].Fill((byte)'x');
                output.Advance(10);
                var message = WireBytes.Cut(output.WrittenMemory, segmentSize);

                Assert.Same(Codecs[codec], MessageCodec.Of(message));
                var envelope = Codecs[codec].ReadEnvelope(message, out var body);

                Assert.Equal((method, sequenceId, type), (Encoding.UTF8.GetString(envelope.Method), envelope.SequenceId, (int)envelope.Type));
                Assert.Equal(output.Length - envelopeLength, body.Length);
            },
            iter: 300,
            threads: 1);

    [Theory]
    [MemberData(nameof(All))]
    public void TryScan_AnyMessage_EndsWhereItEnds(int codec)
        => Gen.Select(DynamicGen.Struct(), Gen.Int[1, 40], Gen.Byte.Array[0, 10]).Sample(
            (value, segmentSize, after) =>
            {
                byte[] message = Message(Codecs[codec], value);
                byte[] all = [.. message, .. after];
                var scanner = new BufferedMessageScanner(1_000_000);
                Assert.True(scanner.TryScan(WireBytes.Cut(all, segmentSize), out long length));
                Assert.Equal(message.Length, length);

                // Byte by byte: complete at the last byte and not before, and what is needed never passes the end.
                scanner.Reset();
                for (int present = MessageCodec.NeededBytes; present < message.Length; present++)
                {
                    Assert.False(scanner.TryScan(WireBytes.Cut(all.AsMemory(0, present), segmentSize), out _));
                    Assert.InRange(scanner.NeededBytes, 1, message.Length);
                }

                Assert.True(scanner.TryScan(WireBytes.Cut(all.AsMemory(0, message.Length), segmentSize), out length));
                Assert.Equal(message.Length, length);
            },
            iter: 200,
            threads: 1);

    [Theory]
    [MemberData(nameof(All))]
    public void TryScan_OfHostileBytes_EndsOrFailsWithTheTypedError(int codec)
    {
        var random = new Random(17 + codec);
        byte[][] seeds = [.. Enumerable.Range(1, 20).Select(i => Message(Codecs[codec], DynamicGen.Struct().Generate(new PCG((uint)i, 42), null, out _)))];
        (int ended, int failed) = (0, 0);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = [.. seeds[random.Next(seeds.Length)]];
            for (int changes = random.Next(1, 4); changes > 0; changes--)
            {
                bytes[random.Next(4, bytes.Length)] = (byte)random.Next(256);
            }

            try
            {
                var scanner = new BufferedMessageScanner(100_000);
                if (scanner.TryScan(WireBytes.Cut(bytes, 7), out long length))
                {
                    Assert.InRange(length, 1, bytes.Length);
                    ended++;
                }
            }
            catch (ThriftProtocolException)
            {
                failed++;
            }
        }

        Assert.True(ended > 100, $"{ended} ended, {failed} failed");
    }

    [Theory]
    [InlineData("8221 01 01 6d", "1c", 64)]
    [InlineData("8221 01 01 6d 19", "19", 70)]
    [InlineData("00000001 6d 01 00000001", "0c0001", 64)]
    public void TryScan_NestedTooDeep_Fails(string start, string level, int levels)
    {
        byte[] bytes = [.. WireBytes.Hex(start), .. Enumerable.Repeat(WireBytes.Hex(level), levels).SelectMany(static b => b)];
        var scanner = new BufferedMessageScanner(1_000_000);

        Assert.Contains("nested", Assert.Throws<ThriftProtocolException>(() => scanner.TryScan(WireBytes.One(bytes), out _)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("8221 ffffffffff 01 6d 00")]
    [InlineData("8221 01 ffffffff1f 6d 00")]
    [InlineData("8222 01 01 6d 00")]
    [InlineData("8221 01 01 6d 15 ffffffffffffffffffff 00")]
    [InlineData("8221 01 01 6d 19 fc ffffffff0f 00")]
    [InlineData("8221 01 01 6d 1f 00")]
    public void TryScan_BadCompact_Fails(string hex)
        => Assert.Throws<ThriftProtocolException>(() => new BufferedMessageScanner(1_000_000).TryScan(WireBytes.One(WireBytes.Hex(hex)), out _));

    [Fact]
    public void TryScan_JsonOfOpenBrackets_FailsAtTheLimit()
        => Assert.Throws<ThriftProtocolException>(
            () => new BufferedMessageScanner(1_000_000).TryScan(WireBytes.One(Encoding.ASCII.GetBytes("[1,\"m\",1,1," + new string('[', 1000))), out _));

    [Theory]
    [MemberData(nameof(Apaches))]
    public void DetectConnection_OfApacheMessages_IsBufferedOrFramed(int codec)
    {
        byte[] message = Message(Codecs[codec], new Serialization.Dynamic.Struct([]));
        byte[] framed = [0, 0, 0, (byte)message.Length, .. message];

        Assert.Equal(WireProtocol.Buffered, ProtocolDetector.DetectConnection(message));
        Assert.Equal(WireProtocol.Framed, ProtocolDetector.DetectConnection(framed));
    }

    [Fact]
    public void DetectConnection_AShortCompactMessage_NeedsTwoBytes()
    {
        byte[] bytes = WireBytes.Hex("8221 01 01 66 00");

        Assert.Equal(WireProtocol.NeedMore, ProtocolDetector.DetectConnection(bytes.AsSpan(0, 1)));
        Assert.Equal(WireProtocol.Buffered, ProtocolDetector.DetectConnection(bytes));
        Assert.Equal(WireProtocol.Buffered, ProtocolDetector.DetectMessage(WireBytes.Cut(bytes, 1)));
    }

    [Theory]
    [InlineData("00000000 00000000")]
    [InlineData("00000004 00000005")]
    [InlineData("00000004 ffffffff")]
    [InlineData("00000004 00000041 00000000")]
    [InlineData("8222 0101 6d000000")]
    public void DetectConnection_OfGarbage_IsUnknown(string hex)
        => Assert.Equal(WireProtocol.Unknown, ProtocolDetector.DetectConnection(WireBytes.Hex(hex)));

    private static byte[] Message(MessageCodec codec, Serialization.Dynamic value)
    {
        using var output = new ThriftWriteBuffer();
        codec.WriteEnvelope(output, ThriftMessageType.Call, "method", 5);
        output.Write(DynamicCodec.Write(value, codec.Protocol));
        codec.WriteEnd(output);
        return output.WrittenSpan.ToArray();
    }
}
