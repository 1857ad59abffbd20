using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Wire;

/// <summary>A struct without fields: the result of a method that returns nothing.</summary>
internal readonly struct EmptyStruct : IThriftStruct<EmptyStruct>
{
    /// <summary>Reads past the fields that there may be.</summary>
    public static EmptyStruct Read<TReader>(ref TReader reader)
        where TReader : struct, IThriftReader, allows ref struct
    {
        reader.BeginStruct();
        while (reader.ReadFieldHeader(out var type, out _))
        {
            reader.Skip(type);
        }

        reader.EndStruct();
        return default;
    }

    /// <inheritdoc/>
    public void Write<TWriter>(ref TWriter writer)
        where TWriter : struct, IThriftWriter, allows ref struct
    {
        writer.BeginStruct();
        writer.EndStruct();
    }
}
