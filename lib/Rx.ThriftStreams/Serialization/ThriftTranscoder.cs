namespace Rx.ThriftStreams.Serialization;

/// <summary>Copies values from one protocol to another by the types on the wire, without a schema.</summary>
internal static class ThriftTranscoder
{
    // Readers bound the depth of structs only. Without a schema containers recurse as well, so the depth is bounded here.
    private const int MaxDepth = 64;

    /// <summary>Copies one struct, fields and stop.</summary>
    public static void CopyStruct<TReader, TWriter>(ref TReader reader, ref TWriter writer)
        where TReader : struct, IThriftReader, allows ref struct
        where TWriter : struct, IThriftWriter, allows ref struct
        => CopyStruct(ref reader, ref writer, MaxDepth);

    private static void CopyStruct<TReader, TWriter>(ref TReader reader, ref TWriter writer, int levels)
        where TReader : struct, IThriftReader, allows ref struct
        where TWriter : struct, IThriftWriter, allows ref struct
    {
        if (levels == 0)
        {
            throw new ThriftProtocolException($"The message is nested deeper than {MaxDepth} levels.");
        }

        reader.BeginStruct(memory: 0);
        writer.BeginStruct();
        while (reader.ReadFieldHeader(out ThriftType type, out short id))
        {
            if (type == ThriftType.Bool)
            {
                // In Compact the header carries the value, so header and value are written as one.
                writer.WriteBoolField(id, reader.ReadBool());
                continue;
            }

            writer.WriteFieldHeader(type, id);
            CopyValue(ref reader, ref writer, type, levels - 1);
        }

        writer.EndStruct();
        reader.EndStruct();
    }

    private static void CopyValue<TReader, TWriter>(ref TReader reader, ref TWriter writer, ThriftType type, int levels)
        where TReader : struct, IThriftReader, allows ref struct
        where TWriter : struct, IThriftWriter, allows ref struct
    {
        switch (type)
        {
            case ThriftType.Bool: writer.WriteBool(reader.ReadBool()); break;
            case ThriftType.Byte: writer.WriteByte(reader.ReadByte()); break;
            case ThriftType.I16: writer.WriteI16(reader.ReadI16()); break;
            case ThriftType.I32: writer.WriteI32(reader.ReadI32()); break;
            case ThriftType.I64: writer.WriteI64(reader.ReadI64()); break;
            case ThriftType.Double: writer.WriteDouble(reader.ReadDouble()); break;
            case ThriftType.String: writer.WriteBinary(reader.ReadBinary()); break;
            case ThriftType.Uuid: writer.WriteUuid(reader.ReadUuid()); break;
            case ThriftType.Struct: CopyStruct(ref reader, ref writer, levels); break;
            case ThriftType.List or ThriftType.Set or ThriftType.Map: CopyContainer(ref reader, ref writer, type, levels); break;
            default: throw new ThriftProtocolException($"{(int)type} is not a Thrift type.");
        }
    }

    private static void CopyContainer<TReader, TWriter>(ref TReader reader, ref TWriter writer, ThriftType type, int levels)
        where TReader : struct, IThriftReader, allows ref struct
        where TWriter : struct, IThriftWriter, allows ref struct
    {
        if (levels == 0)
        {
            throw new ThriftProtocolException($"The message is nested deeper than {MaxDepth} levels.");
        }

        ThriftType key, value;
        int count;
        switch (type)
        {
            case ThriftType.Map:
                count = reader.ReadMapHeader(out key, out value);
                writer.WriteMapHeader(key, value, count);
                break;

            case ThriftType.Set:
                key = ThriftType.Stop;
                count = reader.ReadSetHeader(out value);
                writer.WriteSetHeader(value, count);
                break;

            default:
                key = ThriftType.Stop;
                count = reader.ReadListHeader(out value);
                writer.WriteListHeader(value, count);
                break;
        }

        for (; count > 0; count--)
        {
            if (type == ThriftType.Map)
            {
                CopyValue(ref reader, ref writer, key, levels - 1);
            }

            CopyValue(ref reader, ref writer, value, levels - 1);
        }
    }
}
