using System.Buffers;
using System.Buffers.Binary;

namespace Rx.ThriftStreams.Wire;

/// <summary>The legacy header of a service mesh: FF AF ‖ u16 size of what follows ‖ u16 count ‖ string pairs. Only ever received.</summary>
internal readonly ref struct MeshHeader
{
    public const ushort Magic = 0xFFAF;

    private readonly ReadOnlySpan<byte> _content;
    private readonly int _count;

    private MeshHeader(ReadOnlySpan<byte> content, int count)
    {
        _content = content;
        _count = count;
    }

    /// <summary>The pairs, in wire order.</summary>
    public HeaderStringPairs Pairs => new(_content, 2, _count);

    /// <summary>Removes a mesh header from the front of <paramref name="buffer"/>. A framed or buffered message follows.</summary>
    /// <returns><see langword="false"/> while the header is not complete.</returns>
    /// <exception cref="ThriftProtocolException">The bytes are not a mesh header.</exception>
    public static bool TryRead(ref ReadOnlySequence<byte> buffer, out MeshHeader header)
    {
        header = default;
        var reader = new SequenceReader<byte>(buffer);
        if (!reader.TryReadBigEndian(out short magic))
        {
            return false;
        }

        if ((ushort)magic != Magic)
        {
            throw new ThriftProtocolException($"invalid mesh header magic[0x{(ushort)magic:x4}]: it must begin with 0xffaf.", 0);
        }

        if (!reader.TryReadBigEndian(out short signedSize))
        {
            return false;
        }

        int size = (ushort)signedSize;
        if (reader.Remaining < size)
        {
            return false;
        }

        // Mesh headers are rare, so a header that spans segments may be copied.
        ReadOnlySequence<byte> bytes = buffer.Slice(4, size);
        ReadOnlySpan<byte> content = bytes.IsSingleSegment ? bytes.FirstSpan : bytes.ToArray();
        header = new MeshHeader(content, Check(content));
        buffer = buffer.Slice(bytes.End);
        return true;
    }

    private static int Check(ReadOnlySpan<byte> content)
    {
        if (content.Length < 2)
        {
            throw new ThriftProtocolException($"invalid mesh header length[{content.Length}]: it must have a count of two bytes.", 2);
        }

        int count = BinaryPrimitives.ReadUInt16BigEndian(content);
        int position = 2;
        for (int texts = 2 * count; texts > 0; texts--)
        {
            int length = content.Length - position < 2 ? int.MaxValue : BinaryPrimitives.ReadUInt16BigEndian(content[position..]);
            if (content.Length - position - 2 < length)
            {
                throw new ThriftProtocolException("the mesh header ends inside a pair: a count or a length in it is too large.", 4 + position);
            }

            position += 2 + length;
        }

        return count;
    }
}
