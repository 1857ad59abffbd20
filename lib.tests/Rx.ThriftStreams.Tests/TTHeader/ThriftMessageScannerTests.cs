using CsCheck;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.TTHeader;

public sealed class ThriftMessageScannerTests
{
    private const string Envelope = "80010001 00000001 6d 00000007";

    // Values of every type, nested in every container, as bytes without a type.
    private static readonly Gen<(ThriftType Type, byte[] Bytes)> Value = Gen.Recursive<(ThriftType, byte[])>((depth, inner) =>
    {
        Gen<(ThriftType, byte[])> leaf = Gen.OneOf(
            Gen.Byte.Array[1].Select(b => (ThriftType.Bool, b)),
            Gen.Byte.Array[1].Select(b => (ThriftType.Byte, b)),
            Gen.Byte.Array[2].Select(b => (ThriftType.I16, b)),
            Gen.Byte.Array[4].Select(b => (ThriftType.I32, b)),
            Gen.Byte.Array[8].Select(b => (ThriftType.I64, b)),
            Gen.Byte.Array[8].Select(b => (ThriftType.Double, b)),
            Gen.Byte.Array[16].Select(b => (ThriftType.Uuid, b)),
            Gen.Byte.Array[0, 30].Select(b => (ThriftType.String, (byte[])[0, 0, 0, (byte)b.Length, .. b])));
        return depth > 4
            ? leaf
            : Gen.OneOf(
                leaf,
                Gen.Select(inner, Gen.Short).Array[0, 4].Select(fields => (ThriftType.Struct, Struct(fields))),
                Gen.Select(inner, Gen.Int[0, 3], Gen.Bool).Select((e, n, set) => (set ? ThriftType.Set : ThriftType.List, Row(e, n))),
                Gen.Select(inner, inner, Gen.Int[0, 3]).Select((k, v, n) => (ThriftType.Map, Pairs(k, v, n))));
    });

    [Fact]
    public void TryScan_AnyMessage_EndsWhereItEnds()
        => Gen.Select(Gen.Select(Value, Gen.Short).Array[0, 5], Gen.Int[1, 40], Gen.Byte.Array[0, 10]).Sample((fields, segmentSize, behind) =>
        {
            byte[] message = [.. WireBytes.Hex(Envelope), .. Struct(fields)];
            byte[] all = [.. message, .. behind];
            var scanner = new ThriftMessageScanner(1_000_000);
            Assert.True(scanner.TryScan(WireBytes.Cut(all, segmentSize), out long length));
            Assert.Equal(message.Length, length);

            // Byte by byte: complete at the last byte and not before, and what is needed never passes the end.
            scanner.Reset();
            for (int present = 0; present < message.Length; present++)
            {
                Assert.False(scanner.TryScan(WireBytes.Cut(all.AsMemory(0, present), segmentSize), out _));
                Assert.InRange(scanner.NeededBytes, present + 1, message.Length);
            }

            Assert.True(scanner.TryScan(WireBytes.Cut(all.AsMemory(0, message.Length), segmentSize), out length));
            Assert.Equal(message.Length, length);
            Assert.Equal(message.Length, scanner.NeededBytes);
        }, iter: 500, threads: 1);

    // What was scanned is overwritten before the next byte comes, but for the few bytes of a count that was not complete.
    [Fact]
    public void TryScan_ByteByByte_NeverLooksBack()
        => Gen.Select(Value, Gen.Short).Array[0, 5].Sample(fields =>
        {
            byte[] message = [.. WireBytes.Hex(Envelope), .. Struct(fields)];
            byte[] all = [.. message];
            var scanner = new ThriftMessageScanner(1_000_000);
            for (int present = 0; present < message.Length; present++)
            {
                all.AsSpan(0, Math.Max(0, present - 6)).Fill(0xFF);
                Assert.False(scanner.TryScan(WireBytes.One(all[..present]), out _));
            }

            Assert.True(scanner.TryScan(WireBytes.One(all), out long length));
            Assert.Equal(message.Length, length);
        }, iter: 300, threads: 1);

    [Fact]
    public void TryScan_Garbage_FailsTypedOrWaits()
        => Gen.Byte.Array[0, 300].Sample(garbage =>
        {
            byte[] all = [.. WireBytes.Hex(Envelope), .. garbage];
            try
            {
                if (new ThriftMessageScanner(100_000).TryScan(WireBytes.One(all), out long length))
                {
                    Assert.InRange(length, 14, all.Length);
                }
            }
            catch (ThriftProtocolException)
            {
            }
        }, iter: 5000, threads: 1);

    [Theory]
    [InlineData("80000001", "bad version 0x80000001")]
    [InlineData("80020001", "bad version 0x80020001")]
    [InlineData("00000000", "bad version 0x00000000")]
    [InlineData("7fffffff", "larger than the limit of 1000 bytes")]
    [InlineData("80010001 ffffffff", "negative size[-1]")]
    [InlineData("80010001 7fffffff", "larger than the limit of 1000 bytes")]
    [InlineData(Envelope + "0b0001 7fffffff", "larger than the limit")]
    [InlineData(Envelope + "0b0001 80000000", "negative size[-2147483648]")]
    [InlineData(Envelope + "0f0001 08 7fffffff", "a container of 2147483647 elements")]
    [InlineData(Envelope + "0f0001 0c 7fffffff", "a container of 2147483647 elements")]
    [InlineData(Envelope + "0e0001 08 ffffffff", "negative size[-1]")]
    [InlineData(Envelope + "0d0001 08 0b 7fffffff", "a container of 4294967294 elements")]
    [InlineData(Envelope + "0d0001 08 0b ffffffff", "negative size[-1]")]
    [InlineData(Envelope + "0f0001 63 00000001", "unknown type 99")]
    [InlineData(Envelope + "630001", "unknown type 99")]
    [InlineData(Envelope + "010001", "unknown type 1")]
    public void TryScan_LyingBytes_FailBeforeMoreIsWaitedFor(string hex, string text)
    {
        var error = Assert.Throws<ThriftProtocolException>(() => new ThriftMessageScanner(1000).TryScan(WireBytes.One(WireBytes.Hex(hex)), out _));
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(63, true)]
    [InlineData(64, false)]
    public void TryScan_NestedStructs_EndAtSixtyFour(int inner, bool accepted)
    {
        byte[] nested = [.. Enumerable.Repeat((byte[])[12, 0, 1], inner).SelectMany(b => b), .. new byte[inner + 1]];
        byte[] message = [.. WireBytes.Hex(Envelope), .. nested];
        var scanner = new ThriftMessageScanner(100_000);
        if (accepted)
        {
            Assert.True(scanner.TryScan(WireBytes.One(message), out long length));
            Assert.Equal(message.Length, length);
        }
        else
        {
            var error = Assert.Throws<ThriftProtocolException>(() => scanner.TryScan(WireBytes.One(message), out _));
            Assert.Contains("nested deeper than 64", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void TryScan_LongString_IsSteppedOver()
    {
        byte[] head = WireBytes.Hex(Envelope + "0b0001 00100000");
        var scanner = new ThriftMessageScanner(2_000_000);

        Assert.False(scanner.TryScan(WireBytes.One(head), out _));
        Assert.Equal(head.Length + 0x100000 + 1, scanner.NeededBytes);

        byte[] whole = [.. head, .. new byte[0x100000 + 1]];
        Assert.True(scanner.TryScan(WireBytes.One(whole), out long length));
        Assert.Equal(whole.Length, length);
    }

    private static byte[] Struct(((ThriftType Type, byte[] Bytes) Value, short Id)[] fields)
        => [.. fields.SelectMany(f => (byte[])[(byte)f.Value.Type, (byte)(f.Id >> 8), (byte)f.Id, .. f.Value.Bytes]), 0];

    private static byte[] Row((ThriftType Type, byte[] Bytes) element, int count)
        => [(byte)element.Type, 0, 0, 0, (byte)count, .. Enumerable.Repeat(element.Bytes, count).SelectMany(b => b)];

    private static byte[] Pairs((ThriftType Type, byte[] Bytes) key, (ThriftType Type, byte[] Bytes) value, int count)
        => [(byte)key.Type, (byte)value.Type, 0, 0, 0, (byte)count, .. Enumerable.Repeat((byte[])[.. key.Bytes, .. value.Bytes], count).SelectMany(b => b)];
}
