using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;

namespace Rx.ThriftStreams.Wire;

/// <summary>The extra values of a BizStatusError as they travel: a JSON object of strings.</summary>
internal static class BizExtra
{
    /// <summary>Writes ASCII only: other characters are escaped, so that any header can carry the text.</summary>
    internal static string Format(IReadOnlyDictionary<string, string> extra)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var (key, value) in extra)
            {
                json.WriteString(key, value);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    internal static bool TryParse(string text, [NotNullWhen(true)] out Dictionary<string, string>? extra)
    {
        extra = null;
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            var json = new Utf8JsonReader(Encoding.UTF8.GetBytes(text));
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }

            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                var key = json.GetString()!;
                if (!json.Read() || json.TokenType != JsonTokenType.String)
                {
                    return false;
                }

                values[key] = json.GetString()!;
            }

            if (json.TokenType != JsonTokenType.EndObject || json.Read())
            {
                return false;
            }
        }
        catch (JsonException)
        {
            return false;
        }

        extra = values;
        return true;
    }
}
