using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Rx.ThriftStreams.Serialization;

/// <summary>Reads the Thrift Compact protocol from memory.</summary>
/// <remarks>
/// A <c>bool</c> inside a container is true only if its byte is 1. Bytes of a string that are not UTF-8 become U+FFFD;
/// read the field as <c>binary</c> to see them.
/// </remarks>
public ref partial struct ThriftCompactReader : IThriftReader
{
    // The value of a bool field arrives with its header and is kept here until it is read.
    private enum PendingBool : byte
    {
        None,
        True,
        False,
    }

    private readonly ref byte _start;
    private readonly int _length;
    private readonly int _maxDepth;
    private readonly int _uncheckedDepth;
    private readonly int _maxString;
    private readonly int _maxCount;
    private FieldIdStack _fields;
    private ReadBudget _memory;
    private int _position;
    private int _fieldId;
    private short _lastId;
    private PendingBool _pending;

    /// <summary>Creates a reader at the start of <paramref name="data"/>.</summary>
    /// <param name="data">The message. Bytes after the value are ignored.</param>
    /// <param name="limits">What to accept; <see cref="ThriftReaderLimits.Default"/> if <see langword="null"/>.</param>
    /// <param name="cancellationToken">Ends the reading of a long message: observed once for each 256 KiB of memory that its values take.</param>
    public ThriftCompactReader(ReadOnlySpan<byte> data, ThriftReaderLimits? limits = null, CancellationToken cancellationToken = default)
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

    /// <summary>How many bytes were read.</summary>
    public readonly int Consumed => _position;

    private readonly int Remaining => _length - _position;

    /// <inheritdoc/>
    public void BeginStruct(int memory = MemoryCost.UnknownStruct)
    {
        if (_fields.Depth >= _uncheckedDepth)
        {
            ThriftCodecErrors.CheckDepth(_fields.Depth, _maxDepth, _position, _fieldId);
        }

        ChargeMemory(memory);
        _fields.Push(_lastId);
        _lastId = 0;
    }

    /// <inheritdoc/>
    public void EndStruct()
    {
        _lastId = _fields.Pop();
        _fieldId = _fields.Depth == 0 ? ThriftCodecErrors.NoField : _lastId;
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
    public bool ReadFieldHeader(out ThriftType type, out short id)
    {
        int offset = _position;
        int header = Take(1);
        if (header == 0)
        {
            type = ThriftType.Stop;
            id = 0;
            return false;
        }

        int difference = header >> 4;
        int known = difference == 0 ? ReadSmall() : _lastId + difference;
        if (known != (short)known)
        {
            ThriftCodecErrors.Varint(16, offset, _fieldId);
        }

        id = _lastId = (short)known;
        _fieldId = known;
        type = CompactType.ToThriftType(header);
        if (type == ThriftType.Bool)
        {
            _pending = (header & 0x0F) == CompactType.BoolTrue ? PendingBool.True : PendingBool.False;
        }
        else if (type == ThriftType.Stop)
        {
            ThriftCodecErrors.UnknownType(header & 0x0F, offset, _fieldId);
        }

        return true;
    }

    /// <inheritdoc/>
    public bool TryReadFieldHeader(ThriftType type, short id)
    {
        int difference = id - _lastId;
        if (difference is <= 0 or > 15 || Remaining < 1)
        {
            return false;
        }

        int header = Unsafe.Add(ref _start, (nint)(uint)_position);
        if (header >> 4 != difference || CompactType.ToThriftType(header) != type)
        {
            return false;
        }

        if (type == ThriftType.Bool)
        {
            _pending = (header & 0x0F) == CompactType.BoolTrue ? PendingBool.True : PendingBool.False;
        }

        _position++;
        _lastId = id;
        _fieldId = id;
        return true;
    }

    /// <inheritdoc/>
    public bool TryReadEmptyStruct()
    {
        if (Remaining < 1 || Unsafe.Add(ref _start, (nint)(uint)_position) != 0)
        {
            return false;
        }

        _position++;
        return true;
    }

    /// <inheritdoc/>
    public bool ReadBool()
    {
        PendingBool pending = _pending;
        _pending = PendingBool.None;
        return pending == PendingBool.None ? Take(1) == CompactType.BoolTrue : pending == PendingBool.True;
    }

    /// <inheritdoc/>
    public sbyte ReadByte() => (sbyte)Take(1);

    /// <inheritdoc/>
    public short ReadI16()
    {
        int offset = _position;
        int value = ReadSmall();
        if (value != (short)value)
        {
            ThriftCodecErrors.Varint(16, offset, _fieldId);
        }

        return (short)value;
    }

    /// <inheritdoc/>
    public int ReadI32() => ReadSmall();

    /// <inheritdoc/>
    public long ReadI64() => Unzigzag(ReadVarint(64));

    /// <inheritdoc/>
    public double ReadDouble() => BinaryPrimitives.ReadDoubleLittleEndian(TakeSpan(8));

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
        return ReceivedBytes.Copy(TakeSpan(length));
    }

    /// <inheritdoc/>
    public ThriftPooledBinary ReadPooledBinary()
    {
        int length = ReadLength();
        ChargeMemory(MemoryCost.PooledBinary(length));
        return ThriftPooledBinary.Copy(TakeSpan(length));
    }

    /// <inheritdoc/>
    public Guid ReadUuid() => new(TakeSpan(16), bigEndian: true);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long Unzigzag(ulong value) => (long)(value >> 1) ^ -(long)(value & 1);

    private int ReadSmall()
    {
        uint value = (uint)ReadVarint(32);
        return (int)(value >> 1) ^ -(int)(value & 1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong ReadVarint(int bits)
    {
        if (BitConverter.IsLittleEndian && Remaining >= Varint.FastSize)
        {
            int size = Varint.ReadFast(ref Unsafe.Add(ref _start, (nint)(uint)_position), out ulong value);
            if (size <= Varint.FastSize && (bits == 64 || (size <= 5 && value <= uint.MaxValue)))
            {
                _position += size;
                return value;
            }
        }

        return ReadVarintByBytes(bits);
    }

    private ulong ReadVarintByBytes(int bits)
    {
        int offset = _position;
        ulong value = 0;
        for (int shift = 0; shift < bits; shift += 7)
        {
            ulong next = Take(1);
            if (shift + 7 > bits && next >> (bits - shift) != 0)
            {
                break;
            }

            value |= (next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        ThriftCodecErrors.Varint(bits, offset, _fieldId);
        return 0;
    }

    private int ReadLength()
    {
        int offset = _position;
        int length = (int)ReadVarint(32);
        if ((uint)length > (uint)Remaining || length > _maxString)
        {
            ThriftCodecErrors.StringLength(length, offset, Remaining, _maxString, _fieldId);
        }

        return length;
    }

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
