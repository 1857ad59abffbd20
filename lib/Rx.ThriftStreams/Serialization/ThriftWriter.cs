using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Rx.ThriftStreams.Serialization;

/// <summary>Writes the Thrift Binary protocol to the end of a <see cref="ThriftWriteBuffer"/>.</summary>
/// <remarks>
/// Nothing is visible in the buffer before <see cref="Flush"/>; a writer that is abandoned after an error leaves the buffer unchanged.
/// Strings become UTF-8; a lone surrogate becomes U+FFFD.
/// Layout: a field is its type (one byte), its id (two bytes) and its value; all numbers are in network order.
/// </remarks>
public ref partial struct ThriftWriter : IThriftWriter
{
    // Up to this length the worst case of three bytes a char is reserved without counting first.
    private const int TranscodeWithoutCounting = 32 * 1024;

    private readonly ThriftWriteBuffer _buffer;
    private readonly int _maxDepth;
    private ref byte _start;
    private int _position;
    private int _capacity;
    private int _depth;

    /// <summary>Creates a writer that appends to <paramref name="buffer"/>.</summary>
    /// <param name="buffer">Where to write. It belongs to the writer until <see cref="Flush"/>.</param>
    /// <param name="maxDepth">How deep structs may be nested. Default 64, which is what peers accept; it also ends a value that contains itself.</param>
    public ThriftWriter(ThriftWriteBuffer buffer, int maxDepth = 64)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        _buffer = buffer;
        _maxDepth = maxDepth;
        _position = buffer.Length;
        Attach();
    }

    /// <summary>If set, receives the position of each binary: on the wire it looks like a string, but some protocols write the two differently.</summary>
    internal Queue<int>? BinaryPositions { get; init; }

    /// <summary>Makes everything written so far part of the buffer. The writer can continue.</summary>
    public readonly void Flush() => _buffer.Commit(_position);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void BeginStruct()
    {
        if (_depth >= _maxDepth)
        {
            ThriftCodecErrors.WriteTooDeep(_maxDepth, _position);
        }

        _depth++;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void EndStruct()
    {
        Reserve(1) = (byte)ThriftType.Stop;
        _position++;
        _depth--;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteBool(bool value)
    {
        Reserve(1) = value ? (byte)1 : (byte)0;
        _position++;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteByte(sbyte value)
    {
        Reserve(1) = (byte)value;
        _position++;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteI16(short value)
    {
        BigEndian.Write(ref Reserve(2), (ushort)value);
        _position += 2;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteI32(int value)
    {
        BigEndian.Write(ref Reserve(4), (uint)value);
        _position += 4;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteI64(long value)
    {
        BigEndian.Write(ref Reserve(8), (ulong)value);
        _position += 8;
    }

    /// <inheritdoc/>
    public void WriteDouble(double value) => WriteI64(BitConverter.DoubleToInt64Bits(value));

    /// <inheritdoc/>
    public void WriteString(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        int worst = value.Length <= TranscodeWithoutCounting ? 3 * value.Length : Encoding.UTF8.GetByteCount(value);
        ref byte place = ref Reserve(checked(4 + worst));
        int length = Encoding.UTF8.GetBytes(value, MemoryMarshal.CreateSpan(ref Unsafe.Add(ref place, 4), worst));
        BigEndian.Write(ref place, (uint)length);
        _position += 4 + length;
    }

    /// <inheritdoc/>
    public void WriteUtf8String(ThriftUtf8String value) => WriteBytes(value.Span);

    /// <inheritdoc/>
    public void WriteBinary(ReadOnlySpan<byte> value)
    {
        BinaryPositions?.Enqueue(_position);
        WriteBytes(value);
    }

    /// <inheritdoc/>
    public void WriteUuid(Guid value)
    {
        value.TryWriteBytes(MemoryMarshal.CreateSpan(ref Reserve(16), 16), bigEndian: true, out _);
        _position += 16;
    }

    /// <inheritdoc/>
    public void WriteListHeader(ThriftType elementType, int count)
    {
        ref byte place = ref Reserve(5);
        place = (byte)elementType;
        BigEndian.Write(ref Unsafe.Add(ref place, 1), (uint)count);
        _position += 5;
    }

    /// <inheritdoc/>
    public void WriteSetHeader(ThriftType elementType, int count) => WriteListHeader(elementType, count);

    /// <inheritdoc/>
    public void WriteMapHeader(ThriftType keyType, ThriftType valueType, int count)
    {
        ref byte place = ref Reserve(6);
        place = (byte)keyType;
        Unsafe.Add(ref place, 1) = (byte)valueType;
        BigEndian.Write(ref Unsafe.Add(ref place, 2), (uint)count);
        _position += 6;
    }

    /// <inheritdoc/>
    public void WriteI16Elements(ReadOnlySpan<short> values)
    {
        int size = checked(values.Length * sizeof(short));
        BigEndian.Copy(values, MemoryMarshal.Cast<byte, short>(MemoryMarshal.CreateSpan(ref Reserve(size), size)));
        _position += size;
    }

    /// <inheritdoc/>
    public void WriteI32Elements(ReadOnlySpan<int> values)
    {
        int size = checked(values.Length * sizeof(int));
        BigEndian.Copy(values, MemoryMarshal.Cast<byte, int>(MemoryMarshal.CreateSpan(ref Reserve(size), size)));
        _position += size;
    }

    /// <inheritdoc/>
    public void WriteI64Elements(ReadOnlySpan<long> values)
    {
        int size = checked(values.Length * sizeof(long));
        BigEndian.Copy(values, MemoryMarshal.Cast<byte, long>(MemoryMarshal.CreateSpan(ref Reserve(size), size)));
        _position += size;
    }

    /// <inheritdoc/>
    public void WriteDoubleElements(ReadOnlySpan<double> values) => WriteI64Elements(MemoryMarshal.Cast<double, long>(values));

    private void WriteBytes(ReadOnlySpan<byte> value)
    {
        ref byte place = ref Reserve(checked(4 + value.Length));
        BigEndian.Write(ref place, (uint)value.Length);
        value.CopyTo(MemoryMarshal.CreateSpan(ref Unsafe.Add(ref place, 4), value.Length));
        _position += 4 + value.Length;
    }

    // The one bounds check of every write: the caller stores at most `size` bytes at the place returned.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref byte Reserve(int size)
    {
        if (_capacity - _position < size)
        {
            Grow(size);
        }

        return ref Unsafe.Add(ref _start, (nint)(uint)_position);
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
