namespace Rx.ThriftStreams.Serialization;

// Containers and skipping.
internal ref partial struct ThriftJsonReader
{
    // Brackets that a level of a struct or container has at most: a map's two and a field's one, and the struct's own.
    private const int BracketsPerLevel = 4;

    // The fewest bytes that a value of each type has on the wire, with the token before it; zero for unassigned codes.
    private static ReadOnlySpan<byte> MinimumSize => [0, 0, 2, 2, 2, 0, 2, 0, 2, 0, 2, 3, 3, 17, 9, 9, 39];

    /// <inheritdoc/>
    public int ReadListHeader(ThriftType elementType)
    {
        var count = ReadElementsHeader(elementType);
        ChargeMemory(MemoryCost.List(elementType, count));
        return count;
    }

    /// <inheritdoc/>
    public int ReadListHeader(out ThriftType elementType)
    {
        BeginValue();
        var offset = _position;
        Expect('[');
        elementType = ReadTypeName();
        Expect(',');
        var count = ReadCount(MinimumSize[(int)elementType], offset);
        if (count == 0)
        {
            Expect(']');
            EndValue();
        }
        else
        {
            _levels.Push(JsonLevelKind.Elements, count);
        }

        return count;
    }

    /// <inheritdoc/>
    public int ReadSetHeader(ThriftType elementType)
    {
        var count = ReadElementsHeader(elementType);
        ChargeMemory(MemoryCost.Set(elementType, count));
        return count;
    }

    /// <inheritdoc/>
    public int ReadSetHeader(out ThriftType elementType) => ReadListHeader(out elementType);

    /// <inheritdoc/>
    public int ReadMapHeader(ThriftType keyType, ThriftType valueType)
    {
        var offset = _position;
        var count = ReadMapHeader(out var actualKey, out var actualValue);
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
        BeginValue();
        var offset = _position;
        Expect('[');
        keyType = ReadTypeName();
        Expect(',');
        valueType = ReadTypeName();
        Expect(',');
        var count = ReadCount(MinimumSize[(int)keyType] + MinimumSize[(int)valueType], offset);
        Expect(',');
        Expect('{');
        if (count == 0)
        {
            Expect('}');
            Expect(']');
            EndValue();
        }
        else
        {
            _levels.Push(JsonLevelKind.Pairs, 2 * count);
        }

        return count;
    }

    /// <inheritdoc/>
    public void ReadI16Elements(Span<short> destination)
    {
        foreach (ref var element in destination)
        {
            element = ReadI16();
        }
    }

    /// <inheritdoc/>
    public void ReadI32Elements(Span<int> destination)
    {
        foreach (ref var element in destination)
        {
            element = ReadI32();
        }
    }

    /// <inheritdoc/>
    public void ReadI64Elements(Span<long> destination)
    {
        foreach (ref var element in destination)
        {
            element = ReadI64();
        }
    }

    /// <inheritdoc/>
    public void ReadDoubleElements(Span<double> destination)
    {
        foreach (ref var element in destination)
        {
            element = ReadDouble();
        }
    }

    /// <inheritdoc/>
    public void Skip(ThriftType type)
    {
        BeginValue();
        var most = BracketsPerLevel * Math.Max(0L, _maxDepth - _depth);
        var open = 0L;
        do
        {
            switch (Peek())
            {
                case (byte)'"':
                    _ = ReadQuoted(out _);
                    break;

                case (byte)'{' or (byte)'[':
                    _position++;
                    open++;
                    if (open > most)
                    {
                        ThriftCodecErrors.TooDeep(_maxDepth, _position, _fieldId);
                    }

                    break;

                case (byte)'}' or (byte)']' when open > 0:
                    _position++;
                    open--;
                    break;

                case (byte)',' or (byte)':' when open > 0:
                    _position++;
                    break;

                default:
                    var length = _data[_position..].IndexOfAny(s_structure);
                    if (length == 0)
                    {
                        ThriftCodecErrors.JsonToken('0', _data[_position], _position, _fieldId);
                    }

                    _position = length < 0 ? _data.Length : _position + length;
                    break;
            }
        }
        while (open > 0);

        EndValue();
    }

    private int ReadElementsHeader(ThriftType elementType)
    {
        var offset = _position;
        var count = ReadListHeader(out ThriftType actual);
        if (actual != elementType && count != 0)
        {
            ThriftCodecErrors.ElementType(elementType, actual, offset, _fieldId);
        }

        return count;
    }

    private int ReadCount(int minimumSize, int offset)
    {
        var token = ReadNumber();
        if (!System.Buffers.Text.Utf8Parser.TryParse(token, out int count, out var used) || used != token.Length)
        {
            ThriftCodecErrors.Json("The element count of a container", offset, _fieldId);
        }

        if (count < 0 || (long)count * minimumSize > Remaining || count > _maxCount)
        {
            ThriftCodecErrors.Count(count, minimumSize, offset, Remaining, _maxCount, _fieldId);
        }

        return count;
    }
}
