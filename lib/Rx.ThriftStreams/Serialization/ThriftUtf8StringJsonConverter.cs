using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Unicode;

namespace Rx.ThriftStreams.Serialization;

/// <summary>Reads and writes a <see cref="ThriftUtf8String"/> as a JSON string or property name. System.Text.Json finds it by the attribute of the type.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ThriftUtf8StringJsonConverter : JsonConverter<ThriftUtf8String>
{
    internal static readonly ThriftUtf8StringJsonConverter Instance = new();

    /// <inheritdoc/>
    public override ThriftUtf8String Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Read(ref reader);

    /// <inheritdoc/>
    public override ThriftUtf8String ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Read(ref reader);

    /// <inheritdoc/>
    /// <remarks>JSON is UTF-8: bytes that are not become U+FFFD.</remarks>
    public override void Write(Utf8JsonWriter writer, ThriftUtf8String value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        if (Utf8.IsValid(value.Span))
        {
            writer.WriteStringValue(value.Span);
        }
        else
        {
            writer.WriteStringValue(value.ToString());
        }
    }

    /// <inheritdoc/>
    public override void WriteAsPropertyName(Utf8JsonWriter writer, ThriftUtf8String value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        if (Utf8.IsValid(value.Span))
        {
            writer.WritePropertyName(value.Span);
        }
        else
        {
            writer.WritePropertyName(value.ToString());
        }
    }

    private static ThriftUtf8String Read(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is not JsonTokenType.String and not JsonTokenType.PropertyName)
        {
            throw new JsonException($"A text is a JSON string, not {reader.TokenType}.");
        }

        // Escapes only shorten a text.
        var bytes = new byte[reader.HasValueSequence ? checked((int)reader.ValueSequence.Length) : reader.ValueSpan.Length];
        var length = reader.CopyString(bytes);
        return new(bytes.AsMemory(0, length));
    }
}
