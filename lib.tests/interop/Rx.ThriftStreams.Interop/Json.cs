using System.Globalization;
using System.Text;

namespace Rx.ThriftStreams.InteropProgram;

/// <summary>JSON as Go writes it: one line, nothing escaped that need not be, numbers in Go's form.</summary>
public static class Json
{
    /// <summary>A string in quotes.</summary>
    public static string Quote(string text)
    {
        var json = new StringBuilder(text.Length + 2).Append('"');
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' => json.Append("\\\""),
                '\\' => json.Append("\\\\"),
                '\n' => json.Append("\\n"),
                '\r' => json.Append("\\r"),
                '\t' => json.Append("\\t"),
                < ' ' => json.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                '\uFFFD' => json.Append("\\ufffd"),
                _ => json.Append(c),
            };
        }

        return json.Append('"').ToString();
    }

    /// <summary>A number.</summary>
    public static string Number(double value)
        => value.ToString("R", CultureInfo.InvariantCulture).Replace('E', 'e');

    /// <summary>A number.</summary>
    public static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Bytes, as base64.</summary>
    public static string Bytes(ReadOnlyMemory<byte> value) => $"\"{Convert.ToBase64String(value.Span)}\"";

    /// <summary>A list.</summary>
    public static string Array<T>(IEnumerable<T> items, Func<T, string> item) => $"[{string.Join(',', items.Select(item))}]";

    /// <summary>An object whose keys are in order.</summary>
    public static string Map<TKey, TValue>(IEnumerable<KeyValuePair<TKey, TValue>> map, Func<TValue, string> value)
        => $"{{{string.Join(',', map.Select(entry => (Key: Convert.ToString(entry.Key, CultureInfo.InvariantCulture)!, entry.Value)).OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => $"{Quote(entry.Key)}:{value(entry.Value)}"))}}}";

    /// <summary>An object with those members that have a value.</summary>
    public static string Object(params (string Name, string? Json)[] members)
        => $"{{{string.Join(',', members.Where(member => member.Json is not null).Select(member => $"{Quote(member.Name)}:{member.Json}"))}}}";
}
