using System.Runtime.InteropServices;

namespace Rx.ThriftStreams.Serialization;

// Containers. Each count is checked against the remaining bytes before anything is allocated for it.
public ref partial struct ThriftReader
{
    // The fewest bytes that a value of each type has on the wire; zero for unassigned codes.
    private static ReadOnlySpan<byte> MinimumSize => [0, 0, 1, 1, 8, 0, 2, 0, 4, 0, 8, 4, 1, 6, 5, 5, 16];

    /// <inheritdoc/>
    public int ReadListHeader(ThriftType elementType)
    {
        int count = ReadElementsHeader(elementType);
        ChargeMemory(MemoryCost.List(elementType, count));
        return count;
    }

    /// <inheritdoc/>
    public int ReadListHeader(out ThriftType elementType)
    {
        elementType = (ThriftType)Take(1);
        int count = ReadI32();
        CheckCount(count, count == 0 ? 1 : SizeOf(elementType), 4);
        return count;
    }

    /// <inheritdoc/>
    public int ReadSetHeader(ThriftType elementType)
    {
        int count = ReadElementsHeader(elementType);
        ChargeMemory(MemoryCost.Set(elementType, count));
        return count;
    }

    /// <inheritdoc/>
    public int ReadSetHeader(out ThriftType elementType) => ReadListHeader(out elementType);

    /// <inheritdoc/>
    public int ReadMapHeader(ThriftType keyType, ThriftType valueType)
    {
        int offset = _position;
        int count = ReadMapHeader(out ThriftType actualKey, out ThriftType actualValue);
        if (count != 0)
        {
            if (actualKey != keyType)
            {
                ThriftCodecErrors.ElementType(keyType, actualKey, offset, _fieldId);
            }

            if (actualValue != valueType)
            {
                ThriftCodecErrors.ElementType(valueType, actualValue, offset + 1, _fieldId);
            }
        }

        ChargeMemory(MemoryCost.Map(keyType, valueType, count));
        return count;
    }

    /// <inheritdoc/>
    public int ReadMapHeader(out ThriftType keyType, out ThriftType valueType)
    {
        keyType = (ThriftType)Take(1);
        valueType = (ThriftType)Take(1);
        int count = ReadI32();
        CheckCount(count, count == 0 ? 1 : SizeOf(keyType) + SizeOf(valueType), 4);
        return count;
    }

    /// <inheritdoc/>
    public void ReadI16Elements(Span<short> destination)
        => BigEndian.Copy(MemoryMarshal.Cast<byte, short>(TakeElements(destination.Length, sizeof(short))), destination);

    /// <inheritdoc/>
    public void ReadI32Elements(Span<int> destination)
        => BigEndian.Copy(MemoryMarshal.Cast<byte, int>(TakeElements(destination.Length, sizeof(int))), destination);

    /// <inheritdoc/>
    public void ReadI64Elements(Span<long> destination)
        => BigEndian.Copy(MemoryMarshal.Cast<byte, long>(TakeElements(destination.Length, sizeof(long))), destination);

    /// <inheritdoc/>
    public void ReadDoubleElements(Span<double> destination) => ReadI64Elements(MemoryMarshal.Cast<double, long>(destination));

    private ReadOnlySpan<byte> TakeElements(int count, int size)
    {
        long bytes = (long)count * size;
        if (bytes > Remaining)
        {
            ThriftCodecErrors.Truncated(bytes, _position, Remaining, _fieldId);
        }

        return TakeSpan((int)bytes);
    }

    private int ReadElementsHeader(ThriftType elementType)
    {
        int offset = _position;
        int count = ReadListHeader(out ThriftType actual);
        if (actual != elementType && count != 0)
        {
            ThriftCodecErrors.ElementType(elementType, actual, offset, _fieldId);
        }

        return count;
    }

    private readonly void CheckCount(int count, int minimumSize, int headerSize)
    {
        if (count < 0 || (long)count * minimumSize > Remaining || count > _maxCount)
        {
            ThriftCodecErrors.Count(count, minimumSize, _position - headerSize, Remaining, _maxCount, _fieldId);
        }
    }

    private readonly int SizeOf(ThriftType type)
    {
        int size = (uint)type < (uint)MinimumSize.Length ? MinimumSize[(int)type] : 0;
        if (size == 0)
        {
            ThriftCodecErrors.UnknownType((int)type, _position, _fieldId);
        }

        return size;
    }
}
