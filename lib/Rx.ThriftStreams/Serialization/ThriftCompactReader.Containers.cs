using System.Runtime.CompilerServices;

namespace Rx.ThriftStreams.Serialization;

// Containers and skipping, as in ThriftReader but with the sizes of Compact.
public ref partial struct ThriftCompactReader
{
    // The fewest bytes that a value of each type has on the wire; zero for unassigned codes.
    private static ReadOnlySpan<byte> MinimumSize => [0, 0, 1, 1, 8, 0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1, 16];

    // The size of elements of a fixed size; zero for the others.
    private static ReadOnlySpan<byte> FixedSize => [0, 0, 1, 1, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16];

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
        int offset = _position;
        int header = Take(1);
        elementType = CompactType.ToThriftType(header);
        int count = header >> 4;
        if (count == 15)
        {
            count = (int)ReadVarint(32);
        }

        if (count != 0 && elementType == ThriftType.Stop)
        {
            ThriftCodecErrors.UnknownType(header & 0x0F, offset, _fieldId);
        }

        CheckCount(count, Math.Max((int)MinimumSize[(int)elementType], 1), offset);
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
                ThriftCodecErrors.ElementType(valueType, actualValue, offset, _fieldId);
            }
        }

        ChargeMemory(MemoryCost.Map(keyType, valueType, count));
        return count;
    }

    /// <inheritdoc/>
    public int ReadMapHeader(out ThriftType keyType, out ThriftType valueType)
    {
        int offset = _position;
        int count = (int)ReadVarint(32);
        if (count == 0)
        {
            keyType = valueType = ThriftType.Stop;
            return 0;
        }

        int types = Take(1);
        keyType = CompactType.ToThriftType(types >> 4);
        valueType = CompactType.ToThriftType(types);
        if (keyType == ThriftType.Stop || valueType == ThriftType.Stop)
        {
            ThriftCodecErrors.UnknownType(keyType == ThriftType.Stop ? types >> 4 : types & 0x0F, _position - 1, _fieldId);
        }

        CheckCount(count, MinimumSize[(int)keyType] + MinimumSize[(int)valueType], offset);
        return count;
    }

    /// <inheritdoc/>
    public void ReadI16Elements(Span<short> destination)
    {
        foreach (ref short element in destination)
        {
            element = ReadI16();
        }
    }

    /// <inheritdoc/>
    public void ReadI32Elements(Span<int> destination)
    {
        foreach (ref int element in destination)
        {
            element = ReadI32();
        }
    }

    /// <inheritdoc/>
    public void ReadI64Elements(Span<long> destination)
    {
        int done = 0;
        int position = _position;
        while (BitConverter.IsLittleEndian && done < destination.Length && _length - position >= Varint.FastSize)
        {
            int size = Varint.ReadFast(ref Unsafe.Add(ref _start, (nint)(uint)position), out ulong value);
            if (size > Varint.FastSize)
            {
                break;
            }

            destination[done++] = Unzigzag(value);
            position += size;
        }

        // The last elements, and all from the first that is longer than eight bytes.
        _position = position;
        foreach (ref long element in destination[done..])
        {
            element = ReadI64();
        }
    }

    /// <inheritdoc/>
    public void ReadDoubleElements(Span<double> destination)
    {
        foreach (ref double element in destination)
        {
            element = ReadDouble();
        }
    }

    /// <inheritdoc/>
    public void Skip(ThriftType type)
    {
        if (_pending != PendingBool.None && type == ThriftType.Bool)
        {
            _pending = PendingBool.None;
            return;
        }

        int allowed = Math.Min(_maxDepth - _fields.Depth, Remaining + 1);
        Span<SkipFrame> frames = allowed <= SkipFrame.InlineCount ? stackalloc SkipFrame[SkipFrame.InlineCount] : new SkipFrame[allowed];
        int depth = 0;
        short lastId = _lastId;
        SkipValue(type, frames, ref depth, allowed);
        while (depth > 0)
        {
            ref SkipFrame frame = ref frames[depth - 1];
            if (!frame.IsStruct)
            {
                if (frame.Remaining == 0)
                {
                    depth--;
                    continue;
                }

                SkipValue(frame.Next(), frames, ref depth, allowed);
                continue;
            }

            // Ids inside a skipped struct are not used; without the reset their differences might add up to more than an id can hold.
            _lastId = 0;
            if (!ReadFieldHeader(out type, out _))
            {
                depth--;
            }
            else if (_pending != PendingBool.None)
            {
                _pending = PendingBool.None;
            }
            else
            {
                SkipValue(type, frames, ref depth, allowed);
            }
        }

        _lastId = lastId;
    }

    private static int FixedSizeOf(ThriftType type) => (uint)type < (uint)FixedSize.Length ? FixedSize[(int)type] : 0;

    private void SkipValue(ThriftType type, scoped Span<SkipFrame> frames, ref int depth, int allowed)
    {
        switch (type)
        {
            case ThriftType.Bool or ThriftType.Byte or ThriftType.Double or ThriftType.Uuid:
                Take(FixedSizeOf(type));
                return;

            case ThriftType.I16 or ThriftType.I32 or ThriftType.I64:
                ReadVarint(64);
                return;

            case ThriftType.String:
                Take(ReadLength());
                return;

            case ThriftType.Struct or ThriftType.Map or ThriftType.Set or ThriftType.List:
                break;

            default:
                ThriftCodecErrors.UnknownType((int)type, _position, _fieldId);
                return;
        }

        if (depth >= allowed)
        {
            ThriftCodecErrors.TooDeep(_maxDepth, _position, _fieldId);
        }

        switch (type)
        {
            case ThriftType.Struct:
                frames[depth++] = SkipFrame.Struct;
                break;

            case ThriftType.Map:
                int pairs = ReadMapHeader(out ThriftType key, out ThriftType value);
                if (pairs > 0)
                {
                    frames[depth++] = SkipFrame.Pairs(key, value, pairs);
                }

                break;

            default:
                int count = ReadListHeader(out ThriftType element);
                if (FixedSizeOf(element) > 0)
                {
                    // The header's check has ensured that they are there.
                    Take(count * FixedSizeOf(element));
                }
                else if (count > 0)
                {
                    frames[depth++] = SkipFrame.Elements(element, count);
                }

                break;
        }
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

    private readonly void CheckCount(int count, int minimumSize, int offset)
    {
        if (count < 0 || (long)count * minimumSize > Remaining || count > _maxCount)
        {
            ThriftCodecErrors.Count(count, minimumSize, offset, Remaining, _maxCount, _fieldId);
        }
    }
}
