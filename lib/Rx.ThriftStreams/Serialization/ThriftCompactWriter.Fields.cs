using System.Runtime.CompilerServices;

namespace Rx.ThriftStreams.Serialization;

// Whole fields and containers.
public ref partial struct ThriftCompactWriter
{
    // How many numbers share one bounds check. Reserving the worst case for all of them at once would take ten times what small numbers need.
    private const int Group = 64;

    /// <inheritdoc/>
    public void WriteFieldHeader(ThriftType type, short id)
    {
        Reserve(MaxFieldHeader);
        PutFieldHeader(CompactType.Of(type), id);
    }

    /// <inheritdoc/>
    public void WriteBoolField(short id, bool value)
    {
        Reserve(MaxFieldHeader);
        PutFieldHeader(value ? CompactType.BoolTrue : CompactType.BoolFalse, id);
    }

    /// <inheritdoc/>
    public void WriteByteField(short id, sbyte value)
    {
        Reserve(MaxFieldHeader + 1);
        PutFieldHeader(CompactType.Of(ThriftType.Byte), id);
        Place() = (byte)value;
        _position++;
    }

    /// <inheritdoc/>
    public void WriteI16Field(short id, short value)
    {
        Reserve(MaxFieldHeader + MaxVarint32);
        PutFieldHeader(CompactType.Of(ThriftType.I16), id);
        PutVarint(Zigzag((int)value));
    }

    /// <inheritdoc/>
    public void WriteI32Field(short id, int value)
    {
        Reserve(MaxFieldHeader + MaxVarint32);
        PutFieldHeader(CompactType.Of(ThriftType.I32), id);
        PutVarint(Zigzag(value));
    }

    /// <inheritdoc/>
    public void WriteI64Field(short id, long value)
    {
        Reserve(MaxFieldHeader + MaxVarint64);
        PutFieldHeader(CompactType.Of(ThriftType.I64), id);
        PutVarint(Zigzag(value));
    }

    /// <inheritdoc/>
    public void WriteDoubleField(short id, double value)
    {
        Reserve(MaxFieldHeader + 8);
        PutFieldHeader(CompactType.Of(ThriftType.Double), id);
        PutDouble(value);
    }

    /// <inheritdoc/>
    public void WriteStringField(short id, string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        WriteFieldHeader(ThriftType.String, id);
        WriteString(value);
    }

    /// <inheritdoc/>
    public void WriteUtf8StringField(short id, ThriftUtf8String value)
    {
        WriteFieldHeader(ThriftType.String, id);
        WriteUtf8String(value);
    }

    /// <inheritdoc/>
    public void WriteBinaryField(short id, ReadOnlySpan<byte> value)
    {
        WriteFieldHeader(ThriftType.String, id);
        WriteBinary(value);
    }

    /// <inheritdoc/>
    public void WriteUuidField(short id, Guid value)
    {
        WriteFieldHeader(ThriftType.Uuid, id);
        WriteUuid(value);
    }

    /// <inheritdoc/>
    public void WriteListHeader(ThriftType elementType, int count)
    {
        ref byte place = ref Reserve(1 + MaxVarint32);
        _position++;
        if (count < 15)
        {
            place = (byte)((count << 4) | CompactType.Of(elementType));
            return;
        }

        place = (byte)(0xF0 | CompactType.Of(elementType));
        PutVarint((uint)count);
    }

    /// <inheritdoc/>
    public void WriteSetHeader(ThriftType elementType, int count) => WriteListHeader(elementType, count);

    /// <inheritdoc/>
    public void WriteMapHeader(ThriftType keyType, ThriftType valueType, int count)
    {
        Reserve(MaxVarint32 + 1);
        PutVarint((uint)count);
        if (count > 0)
        {
            Place() = (byte)((CompactType.Of(keyType) << 4) | CompactType.Of(valueType));
            _position++;
        }
    }

    /// <inheritdoc/>
    public void WriteI16Elements(ReadOnlySpan<short> values)
    {
        while (!values.IsEmpty)
        {
            ReadOnlySpan<short> group = values[..Math.Min(values.Length, Group)];
            Reserve(Group * MaxVarint32);
            foreach (short value in group)
            {
                PutVarint(Zigzag((int)value));
            }

            values = values[group.Length..];
        }
    }

    /// <inheritdoc/>
    public void WriteI32Elements(ReadOnlySpan<int> values)
    {
        while (!values.IsEmpty)
        {
            ReadOnlySpan<int> group = values[..Math.Min(values.Length, Group)];
            Reserve(Group * MaxVarint32);
            foreach (int value in group)
            {
                PutVarint(Zigzag(value));
            }

            values = values[group.Length..];
        }
    }

    /// <inheritdoc/>
    public void WriteI64Elements(ReadOnlySpan<long> values)
    {
        while (!values.IsEmpty)
        {
            ReadOnlySpan<long> group = values[..Math.Min(values.Length, Group)];
            ref byte place = ref Reserve(Group * MaxVarint64);
            int size = 0;
            int done = 0;
            while (BitConverter.IsLittleEndian && done < group.Length && Zigzag(group[done]) < 1UL << 56)
            {
                size += Varint.WriteFast(ref Unsafe.Add(ref place, size), Zigzag(group[done++]));
            }

            _position += size;
            foreach (long value in group[done..])
            {
                PutVarint(Zigzag(value));
            }

            values = values[group.Length..];
        }
    }

    /// <inheritdoc/>
    public void WriteDoubleElements(ReadOnlySpan<double> values)
    {
        Reserve(checked(values.Length * sizeof(double)));
        foreach (double value in values)
        {
            PutDouble(value);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void PutFieldHeader(int code, short id)
    {
        int difference = id - _lastId;
        ref byte place = ref Place();
        _position++;
        _lastId = id;
        if (difference is > 0 and <= 15)
        {
            place = (byte)((difference << 4) | code);
            return;
        }

        place = (byte)code;
        PutVarint(Zigzag((int)id));
    }
}
