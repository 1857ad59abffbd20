using System.Buffers;
using System.Text.Json;

namespace Rx.ThriftStreams.HttpJson.Answers;

/// <summary>What the end of a stream says: its trailers, if there are any.</summary>
internal static class StreamEnd
{
    internal static void Write(IBufferWriter<byte> output, ThriftMetadata trailers)
    {
        using var writer = new Utf8JsonWriter(output);
        writer.WriteStartObject();
        MetadataJson.Write(writer, "trailers", trailers);
        writer.WriteEndObject();
    }
}
