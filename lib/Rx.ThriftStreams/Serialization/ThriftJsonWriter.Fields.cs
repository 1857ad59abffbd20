namespace Rx.ThriftStreams.Serialization;

// Fields and containers.
internal ref partial struct ThriftJsonWriter
{
    /// <inheritdoc/>
    public void WriteFieldHeader(ThriftType type, short id)
    {
        ref var level = ref _levels.Top;
        Put(level.IsFirst ? "\""u8 : ",\""u8);
        level.IsFirst = false;
        Put(id);
        Put("\":{\""u8);
        Put(JsonType.NameOf(type));
        Put("\":"u8);
        _levels.Push(JsonLevelKind.Field);
    }

    /// <inheritdoc/>
    public void WriteBoolField(short id, bool value)
    {
        WriteFieldHeader(ThriftType.Bool, id);
        WriteBool(value);
    }

    /// <inheritdoc/>
    public void WriteByteField(short id, sbyte value)
    {
        WriteFieldHeader(ThriftType.Byte, id);
        WriteByte(value);
    }

    /// <inheritdoc/>
    public void WriteI16Field(short id, short value)
    {
        WriteFieldHeader(ThriftType.I16, id);
        WriteI16(value);
    }

    /// <inheritdoc/>
    public void WriteI32Field(short id, int value)
    {
        WriteFieldHeader(ThriftType.I32, id);
        WriteI32(value);
    }

    /// <inheritdoc/>
    public void WriteI64Field(short id, long value)
    {
        WriteFieldHeader(ThriftType.I64, id);
        WriteI64(value);
    }

    /// <inheritdoc/>
    public void WriteDoubleField(short id, double value)
    {
        WriteFieldHeader(ThriftType.Double, id);
        WriteDouble(value);
    }

    /// <inheritdoc/>
    public void WriteStringField(short id, string value)
    {
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
        BeginValue();
        Put("[\""u8);
        Put(JsonType.NameOf(elementType));
        Put("\","u8);
        Put(count);
        if (count == 0)
        {
            Put("]"u8);
            EndValue();
        }
        else
        {
            _levels.Push(JsonLevelKind.Elements, count);
        }
    }

    /// <inheritdoc/>
    public void WriteSetHeader(ThriftType elementType, int count) => WriteListHeader(elementType, count);

    /// <inheritdoc/>
    public void WriteMapHeader(ThriftType keyType, ThriftType valueType, int count)
    {
        BeginValue();
        Put("[\""u8);
        Put(JsonType.NameOf(keyType));
        Put("\",\""u8);
        Put(JsonType.NameOf(valueType));
        Put("\","u8);
        Put(count);
        Put(",{"u8);
        if (count == 0)
        {
            Put("}]"u8);
            EndValue();
        }
        else
        {
            _levels.Push(JsonLevelKind.Pairs, checked(2 * count));
        }
    }

    /// <inheritdoc/>
    public void WriteI16Elements(ReadOnlySpan<short> values)
    {
        foreach (var value in values)
        {
            WriteI16(value);
        }
    }

    /// <inheritdoc/>
    public void WriteI32Elements(ReadOnlySpan<int> values)
    {
        foreach (var value in values)
        {
            WriteI32(value);
        }
    }

    /// <inheritdoc/>
    public void WriteI64Elements(ReadOnlySpan<long> values)
    {
        foreach (var value in values)
        {
            WriteI64(value);
        }
    }

    /// <inheritdoc/>
    public void WriteDoubleElements(ReadOnlySpan<double> values)
    {
        foreach (var value in values)
        {
            WriteDouble(value);
        }
    }
}
