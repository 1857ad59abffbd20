using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Rx.ThriftStreams.Etcd.Registry;

/// <summary>Values of Kitex's registry: a JSON object with <c>network</c>, <c>address</c>, <c>weight</c> and <c>tags</c>.</summary>
internal static class RegistryValue
{
    /// <summary>A longer value is not an instance.</summary>
    internal const int MaxLength = 64 << 10;

    /// <summary>Writes what Go's <c>encoding/json</c> writes, byte by byte: members in the order of the structure, keys of maps sorted, HTML escaped, no tags as <c>null</c>.</summary>
    internal static string Format(string network, string address, int weight, IEnumerable<KeyValuePair<string, string>> tags)
    {
        var text = new StringBuilder("{\"network\":");
        AppendText(text, network);
        AppendText(text.Append(",\"address\":"), address);
        text.Append(CultureInfo.InvariantCulture, $",\"weight\":{weight},\"tags\":");
        var separator = '{';
        foreach (var (name, value) in tags.OrderBy(static tag => tag.Key, Utf8Order.Instance))
        {
            AppendText(text.Append(separator), name);
            AppendText(text.Append(':'), value);
            separator = ',';
        }

        return text.Append(separator == '{' ? "null}" : "}}").ToString();
    }

    /// <summary>Reads an instance. Members may be absent: the address then is the end of the key, and a weight of zero or less is the default.</summary>
    internal static bool TryParse(string key, ReadOnlyMemory<byte> value, [NotNullWhen(true)] out ThriftEndpoint? endpoint, [NotNullWhen(false)] out Exception? error)
    {
        (endpoint, error) = (null, null);
        try
        {
            if (value.Length > MaxLength)
            {
                throw new FormatException($"The value has {value.Length} bytes; {MaxLength} are allowed.");
            }

            var members = JsonSerializer.Deserialize(value.Span, RegistryJson.Default.RegistryMembers) ?? new();
            var address = string.IsNullOrEmpty(members.Address) ? key[(key.LastIndexOf('/') + 1)..] : members.Address;
            endpoint = new ThriftEndpoint(members.Network == "unix" ? $"unix:{address}" : address)
            {
                Weight = members.Weight > 0 ? members.Weight : ThriftEndpoint.DefaultWeight,
                Tags = (members.Tags ?? []).ToFrozenDictionary(static tag => tag.Key, static tag => tag.Value ?? ""),
            };
            return true;
        }
        catch (Exception problem) when (problem is JsonException or FormatException or ArgumentException)
        {
            error = problem;
            return false;
        }
    }

    private static void AppendText(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var rune in value.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                '\b' => text.Append("\\b"),
                '\f' => text.Append("\\f"),
                < ' ' or '<' or '>' or '&' or 0x2028 or 0x2029 => text.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}"),
                _ => text.Append(rune.ToString()),
            };
        }

        text.Append('"');
    }

    /// <summary>The order of Go's maps in JSON: by the bytes of UTF-8, which is that of code points.</summary>
    private sealed class Utf8Order : IComparer<string>
    {
        internal static Utf8Order Instance { get; } = new();

        public int Compare(string? x, string? y) => Encoding.UTF8.GetBytes(x!).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(y!));
    }
}
