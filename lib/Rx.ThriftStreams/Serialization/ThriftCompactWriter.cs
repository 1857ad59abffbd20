using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Rx.ThriftStreams.Serialization;

/// <summary>Writes the Thrift Compact protocol to the end of a <see cref="ThriftWriteBuffer"/>.</summary>
/// <remarks>
/// Nothing is visible in the buffer before <see cref="Flush"/>; a writer that is abandoned after an error leaves the buffer unchanged.
/// Strings become UTF-8; a lone surrogate becomes U+FFFD.
/// Layout: integers are zigzag varints, doubles eight little-endian bytes, a field's header is the difference to the id before it
/// and its type in one byte where the difference is 1 to 15, and that type holds the value of a bool field.
/// </remarks>
public ref partial struct ThriftCompactWriter : IThriftWriter
{
    private const int TranscodeWithoutCounting = 32 * 1024;

    // The room to reserve for a number. 32-bit numbers take five bytes at most, but eight are stored at once.
    private const int MaxVarint32 = Varint.FastSize;
    private const int MaxVarint64 = 10;
    private const int MaxFieldHeader = 1 + MaxVarint32;

    private readonly ThriftWriteBuffer _buffer;
    private readonly int _maxDepth;
    private FieldIdStack _fields;
    private ref byte _start;
    private int _position;
    private int _capacity;
    private short _lastId;

    /// <summary>Creates a writer that appends to <paramref name="buffer"/>.</summary>
    /// <param name="buffer">Where to write. It belongs to the writer until <see cref="Flush"/>.</param>
    /// <param name="maxDepth">How deep structs may be nested. Default 64, which is what peers accept; it also ends a value that contains itself.</param>
    public ThriftCompactWriter(ThriftWriteBuffer buffer, int maxDepth = 64)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        _buffer = buffer;
        _maxDepth = maxDepth;
        _position = buffer.Length;
        Attach();
    }

    /// <summary>Makes everything written so far part of the buffer. The writer can continue.</summary>
    public readonly void Flush() => _buffer.Commit(_position);

    /// <inheritdoc/>
    public void BeginStruct()
    {
        if (_fields.Depth >= _maxDepth)
        {
            ThriftCodecErrors.WriteTooDeep(_maxDepth, _position);
        }

        _fields.Push(_lastId);
        _lastId = 0;
    }

    /// <inheritdoc/>
    public void EndStruct()
    {
        Reserve(1) = 0;
        _position++;
        _lastId = _fields.Pop();
    }

    /// <inheritdoc/>
    public void WriteBool(bool value)
    {
        Reserve(1) = value ? (byte)CompactType.BoolTrue : (byte)CompactType.BoolFalse;
        _position++;
    }

    /// <inheritdoc/>
    public void WriteByte(sbyte value)
    {
        Reserve(1) = (byte)value;
        _position++;
    }

    /// <inheritdoc/>
    public void WriteI16(short value) => WriteI32(value);

    /// <inheritdoc/>
    public void WriteI32(int value)
    {
        Reserve(MaxVarint32);
        PutVarint(Zigzag(value));
    }

    /// <inheritdoc/>
    public void WriteI64(long value)
    {
        Reserve(MaxVarint64);
        PutVarint(Zigzag(value));
    }

    /// <inheritdoc/>
    public void WriteDouble(double value)
    {
        Reserve(8);
        PutDouble(value);
    }

    /// <inheritdoc/>
    public void WriteString(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (value.Length > TranscodeWithoutCounting)
        {
            int counted = Encoding.UTF8.GetByteCount(value);
            Reserve(checked(MaxVarint32 + counted));
            PutVarint((uint)counted);
            Encoding.UTF8.GetBytes(value, MemoryMarshal.CreateSpan(ref Place(), counted));
            _position += counted;
            return;
        }

        // The size of the length prefix is known only after transcoding. One byte a char is the likely case; otherwise the text is moved.
        int worst = 3 * value.Length;
        Reserve(MaxVarint32 + worst);
        int reserved = VarintSize((uint)value.Length);
        int length = Encoding.UTF8.GetBytes(value, MemoryMarshal.CreateSpan(ref Unsafe.Add(ref Place(), reserved), worst));
        int needed = VarintSize((uint)length);
        if (needed != reserved)
        {
            MemoryMarshal.CreateSpan(ref Unsafe.Add(ref Place(), reserved), length).CopyTo(MemoryMarshal.CreateSpan(ref Unsafe.Add(ref Place(), needed), length));
        }

        // Byte by byte, because a store of eight would overwrite the text.
        PutVarintByBytes((uint)length);
        _position += length;
    }

    /// <inheritdoc/>
    public void WriteUtf8String(ThriftUtf8String value) => WriteBinary(value.Span);

    /// <inheritdoc/>
    public void WriteBinary(ReadOnlySpan<byte> value)
    {
        Reserve(checked(MaxVarint32 + value.Length));
        PutVarint((uint)value.Length);
        value.CopyTo(MemoryMarshal.CreateSpan(ref Place(), value.Length));
        _position += value.Length;
    }

    /// <inheritdoc/>
    public void WriteUuid(Guid value)
    {
        value.TryWriteBytes(MemoryMarshal.CreateSpan(ref Reserve(16), 16), bigEndian: true, out _);
        _position += 16;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Zigzag(int value) => ((uint)value << 1) ^ (uint)(value >> 31);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Zigzag(long value) => ((ulong)value << 1) ^ (ulong)(value >> 63);

    private static int VarintSize(uint value) => value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5;

    // The `Put` methods write into reserved room.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void PutVarint(ulong value)
    {
        if (BitConverter.IsLittleEndian && value < 1UL << 56)
        {
            _position += Varint.WriteFast(ref Place(), value);
            return;
        }

        PutVarintByBytes(value);
    }

    private void PutVarintByBytes(ulong value)
    {
        ref byte place = ref Place();
        int size = 0;
        while (value >= 0x80)
        {
            Unsafe.Add(ref place, size++) = (byte)(value | 0x80);
            value >>= 7;
        }

        Unsafe.Add(ref place, size++) = (byte)value;
        _position += size;
    }

    private void PutDouble(double value)
    {
        System.Buffers.Binary.BinaryPrimitives.WriteDoubleLittleEndian(MemoryMarshal.CreateSpan(ref Place(), 8), value);
        _position += 8;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly ref byte Place() => ref Unsafe.Add(ref _start, (nint)(uint)_position);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref byte Reserve(int size)
    {
        if (_capacity - _position < size)
        {
            Grow(size);
        }

        return ref Place();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow(int size)
    {
        _buffer.Grow(_position, size);
        Attach();
    }

    private void Attach()
    {
        byte[] array = _buffer.Array;
        _start = ref MemoryMarshal.GetArrayDataReference(array);
        _capacity = array.Length;
    }
}
