using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Tests.Serialization;

/// <summary>A message of a schema without fields that keeps every field, as generated code does with <c>ThriftPreserveUnknownFields</c>.</summary>
internal sealed class Keeper : IThriftStruct<Keeper>
{
    private ThriftUnknownFields? _fields;

    public static Keeper Read<TReader>(ref TReader reader)
        where TReader : struct, IThriftReader, allows ref struct
    {
        reader.BeginStruct();
        var keeper = new Keeper();
        while (reader.ReadFieldHeader(out ThriftType type, out short id))
        {
            ThriftUnknownFields.Keep(ref keeper._fields, ref reader, type, id);
        }

        reader.EndStruct();
        return keeper;
    }

    public void Write<TWriter>(ref TWriter writer)
        where TWriter : struct, IThriftWriter, allows ref struct
    {
        writer.BeginStruct();
        _fields?.Write(ref writer);
        writer.EndStruct();
    }
}
