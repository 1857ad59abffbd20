using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Rx.ThriftStreams.Serialization;

// Whole fields: header and value under one bounds check, and in as few stores as possible. A store may extend
// past the field's end into reserved room, which the next write overwrites.
public ref partial struct ThriftWriter
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteFieldHeader(ThriftType type, short id)
    {
        BigEndian.Write(ref Reserve(4), Header(type, id));
        _position += 3;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteBoolField(short id, bool value)
    {
        BigEndian.Write(ref Reserve(4), Header(ThriftType.Bool, id) | (value ? 1u : 0u));
        _position += 4;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteByteField(short id, sbyte value)
    {
        BigEndian.Write(ref Reserve(4), Header(ThriftType.Byte, id) | (byte)value);
        _position += 4;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteI16Field(short id, short value)
    {
        BigEndian.Write(ref Reserve(8), ((ulong)Header(ThriftType.I16, id) << 32) | ((ulong)(ushort)value << 24));
        _position += 5;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteI32Field(short id, int value)
    {
        BigEndian.Write(ref Reserve(8), ((ulong)Header(ThriftType.I32, id) << 32) | ((ulong)(uint)value << 8));
        _position += 7;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteI64Field(short id, long value) => WriteEightByteField(ThriftType.I64, id, (ulong)value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteDoubleField(short id, double value) => WriteEightByteField(ThriftType.Double, id, BitConverter.DoubleToUInt64Bits(value));

    /// <inheritdoc/>
    public void WriteStringField(short id, string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        int worst = value.Length <= TranscodeWithoutCounting ? 3 * value.Length : Encoding.UTF8.GetByteCount(value);
        ref byte place = ref Reserve(checked(7 + worst));
        int length = Encoding.UTF8.GetBytes(value, MemoryMarshal.CreateSpan(ref Unsafe.Add(ref place, 7), worst));
        BigEndian.Write(ref place, Header(ThriftType.String, id));
        BigEndian.Write(ref Unsafe.Add(ref place, 3), (uint)length);
        _position += 7 + length;
    }

    /// <inheritdoc/>
    public void WriteUtf8StringField(short id, ThriftUtf8String value) => WriteBytesField(id, value.Span);

    /// <inheritdoc/>
    public void WriteBinaryField(short id, ReadOnlySpan<byte> value)
    {
        BinaryPositions?.Enqueue(_position + 3);
        WriteBytesField(id, value);
    }

    /// <inheritdoc/>
    public void WriteUuidField(short id, Guid value)
    {
        WriteFieldHeader(ThriftType.Uuid, id);
        WriteUuid(value);
    }

    // Type, id and a zero byte: generated code passes constants, so this is one too.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Header(ThriftType type, short id) => ((uint)type << 24) | ((uint)(ushort)id << 8);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void WriteEightByteField(ThriftType type, short id, ulong value)
    {
        ref byte place = ref Reserve(11);
        BigEndian.Write(ref place, Header(type, id));
        BigEndian.Write(ref Unsafe.Add(ref place, 3), value);
        _position += 11;
    }

    private void WriteBytesField(short id, ReadOnlySpan<byte> value)
    {
        ref byte place = ref Reserve(checked(7 + value.Length));
        BigEndian.Write(ref place, Header(ThriftType.String, id));
        BigEndian.Write(ref Unsafe.Add(ref place, 3), (uint)value.Length);
        value.CopyTo(MemoryMarshal.CreateSpan(ref Unsafe.Add(ref place, 7), value.Length));
        _position += 7 + value.Length;
    }
}
