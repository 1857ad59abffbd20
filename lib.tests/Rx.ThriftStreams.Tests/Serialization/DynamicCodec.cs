using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Tests.Serialization;

/// <summary>Dynamic values through this library's readers and writers, using every member of the two interfaces.</summary>
internal static class DynamicCodec
{
    public static byte[] Write(Dynamic value, ThriftProtocol protocol) => ThriftSerializer.SerializeToArray(new Message(value), protocol);

    public static Dynamic Read(ReadOnlySpan<byte> bytes, ThriftProtocol protocol, ThriftReaderLimits? limits = null)
        => ThriftSerializer.Deserialize<Message>(bytes, protocol, limits).Value;

    public static void WriteValue<TWriter>(ref TWriter writer, Dynamic value)
        where TWriter : struct, IThriftWriter, allows ref struct
    {
        switch (value)
        {
            case Dynamic.Scalar { Value: bool v }: writer.WriteBool(v); break;
            case Dynamic.Scalar { Value: sbyte v }: writer.WriteByte(v); break;
            case Dynamic.Scalar { Value: short v }: writer.WriteI16(v); break;
            case Dynamic.Scalar { Value: int v }: writer.WriteI32(v); break;
            case Dynamic.Scalar { Value: long v }: writer.WriteI64(v); break;
            case Dynamic.Scalar { Value: double v }: writer.WriteDouble(v); break;
            case Dynamic.Scalar { Value: Guid v }: writer.WriteUuid(v); break;
            case Dynamic.Text { Value: var v }: WriteText(ref writer, v); break;
            case Dynamic.Struct s: WriteStruct(ref writer, s); break;
            case Dynamic.Sequence s: WriteSequence(ref writer, s); break;
            case Dynamic.Map m:
                writer.WriteMapHeader(m.Key, m.Value, m.Pairs.Count);
                foreach ((Dynamic key, Dynamic item) in m.Pairs)
                {
                    WriteValue(ref writer, key);
                    WriteValue(ref writer, item);
                }

                break;
        }
    }

    public static Dynamic ReadValue<TReader>(ref TReader reader, ThriftType type, int levels = 64)
        where TReader : struct, IThriftReader, allows ref struct
    {
        if (levels == 0)
        {
            throw new ThriftProtocolException("too deep for the test");
        }

        switch (type)
        {
            case ThriftType.Bool: return new Dynamic.Scalar(type, reader.ReadBool());
            case ThriftType.Byte: return new Dynamic.Scalar(type, reader.ReadByte());
            case ThriftType.I16: return new Dynamic.Scalar(type, reader.ReadI16());
            case ThriftType.I32: return new Dynamic.Scalar(type, reader.ReadI32());
            case ThriftType.I64: return new Dynamic.Scalar(type, reader.ReadI64());
            case ThriftType.Double: return new Dynamic.Scalar(type, reader.ReadDouble());
            case ThriftType.Uuid: return new Dynamic.Scalar(type, reader.ReadUuid());
            case ThriftType.String: return new Dynamic.Text(reader.ReadBinary());
            case ThriftType.Struct:
                var fields = new List<(short, Dynamic)>();
                reader.BeginStruct();
                while (reader.ReadFieldHeader(out ThriftType fieldType, out short id))
                {
                    fields.Add((id, ReadValue(ref reader, fieldType, levels - 1)));
                }

                reader.EndStruct();
                return new Dynamic.Struct(fields);
            case ThriftType.List or ThriftType.Set:
                int count = type == ThriftType.Set ? reader.ReadSetHeader(out ThriftType element) : reader.ReadListHeader(out element);
                return new Dynamic.Sequence(type, element, ReadItems(ref reader, element, count, levels - 1));
            case ThriftType.Map:
                var pairs = new List<(Dynamic, Dynamic)>();
                int pairCount = reader.ReadMapHeader(out ThriftType keyType, out ThriftType valueType);
                for (; pairCount > 0; pairCount--)
                {
                    pairs.Add((ReadValue(ref reader, keyType, levels - 1), ReadValue(ref reader, valueType, levels - 1)));
                }

                return new Dynamic.Map(keyType, valueType, pairs);
            default:
                reader.Skip(type);
                throw new InvalidOperationException($"{type} was skipped although it is no type.");
        }
    }

    private static void WriteText<TWriter>(ref TWriter writer, byte[] value)
        where TWriter : struct, IThriftWriter, allows ref struct
    {
        // All ways of writing the same bytes are taken, where they are the same.
        if (value.Length % 3 == 0 && typeof(TWriter) != typeof(ThriftJsonWriter))
        {
            writer.WriteString(System.Text.Encoding.UTF8.GetString(value));
        }
        else if (value.Length % 3 == 1 && typeof(TWriter) != typeof(ThriftJsonWriter))
        {
            writer.WriteUtf8String(new(value));
        }
        else
        {
            writer.WriteBinary(value);
        }
    }

    private static void WriteStruct<TWriter>(ref TWriter writer, Dynamic.Struct value)
        where TWriter : struct, IThriftWriter, allows ref struct
    {
        writer.BeginStruct();
        foreach ((short id, Dynamic field) in value.Fields)
        {
            switch (field)
            {
                case Dynamic.Scalar { Value: bool v }: writer.WriteBoolField(id, v); break;
                case Dynamic.Scalar { Value: sbyte v }: writer.WriteByteField(id, v); break;
                case Dynamic.Scalar { Value: short v }: writer.WriteI16Field(id, v); break;
                case Dynamic.Scalar { Value: int v }: writer.WriteI32Field(id, v); break;
                case Dynamic.Scalar { Value: long v }: writer.WriteI64Field(id, v); break;
                case Dynamic.Scalar { Value: double v }: writer.WriteDoubleField(id, v); break;
                case Dynamic.Scalar { Value: Guid v }: writer.WriteUuidField(id, v); break;
                case Dynamic.Text { Value: var v } when v.Length % 3 == 0 && typeof(TWriter) != typeof(ThriftJsonWriter): writer.WriteStringField(id, System.Text.Encoding.UTF8.GetString(v)); break;
                case Dynamic.Text { Value: var v } when v.Length % 3 == 1 && typeof(TWriter) != typeof(ThriftJsonWriter): writer.WriteUtf8StringField(id, new(v)); break;
                case Dynamic.Text { Value: var v }: writer.WriteBinaryField(id, v); break;
                default:
                    writer.WriteFieldHeader(field.Type, id);
                    WriteValue(ref writer, field);
                    break;
            }
        }

        writer.EndStruct();
    }

    private static void WriteSequence<TWriter>(ref TWriter writer, Dynamic.Sequence value)
        where TWriter : struct, IThriftWriter, allows ref struct
    {
        if (value.Type == ThriftType.Set)
        {
            writer.WriteSetHeader(value.Element, value.Items.Count);
        }
        else
        {
            writer.WriteListHeader(value.Element, value.Items.Count);
        }

        switch (value.Element)
        {
            case ThriftType.I16: writer.WriteI16Elements(Values<short>(value)); break;
            case ThriftType.I32: writer.WriteI32Elements(Values<int>(value)); break;
            case ThriftType.I64: writer.WriteI64Elements(Values<long>(value)); break;
            case ThriftType.Double: writer.WriteDoubleElements(Values<double>(value)); break;
            default:
                foreach (Dynamic item in value.Items)
                {
                    WriteValue(ref writer, item);
                }

                break;
        }
    }

    private static T[] Values<T>(Dynamic.Sequence value) => [.. value.Items.Select(item => (T)((Dynamic.Scalar)item).Value)];

    private static List<Dynamic> ReadItems<TReader>(ref TReader reader, ThriftType element, int count, int levels)
        where TReader : struct, IThriftReader, allows ref struct
    {
        switch (element)
        {
            case ThriftType.I16:
                var i16 = new short[count];
                reader.ReadI16Elements(i16);
                return Scalars(element, i16);
            case ThriftType.I32:
                var i32 = new int[count];
                reader.ReadI32Elements(i32);
                return Scalars(element, i32);
            case ThriftType.I64:
                var i64 = new long[count];
                reader.ReadI64Elements(i64);
                return Scalars(element, i64);
            case ThriftType.Double:
                var doubles = new double[count];
                reader.ReadDoubleElements(doubles);
                return Scalars(element, doubles);
            default:
                var items = new List<Dynamic>();
                for (; count > 0; count--)
                {
                    items.Add(ReadValue(ref reader, element, levels));
                }

                return items;
        }
    }

    private static List<Dynamic> Scalars<T>(ThriftType type, T[] values)
        where T : struct
        => [.. values.Select(value => new Dynamic.Scalar(type, value))];

    /// <summary>A dynamic struct as a message.</summary>
    internal sealed record Message(Dynamic Value) : IThriftStruct<Message>
    {
        public static Message Read<TReader>(ref TReader reader)
            where TReader : struct, IThriftReader, allows ref struct
            => new(ReadValue(ref reader, ThriftType.Struct));

        public void Write<TWriter>(ref TWriter writer)
            where TWriter : struct, IThriftWriter, allows ref struct
            => WriteValue(ref writer, Value);
    }
}
