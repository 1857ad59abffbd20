using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Configuration;

namespace Rx.ThriftStreams.Etcd.Configuration;

/// <summary>A JSON object as the keys and values of a configuration, as files of JSON have them.</summary>
internal static class JsonValues
{
    /// <exception cref="JsonException">It is not JSON.</exception>
    /// <exception cref="FormatException">It is not an object.</exception>
    internal static Dictionary<string, string?> Read(ReadOnlyMemory<byte> json, string section)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException("The value is not an object.");
        }

        var values = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        Add(values, section, document.RootElement);
        return values;
    }

    private static void Add(Dictionary<string, string?> values, string path, JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in element.EnumerateObject())
                {
                    Add(values, ConfigurationPath.Combine(path, member.Name), member.Value);
                }

                break;

            case JsonValueKind.Array:
                var index = 0;
                foreach (var item in element.EnumerateArray())
                {
                    Add(values, ConfigurationPath.Combine(path, index++.ToString(CultureInfo.InvariantCulture)), item);
                }

                break;

            case JsonValueKind.Null:
                values[path] = null;
                break;

            default:
                values[path] = element.ToString();
                break;
        }
    }
}
