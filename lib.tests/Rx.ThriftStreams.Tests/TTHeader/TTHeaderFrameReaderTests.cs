using System.Buffers;
using System.Buffers.Binary;
using CsCheck;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.TTHeader;

public sealed class TTHeaderFrameReaderTests
{
    // A ping-pong call with one string pair, put together by hand from the format's description.
    private const string Call =
        "00000048 1000 0000 00000001 0006 0000 010001 0003 69736e 000b 5465737453657276696365 00" +
        "80010001 0000000c 4563686f50696e67506f6e67 00000001 0c0001 0b0001 00000002 6869 00 00";

    [Fact]
    public void TryRead_HandMadeCall_GivesItsParts()
    {
        ReadOnlySequence<byte> buffer = WireBytes.One(WireBytes.Hex(Call));

        Assert.True(new TTHeaderFrameReader().TryRead(ref buffer, out TTHeaderFrame frame));

        Assert.Equal(TTHeaderFlags.None, frame.Flags);
        Assert.False(frame.IsStreaming);
        Assert.Equal(1, frame.SequenceId);
        Assert.Equal(TTHeaderProtocolId.ThriftBinary, frame.ProtocolId);
        Assert.Equal(24, frame.Info.Length);
        Assert.Equal(38, frame.Payload.Length);
        Assert.True(frame.TryGetString(TTHeaderStringKeys.ServiceName, out ReadOnlySpan<byte> service));
        Assert.Equal("TestService", WireBytes.Text(service));
        Assert.False(frame.TryGetString("nope"u8, out _));
        Assert.True(frame.ToMethod.IsEmpty);
        Assert.Equal(TTHeaderFrameType.None, frame.FrameType);
        Assert.True(buffer.IsEmpty);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(13)]
    [InlineData(17)]
    public void TryRead_ByteByByteInSmallSegments_CompletesExactlyAtTheEnd(int segmentSize)
    {
        byte[] bytes = [.. WireBytes.Hex(Call), .. WireBytes.Hex("00000048 1000")];
        int frameLength = bytes.Length - 6;
        var reader = new TTHeaderFrameReader();
        for (int present = 0; present < frameLength; present++)
        {
            ReadOnlySequence<byte> part = WireBytes.Cut(bytes.AsMemory(0, present), segmentSize);
            Assert.False(reader.TryRead(ref part, out _));
            Assert.Equal(present, part.Length);
            Assert.InRange(reader.NeededBytes, present + 1, frameLength);
        }

        ReadOnlySequence<byte> whole = WireBytes.Cut(bytes, segmentSize);
        Assert.True(reader.TryRead(ref whole, out TTHeaderFrame frame));
        Assert.True(frame.TryGetString("isn"u8, out ReadOnlySpan<byte> service));
        Assert.Equal("TestService", WireBytes.Text(service));
        Assert.Equal(WireBytes.Hex(Call)[^38..], frame.Payload.ToArray());
        Assert.Equal(6, whole.Length);
        Assert.False(reader.TryRead(ref whole, out _));
    }

    [Fact]
    public void TryRead_BlocksRepeatedOutOfOrderAndPaddedInside_LaterValuesWin()
    {
        byte[] frame = Frame(
            "10 00" + "10 0001 0009 0001 61" + "00" + "01 0001 0001 6b 0001 31" + "00 00" + "11 0003 746f6b" +
            "10 0003 0009 0001 62 03e7 0000 001b 0001 33" + "01 0001 0001 6b 0001 32", "");
        ReadOnlySequence<byte> buffer = WireBytes.One(frame);

        Assert.True(new TTHeaderFrameReader().TryRead(ref buffer, out TTHeaderFrame read));

        Assert.Equal("b", WireBytes.Text(read.ToMethod));
        Assert.Equal(TTHeaderFrameType.Data, read.FrameType);
        Assert.True(read.TryGetString("k"u8, out ReadOnlySpan<byte> value));
        Assert.Equal("2", WireBytes.Text(value));
        Assert.Equal("tok", WireBytes.Text(read.AclToken));
        Assert.True(read.TryGetString("RPC_TRANSIT_gdpr-token"u8, out value));
        Assert.Equal("tok", WireBytes.Text(value));
        Assert.True(read.TryGetInt((TTHeaderIntKey)999, out value));
        Assert.True(value.IsEmpty);
        Assert.False(read.TryGetInt(TTHeaderIntKey.Env, out _));

        var pairs = new List<string>();
        foreach (HeaderStringPair pair in read.StringPairs)
        {
            pairs.Add(WireBytes.Text(pair.Key) + "=" + WireBytes.Text(pair.Value));
        }

        Assert.Equal(["k=1", "RPC_TRANSIT_gdpr-token=tok", "k=2"], pairs);
        int ints = 0;
        foreach (HeaderIntPair pair in read.IntPairs)
        {
            _ = pair;
            ints++;
        }

        Assert.Equal(4, ints);
    }

    [Fact]
    public void TryRead_TransformsAndUnknownFlagBits_AreIgnored()
    {
        byte[] bytes = Frame("00 02 01 03" + "10 0001 000c 0003 333030", "ab");
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(6), 0xFFFD);
        ReadOnlySequence<byte> buffer = WireBytes.One(bytes);

        Assert.True(new TTHeaderFrameReader().TryRead(ref buffer, out TTHeaderFrame frame));

        Assert.False(frame.IsStreaming);
        Assert.True(frame.TryGetRpcTimeout(out int milliseconds));
        Assert.Equal(300, milliseconds);
        Assert.Equal(1, frame.Payload.Length);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-5")]
    [InlineData("12x")]
    [InlineData("99999999999")]
    [InlineData("")]
    public void TryGetRpcTimeout_NotAPositiveNumber_IsFalse(string text)
    {
        byte[] value = System.Text.Encoding.ASCII.GetBytes(text);
        ReadOnlySequence<byte> buffer = WireBytes.One(Frame("00 00 10 0001 000c" + value.Length.ToString("x4") + Convert.ToHexString(value), ""));

        Assert.True(new TTHeaderFrameReader().TryRead(ref buffer, out TTHeaderFrame frame));

        Assert.False(frame.TryGetRpcTimeout(out _));
    }

    [Theory]
    [InlineData("00", true)]
    [InlineData("03", true)]
    [InlineData("04", true)]
    [InlineData("10", true)]
    [InlineData("11", true)]
    [InlineData("01", false)]
    [InlineData("02", false)]
    [InlineData("12", false)]
    [InlineData("ff", false)]
    public void TryRead_ProtocolId_AcceptsTheKnownOnes(string id, bool accepted)
    {
        byte[] bytes = Frame(id + "00", "");
        if (accepted)
        {
            ReadOnlySequence<byte> buffer = WireBytes.One(bytes);
            Assert.True(new TTHeaderFrameReader().TryRead(ref buffer, out TTHeaderFrame frame));
            Assert.Equal(Convert.ToByte(id, 16), (byte)frame.ProtocolId);
        }
        else
        {
            Assert.Contains($"unsupported ProtocolID[{Convert.ToByte(id, 16)}]", Fails(bytes).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("00000048 1001 0000 00000001 0006", "invalid TTHeader magic[0x1001]")]
    [InlineData("00000048 1001", "invalid TTHeader magic[0x1001]")]
    [InlineData("ffffffff", "larger than the limit(1073741823), which no option raises")]
    [InlineData("40000000", "larger than the limit(1073741823), which no option raises")]
    [InlineData("0000000a 1000 0000 00000001 0000", "invalid header length[0]")]
    [InlineData("0000000d 1000 0000 00000001 0001", "invalid frame length[13]")]
    [InlineData("00000000 1000 0000 00000001 0001", "invalid frame length[0]")]
    [InlineData("0000000e 1000 0000 00000001 ffff", "invalid frame length[14]")]
    [InlineData("0000000e 1000 0000 00000001 0001 0000 05 00", "invalid infoIDType[0x5]")]
    [InlineData("0000000e 1000 0000 00000001 0001 00ff 00 00", "ends inside a block")]
    [InlineData("0000000e 1000 0000 00000001 0001 0000 01 00", "ends inside a block")]
    [InlineData("00000016 1000 0000 00000001 0003 0000 01 0001 0001 6b ffff 00 00", "ends inside a block")]
    [InlineData("00000012 1000 0000 00000001 0002 0000 10 ffff 000900", "ends inside a block")]
    [InlineData("00000012 1000 0000 00000001 0002 0000 11 0004 616263", "ends inside a block")]
    public void TryRead_BadBytes_FailsAsSoonAsTheyShow(string hex, string message)
        => Assert.Contains(message, Fails(WireBytes.Hex(hex)).Message, StringComparison.Ordinal);

    [Fact]
    public void TryRead_FrameAboveTheLimit_FailsByItsLengthAlone()
    {
        ReadOnlySequence<byte> buffer = WireBytes.One(WireBytes.Hex("00000401"));
        var error = Assert.Throws<ThriftProtocolException>(() => new TTHeaderFrameReader(1024).TryRead(ref buffer, out _));
        Assert.Contains("payload size(1025) larger than the limit(1024) of MaxReceiveMessageSize", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TryRead_HeaderAboveTheLimit_FailsBeforeThePayload()
    {
        ReadOnlySequence<byte> buffer = WireBytes.One(WireBytes.Hex("00100000 1000 0002 00000001 4001"));
        var error = Assert.Throws<ThriftProtocolException>(() => new TTHeaderFrameReader(maxHeaderInfoSize: 65536).TryRead(ref buffer, out _));
        Assert.Contains("invalid header length[65540]", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(7)]
    public void TryRead_ManyDataFrames_AllocatesNothing(int segmentSize)
    {
        var output = new ArrayBufferWriter<byte>();
        var template = new TTHeaderFrameTemplate(TTHeaderFrameType.Data, "Echo");
        for (int i = 0; i < 100; i++)
        {
            template.WriteTo(output, i, 3);
            output.Write("abc"u8);
        }

        ReadOnlySequence<byte> all = WireBytes.Cut(output.WrittenMemory, segmentSize);
        var reader = new TTHeaderFrameReader();
        Assert.Equal(100, ReadAll(reader, all));
        long before = GC.GetAllocatedBytesForCurrentThread();
        int frames = ReadAll(reader, all);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(100, frames);
        Assert.Equal(0, allocated);
    }

    // Frames of two methods mixed, with and without pairs, so that a header is now like the one before it and now not.
    [Fact]
    public void TryRead_FramesOfSeveralStreamsInPieces_KeepsThemApart()
        => Gen.Select(Gen.Select(Gen.Int[1, 5], Gen.Int[0, 2], Gen.Bool, Gen.Byte.Array[0, 20]).Array[1, 12], Gen.Int[1, 50], Gen.Int[1, 50]).Sample((frames, step, segmentSize) =>
        {
            var output = new ArrayBufferWriter<byte>();
            var builder = new TTHeaderBuilder();
            string[] methods = ["Echo", "Else", "AnotherMethod"];
            foreach ((int type, int method, bool pairs, byte[] payload) in frames)
            {
                builder.ResetStreaming((TTHeaderFrameType)type, method, methods[method]);
                if (pairs)
                {
                    builder.AddString("key", "value of some length that is more than is kept of a header");
                }

                builder.WriteTo(output, payload.Length);
                output.Write(payload);
            }

            var reader = new TTHeaderFrameReader();
            int read = 0;
            int consumed = 0;
            for (int present = 0; consumed < output.WrittenCount; present = Math.Min(present + step, output.WrittenCount))
            {
                ReadOnlySequence<byte> buffer = WireBytes.Cut(output.WrittenMemory[consumed..present], segmentSize);
                long before = buffer.Length;
                while (reader.TryRead(ref buffer, out TTHeaderFrame frame))
                {
                    (int type, int method, bool pairs, byte[] payload) = frames[read++];
                    Assert.Equal((TTHeaderFrameType)type, frame.FrameType);
                    Assert.Equal(method, frame.SequenceId);
                    Assert.Equal(methods[method], WireBytes.Text(frame.ToMethod));
                    Assert.Equal(pairs, frame.TryGetString("key"u8, out _));
                    Assert.Equal(payload, frame.Payload.ToArray());
                }

                consumed += (int)(before - buffer.Length);
            }

            Assert.Equal(frames.Length, read);
        }, iter: 1000, threads: 1);

    [Fact]
    public void TryRead_SameBadHeaderTwice_FailsTwice()
    {
        byte[] good = Frame("10 00 10 0001 001b 0001 33", "");
        byte[] bad = Frame("10 00 10 0001 001b 0001 33 05", "");
        var reader = new TTHeaderFrameReader();
        ReadOnlySequence<byte> buffer = WireBytes.One(good);
        Assert.True(reader.TryRead(ref buffer, out _));

        for (int i = 0; i < 2; i++)
        {
            ReadOnlySequence<byte> badBuffer = WireBytes.One(bad);
            Assert.Throws<ThriftProtocolException>(() => reader.TryRead(ref badBuffer, out _));
        }
    }

    private static int ReadAll(TTHeaderFrameReader reader, ReadOnlySequence<byte> buffer)
    {
        int frames = 0;
        while (reader.TryRead(ref buffer, out TTHeaderFrame frame))
        {
            if (frame.SequenceId == frames && frame.FrameType == TTHeaderFrameType.Data && frame.ToMethod.SequenceEqual("Echo"u8))
            {
                frames++;
            }
        }

        return frames;
    }

    private static ThriftProtocolException Fails(byte[] bytes)
    {
        ReadOnlySequence<byte> buffer = WireBytes.One(bytes);
        return Assert.Throws<ThriftProtocolException>(() => new TTHeaderFrameReader().TryRead(ref buffer, out _));
    }

    private static byte[] Frame(string infoHex, string payloadHex)
    {
        byte[] info = WireBytes.Hex(infoHex);
        Array.Resize(ref info, (info.Length + 3) & ~3);
        byte[] payload = WireBytes.Hex(payloadHex);
        byte[] frame = [0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 9, 0, (byte)(info.Length / 4), .. info, .. payload];
        BinaryPrimitives.WriteInt32BigEndian(frame, frame.Length - 4);
        return frame;
    }
}
