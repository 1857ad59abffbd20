using System.Buffers;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.TTHeader;

public sealed class MeshHeaderTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    public void TryRead_ByteByByte_GivesThePairsAndLeavesTheMessage(int segmentSize)
    {
        byte[] header = WireBytes.Hex("ffaf 0010 0002 0001 61 0002 6262 0001 63 0000 ffff");
        byte[] bytes = [.. header, 0x80, 0x01];
        for (int present = 0; present < header.Length; present++)
        {
            ReadOnlySequence<byte> part = WireBytes.Cut(bytes.AsMemory(0, present), segmentSize);
            Assert.False(MeshHeader.TryRead(ref part, out _));
            Assert.Equal(present, part.Length);
        }

        ReadOnlySequence<byte> whole = WireBytes.Cut(bytes, segmentSize);
        Assert.True(MeshHeader.TryRead(ref whole, out MeshHeader mesh));
        var pairs = new List<string>();
        foreach (HeaderStringPair pair in mesh.Pairs)
        {
            pairs.Add(WireBytes.Text(pair.Key) + "=" + WireBytes.Text(pair.Value));
        }

        Assert.Equal(["a=bb", "c="], pairs);
        Assert.Equal(2, whole.Length);
    }

    [Theory]
    [InlineData("ffae 0002 0000", "invalid mesh header magic[0xffae]")]
    [InlineData("ffaf 0001 00", "invalid mesh header length[1]")]
    [InlineData("ffaf 0000", "invalid mesh header length[0]")]
    [InlineData("ffaf 0002 0001", "ends inside a pair")]
    [InlineData("ffaf 0007 0001 0001 61 ffff", "ends inside a pair")]
    [InlineData("ffaf 0005 0001 0002 61", "ends inside a pair")]
    public void TryRead_BadBytes_Fails(string hex, string text)
    {
        ReadOnlySequence<byte> buffer = WireBytes.One(WireBytes.Hex(hex));
        var error = Assert.Throws<ThriftProtocolException>(() => MeshHeader.TryRead(ref buffer, out _));
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
    }
}
