namespace Rx.ThriftStreams.Serialization;

/// <summary>A value of which only the wire type is known. <see cref="Content"/> is a primitive, bytes, fields or a container, according to the type.</summary>
internal readonly record struct ThriftUnknownValue(ThriftType Type, object Content)
{
    // Readers count the depth of structs only; nested lists recurse here as well.
    private const int MaxDepth = 64;

    public static ThriftUnknownValue Read<TReader>(ref TReader reader, ThriftType type, int depth)
        where TReader : struct, IThriftReader, allows ref struct
    {
        if (depth > MaxDepth)
        {
            throw new ThriftProtocolException($"An unknown field is nested deeper than {MaxDepth}.");
        }

        reader.ChargeMemory(MemoryCost.UnknownValue);
        return new(type, type switch
        {
            ThriftType.Bool => reader.ReadBool(),
            ThriftType.Byte => reader.ReadByte(),
            ThriftType.I16 => reader.ReadI16(),
            ThriftType.I32 => reader.ReadI32(),
            ThriftType.I64 => reader.ReadI64(),
            ThriftType.Double => reader.ReadDouble(),
            ThriftType.String => ReadText(ref reader),
            ThriftType.Uuid => reader.ReadUuid(),
            ThriftType.Struct => ThriftUnknownFields.ReadStruct(ref reader, depth + 1),
            ThriftType.List => Elements.Read(ref reader, reader.ReadListHeader(out var element), element, depth + 1),
            ThriftType.Set => Elements.Read(ref reader, reader.ReadSetHeader(out var element), element, depth + 1),
            ThriftType.Map => Pairs.Read(ref reader, depth + 1),
            _ => throw new ThriftProtocolException($"An unknown field has the type {(int)type}, which Thrift does not define."),
        });
    }

    public void WriteField<TWriter>(ref TWriter writer, short id)
        where TWriter : struct, IThriftWriter, allows ref struct
    {
        switch (Content)
        {
            // Protocols may fold a bool into its header, so primitives are written with their headers.
            case bool value:
                writer.WriteBoolField(id, value);
                break;
            case sbyte value:
                writer.WriteByteField(id, value);
                break;
            case short value:
                writer.WriteI16Field(id, value);
                break;
            case int value:
                writer.WriteI32Field(id, value);
                break;
            case long value:
                writer.WriteI64Field(id, value);
                break;
            case double value:
                writer.WriteDoubleField(id, value);
                break;
            case byte[] value:
                writer.WriteBinaryField(id, value);
                break;
            case string value:
                writer.WriteStringField(id, value);
                break;
            case Guid value:
                writer.WriteUuidField(id, value);
                break;
            default:
                writer.WriteFieldHeader(Type, id);
                WriteElement(ref writer);
                break;
        }
    }

    // JSON writes a binary as a text, and nothing says which one it is: taken as a text both come out as they came in, if that is JSON again.
    private static object ReadText<TReader>(ref TReader reader)
        where TReader : struct, IThriftReader, allows ref struct
        => typeof(TReader) == typeof(ThriftJsonReader) ? reader.ReadString() : reader.ReadBinary();

    private void WriteElement<TWriter>(ref TWriter writer)
        where TWriter : struct, IThriftWriter, allows ref struct
    {
        switch (Content)
        {
            case bool value:
                writer.WriteBool(value);
                break;
            case sbyte value:
                writer.WriteByte(value);
                break;
            case short value:
                writer.WriteI16(value);
                break;
            case int value:
                writer.WriteI32(value);
                break;
            case long value:
                writer.WriteI64(value);
                break;
            case double value:
                writer.WriteDouble(value);
                break;
            case byte[] value:
                writer.WriteBinary(value);
                break;
            case string value:
                writer.WriteString(value);
                break;
            case Guid value:
                writer.WriteUuid(value);
                break;
            case ThriftUnknownFields value:
                value.WriteStruct(ref writer);
                break;
            case Elements value:
                value.Write(ref writer, Type);
                break;
            case Pairs value:
                value.Write(ref writer);
                break;
        }
    }

    private sealed class Elements(ThriftType type, List<ThriftUnknownValue> items)
    {
        public static Elements Read<TReader>(ref TReader reader, int count, ThriftType type, int depth)
            where TReader : struct, IThriftReader, allows ref struct
        {
            // Grows as elements arrive: a value takes far more memory than the byte that may announce it.
            var items = new List<ThriftUnknownValue>();
            for (var i = 0; i < count; i++)
            {
                items.Add(ThriftUnknownValue.Read(ref reader, type, depth));
            }

            return new(type, items);
        }

        public void Write<TWriter>(ref TWriter writer, ThriftType container)
            where TWriter : struct, IThriftWriter, allows ref struct
        {
            if (container == ThriftType.List)
            {
                writer.WriteListHeader(type, items.Count);
            }
            else
            {
                writer.WriteSetHeader(type, items.Count);
            }

            foreach (var item in items)
            {
                item.WriteElement(ref writer);
            }
        }
    }

    private sealed class Pairs(ThriftType keyType, ThriftType valueType, List<(ThriftUnknownValue Key, ThriftUnknownValue Value)> items)
    {
        public static Pairs Read<TReader>(ref TReader reader, int depth)
            where TReader : struct, IThriftReader, allows ref struct
        {
            var count = reader.ReadMapHeader(out var keyType, out var valueType);
            var items = new List<(ThriftUnknownValue, ThriftUnknownValue)>();
            for (var i = 0; i < count; i++)
            {
                var key = ThriftUnknownValue.Read(ref reader, keyType, depth);
                items.Add((key, ThriftUnknownValue.Read(ref reader, valueType, depth)));
            }

            return new(keyType, valueType, items);
        }

        public void Write<TWriter>(ref TWriter writer)
            where TWriter : struct, IThriftWriter, allows ref struct
        {
            writer.WriteMapHeader(keyType, valueType, items.Count);
            foreach (var (key, value) in items)
            {
                key.WriteElement(ref writer);
                value.WriteElement(ref writer);
            }
        }
    }
}
