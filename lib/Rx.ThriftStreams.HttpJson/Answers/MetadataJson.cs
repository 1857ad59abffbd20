using System.Buffers;
using System.Text.Json;

namespace Rx.ThriftStreams.HttpJson.Answers;

/// <summary>Headers and trailers as JSON: an object with an array of values for each name.</summary>
internal static class MetadataJson
{
    /// <summary>Appends an object with one member, or none if there is nothing to write.</summary>
    internal static void WriteObject(IBufferWriter<byte> output, string member, ThriftMetadata metadata)
    {
        using var writer = new Utf8JsonWriter(output);
        writer.WriteStartObject();
        Write(writer, member, metadata);
        writer.WriteEndObject();
    }

    /// <summary>Writes a member, unless there is nothing to write.</summary>
    internal static void Write(Utf8JsonWriter writer, string member, ThriftMetadata metadata)
    {
        if (metadata.Count == 0)
        {
            return;
        }

        writer.WriteStartObject(member);
        foreach (var values in metadata.GroupBy(static pair => pair.Key, static pair => pair.Value))
        {
            writer.WriteStartArray(values.Key);
            foreach (var value in values)
            {
                writer.WriteStringValue(value);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }
}
