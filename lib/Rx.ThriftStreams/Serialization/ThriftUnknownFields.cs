using System.ComponentModel;

namespace Rx.ThriftStreams.Serialization;

/// <summary>
/// Fields of a message that are not in its IDL, kept to be written back. Used by generated code where
/// <c>ThriftPreserveUnknownFields</c> is on.
/// </summary>
/// <remarks>They are kept as values, not as bytes: a message may arrive in one protocol and leave in another.</remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ThriftUnknownFields
{
    private readonly List<(short Id, ThriftUnknownValue Value)> _fields = [];

    /// <summary>Reads the value of an unknown field and keeps it.</summary>
    /// <param name="fields">The kept fields; created on first use.</param>
    /// <param name="reader">The reader, positioned after the field's header.</param>
    /// <param name="type">The field's type.</param>
    /// <param name="id">The field's id.</param>
    /// <exception cref="ThriftProtocolException">The value is malformed or nested too deep.</exception>
    public static void Keep<TReader>(ref ThriftUnknownFields? fields, ref TReader reader, ThriftType type, short id)
        where TReader : struct, IThriftReader, allows ref struct
    {
        fields ??= new ThriftUnknownFields();
        fields._fields.Add((id, ThriftUnknownValue.Read(ref reader, type, depth: 0)));
    }

    /// <summary>Writes the fields, each with its header.</summary>
    /// <param name="writer">The writer.</param>
    public void Write<TWriter>(ref TWriter writer)
        where TWriter : struct, IThriftWriter, allows ref struct
    {
        foreach (var (id, value) in _fields)
        {
            value.WriteField(ref writer, id);
        }
    }

    internal static ThriftUnknownFields ReadStruct<TReader>(ref TReader reader, int depth)
        where TReader : struct, IThriftReader, allows ref struct
    {
        reader.BeginStruct();
        var fields = new ThriftUnknownFields();
        while (reader.ReadFieldHeader(out var type, out var id))
        {
            fields._fields.Add((id, ThriftUnknownValue.Read(ref reader, type, depth)));
        }

        reader.EndStruct();
        return fields;
    }

    internal void WriteStruct<TWriter>(ref TWriter writer)
        where TWriter : struct, IThriftWriter, allows ref struct
    {
        writer.BeginStruct();
        Write(ref writer);
        writer.EndStruct();
    }
}
