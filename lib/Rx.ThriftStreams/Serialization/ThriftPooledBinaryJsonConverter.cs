using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rx.ThriftStreams.Serialization;

/// <summary>Reads and writes a <see cref="ThriftPooledBinary"/> as Base64, as System.Text.Json does with other binaries. System.Text.Json finds it by the attribute of the type.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ThriftPooledBinaryJsonConverter : JsonConverter<ThriftPooledBinary>
{
    internal static readonly ThriftPooledBinaryJsonConverter Instance = new();

    /// <inheritdoc/>
    public override ThriftPooledBinary Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetBytesFromBase64());

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, ThriftPooledBinary value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteBase64StringValue(value.Span);
    }
}
