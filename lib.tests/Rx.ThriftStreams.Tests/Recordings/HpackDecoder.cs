using System.Text;

namespace Rx.ThriftStreams.Tests.Recordings;

/// <summary>Decodes header blocks (RFC 7541), with Huffman texts and the dynamic table. One a direction.</summary>
internal sealed class HpackDecoder
{
    private const int EntryOverhead = 32;

    private readonly List<(string Name, string Value)> _dynamic = [];
    private int _maxSize = 4096;
    private byte[] _block = [];
    private int _position;

    public int DynamicCount => _dynamic.Count;

    public IReadOnlyList<(string Name, string Value)> Decode(byte[] block)
    {
        _block = block;
        _position = 0;
        var headers = new List<(string, string)>();
        while (_position < block.Length)
        {
            byte first = block[_position];
            if (first >= 0x80)
            {
                headers.Add(Entry(Integer(7)));
            }
            else if (first >= 0x40)
            {
                (string, string) header = Literal(6);
                Insert(header);
                headers.Add(header);
            }
            else if (first >= 0x20)
            {
                _maxSize = Integer(5);
                Evict(0);
            }
            else
            {
                headers.Add(Literal(4));
            }
        }

        return headers;
    }

    private (string Name, string Value) Literal(int prefix)
    {
        int index = Integer(prefix);
        string name = index == 0 ? Text() : Entry(index).Name;
        return (name, Text());
    }

    private (string Name, string Value) Entry(int index)
        => index <= HpackTables.Static.Length ? HpackTables.Static[index - 1] : _dynamic[index - HpackTables.Static.Length - 1];

    private int Integer(int prefix)
    {
        int mask = (1 << prefix) - 1;
        int value = _block[_position++] & mask;
        if (value == mask)
        {
            byte next;
            int shift = 0;
            do
            {
                next = _block[_position++];
                value = checked(value + ((next & 0x7F) << shift));
                shift += 7;
            }
            while (next >= 0x80);
        }

        return value;
    }

    private string Text()
    {
        bool huffman = _block[_position] >= 0x80;
        int length = Integer(7);
        byte[] bytes = _block.AsSpan(_position, length).ToArray();
        _position += length;
        return Encoding.UTF8.GetString(huffman ? HpackTables.DecodeHuffman(bytes) : bytes);
    }

    private void Insert((string Name, string Value) header)
    {
        int size = SizeOf(header);
        Evict(size);
        if (size <= _maxSize)
        {
            _dynamic.Insert(0, header);
        }
    }

    private void Evict(int room)
    {
        int size = _dynamic.Sum(SizeOf);
        while (_dynamic.Count > 0 && size + room > _maxSize)
        {
            size -= SizeOf(_dynamic[^1]);
            _dynamic.RemoveAt(_dynamic.Count - 1);
        }
    }

    private static int SizeOf((string Name, string Value) header)
        => Encoding.UTF8.GetByteCount(header.Name) + Encoding.UTF8.GetByteCount(header.Value) + EntryOverhead;
}
