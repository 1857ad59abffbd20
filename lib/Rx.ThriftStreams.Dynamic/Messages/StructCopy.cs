using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Dynamic;

/// <summary>
/// Copies values from one protocol to another. Only JSON needs a schema for it, because there a binary is Base64 text: without one, both are copied as text.
/// </summary>
internal static class StructCopy
{
    // Readers bound the depth of structs only. Without a schema containers recurse as well, so the depth is bounded here.
    private const int MaxDepth = 64;

    internal static void Copy<TReader, TWriter>(ref TReader reader, ref TWriter writer, ThriftStructSchema? type)
        where TReader : struct, IThriftReader, allows ref struct
        where TWriter : struct, IThriftWriter, allows ref struct
        => CopyStruct(ref reader, ref writer, type, 1);

    private static void CopyStruct<TReader, TWriter>(ref TReader reader, ref TWriter writer, ThriftStructSchema? type, int level)
        where TReader : struct, IThriftReader, allows ref struct
        where TWriter : struct, IThriftWriter, allows ref struct
    {
        Check(level);
        reader.BeginStruct(memory: 0);
        writer.BeginStruct();
        int guess = 0;
        while (reader.ReadFieldHeader(out var wireType, out short id))
        {
            var field = type?.Find(id, guess);
            guess = field is null ? guess : field.Ordinal + 1;
            if (wireType == ThriftType.Bool)
            {
                // In Compact the header carries the value, so header and value are written as one.
                writer.WriteBoolField(id, reader.ReadBool());
                continue;
            }

            writer.WriteFieldHeader(wireType, id);
            CopyValue(ref reader, ref writer, wireType, field?.Type, level);
        }

        writer.EndStruct();
        reader.EndStruct();
    }

    private static void CopyValue<TReader, TWriter>(ref TReader reader, ref TWriter writer, ThriftType wireType, ThriftTypeSchema? type, int level)
        where TReader : struct, IThriftReader, allows ref struct
        where TWriter : struct, IThriftWriter, allows ref struct
    {
        switch (wireType)
        {
            case ThriftType.Bool: writer.WriteBool(reader.ReadBool()); break;
            case ThriftType.Byte: writer.WriteByte(reader.ReadByte()); break;
            case ThriftType.I16: writer.WriteI16(reader.ReadI16()); break;
            case ThriftType.I32: writer.WriteI32(reader.ReadI32()); break;
            case ThriftType.I64: writer.WriteI64(reader.ReadI64()); break;
            case ThriftType.Double: writer.WriteDouble(reader.ReadDouble()); break;
            case ThriftType.String when IsText<TReader, TWriter>(type): writer.WriteString(reader.ReadString()); break;
            case ThriftType.String: writer.WriteBinary(reader.ReadBinary()); break;
            case ThriftType.Uuid: writer.WriteUuid(reader.ReadUuid()); break;
            case ThriftType.Struct: CopyStruct(ref reader, ref writer, type?.Struct, level + 1); break;
            case ThriftType.List or ThriftType.Set or ThriftType.Map: CopyContainer(ref reader, ref writer, wireType, type, level + 1); break;
            default: throw new ThriftProtocolException($"{(int)wireType} is not a Thrift type.");
        }
    }

    private static void CopyContainer<TReader, TWriter>(ref TReader reader, ref TWriter writer, ThriftType wireType, ThriftTypeSchema? type, int level)
        where TReader : struct, IThriftReader, allows ref struct
        where TWriter : struct, IThriftWriter, allows ref struct
    {
        Check(level);
        var key = ThriftType.Stop;
        ThriftType element;
        int count;
        switch (wireType)
        {
            case ThriftType.Map:
                count = reader.ReadMapHeader(out key, out element);
                writer.WriteMapHeader(key, element, count);
                break;

            case ThriftType.Set:
                count = reader.ReadSetHeader(out element);
                writer.WriteSetHeader(element, count);
                break;

            default:
                count = reader.ReadListHeader(out element);
                writer.WriteListHeader(element, count);
                break;
        }

        for (; count > 0; count--)
        {
            if (wireType == ThriftType.Map)
            {
                CopyValue(ref reader, ref writer, key, type?.Key, level);
            }

            CopyValue(ref reader, ref writer, element, type?.Element, level);
        }
    }

    private static bool IsText<TReader, TWriter>(ThriftTypeSchema? type)
        where TReader : struct, IThriftReader, allows ref struct
        where TWriter : struct, IThriftWriter, allows ref struct
        => (typeof(TReader) == typeof(ThriftJsonReader) || typeof(TWriter) == typeof(ThriftJsonWriter)) && type is not { IsBinary: true };

    private static void Check(int level)
    {
        if (level > MaxDepth)
        {
            throw new ThriftProtocolException($"The message is nested deeper than {MaxDepth} levels.");
        }
    }
}
