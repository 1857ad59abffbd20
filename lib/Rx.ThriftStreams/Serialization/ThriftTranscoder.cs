namespace Rx.ThriftStreams.Serialization;

/// <summary>
/// Copies values from one protocol to another by the types on the wire. Only JSON needs more for it, because there a binary is Base64 text: without its type, both are
/// copied as text.
/// </summary>
internal static class ThriftTranscoder
{
    // Readers bound the depth of structs only. Without a schema containers recurse as well, so the depth is bounded here.
    private const int MaxDepth = 64;

    /// <summary>Copies one struct, fields and stop.</summary>
    /// <param name="reader">Where to read.</param>
    /// <param name="writer">Where to write.</param>
    /// <param name="types">Which strings are binaries; <see langword="null"/> if that is not known.</param>
    public static void CopyStruct<TReader, TWriter>(ref TReader reader, ref TWriter writer, IStringTypes? types = null)
        where TReader : struct, IThriftReader, allows ref struct
        where TWriter : struct, IThriftWriter, allows ref struct
        => CopyStruct(ref reader, ref writer, HasJson<TReader, TWriter>() ? types : null, MaxDepth);

    private static void CopyStruct<TReader, TWriter>(ref TReader reader, ref TWriter writer, IStringTypes? types, int levels)
        where TReader : struct, IThriftReader, allows ref struct
        where TWriter : struct, IThriftWriter, allows ref struct
    {
        if (levels == 0)
        {
            throw new ThriftProtocolException($"The message is nested deeper than {MaxDepth} levels.");
        }

        reader.BeginStruct(memory: 0);
        writer.BeginStruct();
        int guess = 0;
        while (reader.ReadFieldHeader(out ThriftType type, out short id))
        {
            var field = types?.Field(id, ref guess);
            if (type == ThriftType.Bool)
            {
                // In Compact the header carries the value, so header and value are written as one.
                writer.WriteBoolField(id, reader.ReadBool());
                continue;
            }

            writer.WriteFieldHeader(type, id);
            CopyValue(ref reader, ref writer, type, field, levels - 1);
        }

        writer.EndStruct();
        reader.EndStruct();
    }

    private static void CopyValue<TReader, TWriter>(ref TReader reader, ref TWriter writer, ThriftType type, IStringTypes? types, int levels)
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
            case ThriftType.String when HasJson<TReader, TWriter>() && types is not { IsBinary: true }: writer.WriteString(reader.ReadString()); break;
            case ThriftType.String: writer.WriteBinary(reader.ReadBinary()); break;
            case ThriftType.Uuid: writer.WriteUuid(reader.ReadUuid()); break;
            case ThriftType.Struct: CopyStruct(ref reader, ref writer, types, levels); break;
            case ThriftType.List or ThriftType.Set or ThriftType.Map: CopyContainer(ref reader, ref writer, type, types, levels); break;
            default: throw new ThriftProtocolException($"{(int)type} is not a Thrift type.");
        }
    }

    private static void CopyContainer<TReader, TWriter>(ref TReader reader, ref TWriter writer, ThriftType type, IStringTypes? types, int levels)
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
                CopyValue(ref reader, ref writer, key, types?.Key, levels - 1);
            }

            CopyValue(ref reader, ref writer, value, types?.Element, levels - 1);
        }
    }

    private static bool HasJson<TReader, TWriter>()
        where TReader : struct, IThriftReader, allows ref struct
        where TWriter : struct, IThriftWriter, allows ref struct
        => typeof(TReader) == typeof(ThriftJsonReader) || typeof(TWriter) == typeof(ThriftJsonWriter);
}
