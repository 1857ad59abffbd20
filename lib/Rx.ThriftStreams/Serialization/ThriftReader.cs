using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Rx.ThriftStreams.Serialization;

/// <summary>Reads the Thrift Binary protocol from memory.</summary>
/// <remarks>
/// A <c>bool</c> is true only if its byte is 1. Bytes of a string that are not UTF-8 become U+FFFD, because peers pass any bytes
/// through a string; <see cref="ReadUtf8String"/> and <see cref="ReadBinary"/> keep them.
/// </remarks>
public ref partial struct ThriftReader : IThriftReader
{
    // The part of an array, as its divisor, for which a binary may keep all of it. Arrays of the pool are up to twice as large as what was asked for.
    private const int LeastKept = 4;

    private readonly ref byte _start;
    private readonly int _length;
    private readonly int _maxDepth;
    private readonly int _uncheckedDepth;
    private readonly int _maxString;
    private readonly int _maxCount;
    private readonly ref byte[]? _rented;
    private ReadBudget _memory;
    private int _position;
    private int _depth;
    private int _fieldId;

    /// <summary>Creates a reader at the start of <paramref name="data"/>.</summary>
    /// <param name="data">The message. Bytes after the value are ignored.</param>
    /// <param name="limits">What to accept; <see cref="ThriftReaderLimits.Default"/> if <see langword="null"/>.</param>
    /// <param name="cancellationToken">Ends the reading of a long message: observed once for each 256 KiB of memory that its values take.</param>
    public ThriftReader(ReadOnlySpan<byte> data, ThriftReaderLimits? limits = null, CancellationToken cancellationToken = default)
    {
        limits ??= ThriftReaderLimits.Default;
        _start = ref MemoryMarshal.GetReference(data);
        _length = data.Length;
        _maxDepth = limits.MaxDepth;
        _uncheckedDepth = Math.Min(limits.MaxDepth, ThriftReaderLimits.DefaultDepth);
        _maxString = limits.MaxStringBytes;
        _maxCount = limits.MaxContainerCount;
        _fieldId = ThriftCodecErrors.NoField;
        _memory = new ReadBudget(limits, data.Length, cancellationToken);
    }

    /// <summary>Creates a reader of bytes in an array of the shared pool, which a large binary may keep.</summary>
    /// <param name="data">The message, and nothing else that is needed when it has been read.</param>
    /// <param name="rented">The array that <paramref name="data"/> is in; afterwards <see langword="null"/> if a binary keeps it. May be <see langword="null"/> before, too.</param>
    /// <param name="limits">What to accept.</param>
    /// <param name="cancellationToken">Ends the reading of a long message.</param>
    internal ThriftReader(ReadOnlySpan<byte> data, ref byte[]? rented, ThriftReaderLimits? limits, CancellationToken cancellationToken)
        : this(data, limits, cancellationToken)
    {
        _rented = ref rented;
    }

    /// <summary>How many bytes were read.</summary>
    public readonly int Consumed => _position;

    /// <summary>Whether binaries were written as Base64 text, as JSON does.</summary>
    internal bool BinaryIsBase64 { get; init; }

    private readonly int Remaining => _length - _position;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void BeginStruct(int memory = MemoryCost.UnknownStruct)
    {
        if (_depth >= _uncheckedDepth)
        {
            ThriftCodecErrors.CheckDepth(_depth, _maxDepth, _position, _fieldId);
        }

        ChargeMemory(memory);
        _depth++;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void EndStruct()
    {
        _depth--;
        _fieldId = ThriftCodecErrors.NoField;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void ChargeMemory(long memory)
    {
        if (!_memory.TryCharge(memory))
        {
            ThriftCodecErrors.Memory(_memory.Limit, _position, _fieldId);
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool ReadFieldHeader(out ThriftType type, out short id)
    {
        type = (ThriftType)Take(1);
        if (type == ThriftType.Stop)
        {
            id = 0;
            return false;
        }

        id = (short)BigEndian.ReadUInt16(ref Take(2));
        _fieldId = id;
        return true;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadFieldHeader(ThriftType type, short id)
    {
        // A header and the smallest value are four bytes, so fewer cannot be a field: the general path handles them.
        if (Remaining < 4
            || (BigEndian.ReadUInt32(ref Unsafe.Add(ref _start, (nint)(uint)_position)) >> 8) != (((uint)type << 16) | (ushort)id))
        {
            return false;
        }

        _position += 3;
        _fieldId = id;
        return true;
    }

    /// <inheritdoc/>
    public bool TryReadEmptyStruct()
    {
        if (Remaining < 1 || Unsafe.Add(ref _start, (nint)(uint)_position) != (byte)ThriftType.Stop)
        {
            return false;
        }

        _position++;
        return true;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool ReadBool() => Take(1) == 1;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public sbyte ReadByte() => (sbyte)Take(1);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public short ReadI16() => (short)BigEndian.ReadUInt16(ref Take(2));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int ReadI32() => (int)BigEndian.ReadUInt32(ref Take(4));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long ReadI64() => (long)BigEndian.ReadUInt64(ref Take(8));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double ReadDouble() => BitConverter.UInt64BitsToDouble(BigEndian.ReadUInt64(ref Take(8)));

    /// <inheritdoc/>
    public string ReadString()
    {
        int length = ReadLength();
        ChargeMemory(MemoryCost.String(length));
        return length == 0 ? "" : Encoding.UTF8.GetString(TakeSpan(length));
    }

    /// <inheritdoc/>
    public ThriftUtf8String ReadUtf8String()
    {
        int length = ReadLength();
        ChargeMemory(MemoryCost.Binary(length));
        return length == 0 ? default : new(ReceivedBytes.Copy(TakeSpan(length)).AsMemory());
    }

    /// <inheritdoc/>
    public byte[] ReadBinary()
    {
        int length = ReadLength();
        ChargeMemory(MemoryCost.Binary(length));
        if (BinaryIsBase64)
        {
            return ReadBase64(length);
        }

        return ReceivedBytes.Copy(TakeSpan(length));
    }

    /// <inheritdoc/>
    public ThriftPooledBinary ReadPooledBinary()
    {
        int length = ReadLength();
        ChargeMemory(MemoryCost.PooledBinary(length));
        if (BinaryIsBase64)
        {
            return new(ReadBase64(length));
        }

        var bytes = TakeSpan(length);

        // A binary that fills much of the array keeps it instead of copying out of it; a smaller one would hold more memory than it needs.
        if (!Unsafe.IsNullRef(ref _rented) && _rented is { } array && length >= array.Length / LeastKept)
        {
            _rented = null;
            return ThriftPooledBinary.Owning(array, (int)Unsafe.ByteOffset(ref MemoryMarshal.GetArrayDataReference(array), ref MemoryMarshal.GetReference(bytes)), length);
        }

        return ThriftPooledBinary.Copy(bytes);
    }

    /// <inheritdoc/>
    public Guid ReadUuid() => new(TakeSpan(16), bigEndian: true);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int ReadLength()
    {
        int length = ReadI32();
        if ((uint)length > (uint)Remaining || length > _maxString)
        {
            ThriftCodecErrors.StringLength(length, _position - 4, Remaining, _maxString, _fieldId);
        }

        return length;
    }

    private byte[] ReadBase64(int length)
    {
        int offset = _position;
        if (!UnpaddedBase64.TryDecode(TakeSpan(length), out byte[]? value))
        {
            ThriftCodecErrors.NotBase64(offset, _fieldId);
        }

        return value;
    }

    // The one bounds check of every read.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref byte Take(int size)
    {
        int position = _position;
        if (_length - position < size)
        {
            ThriftCodecErrors.Truncated(size, position, _length - position, _fieldId);
        }

        _position = position + size;
        return ref Unsafe.Add(ref _start, (nint)(uint)position);
    }

    private ReadOnlySpan<byte> TakeSpan(int size) => MemoryMarshal.CreateReadOnlySpan(ref Take(size), size);
}
