using System.Text.Json;
using System.Text.RegularExpressions;

namespace Rx.ThriftStreams.Tests.Recordings;

/// <summary>A line about one frame or message, e.g. <c>S>C TTSTREAM DATA sid=1 payload_length=29</c>.</summary>
internal sealed partial class RecordedNote
{
    private readonly Dictionary<string, string> _values = [];
    private readonly HashSet<string> _cut = [];

    private RecordedNote(string line)
    {
        Line = line;
    }

    public string Line { get; }

    public bool FromClient => Line.StartsWith("C>S", StringComparison.Ordinal);

    /// <summary>TTSTREAM, TTHEADER, THRIFT, FRAME, or the type of an HTTP/2 frame.</summary>
    public string Kind { get; private set; } = string.Empty;

    /// <summary>The type of a TTSTREAM frame.</summary>
    public string Label { get; private set; } = string.Empty;

    /// <summary>The value as JSON text; <see langword="null"/> if the note does not have it.</summary>
    public string? Json(string key) => _values.GetValueOrDefault(key);

    /// <summary>Whether the value was too long for the note: <see cref="Json"/> is only its beginning then.</summary>
    public bool IsCut(string key) => _cut.Contains(key);

    public string? Text(string key) => Json(key) is { } json ? JsonSerializer.Deserialize<string>(json) : null;

    public int? Number(string key) => Json(key) is { } json ? JsonSerializer.Deserialize<int>(json) : null;

    /// <summary>Holds a text against the value; only its beginning if the value is cut.</summary>
    public void AssertJson(string key, string actual)
    {
        string expected = Json(key) ?? throw new InvalidOperationException($"The note has no {key}: {Line}");
        Assert.Equal(expected, IsCut(key) ? actual[..Math.Min(actual.Length, expected.Length)] : actual);
    }

    public static RecordedNote Parse(string line)
    {
        var note = new RecordedNote(line);
        Match head = Head().Match(line);
        note.Kind = head.Groups["kind"].Value;
        note.Label = head.Groups["label"].Value;
        int position = head.Length;
        while (Key().Match(line, position) is { Success: true } key)
        {
            int start = key.Index + key.Length;
            int end = EndOfValue(line, start);
            string name = key.Groups[1].Value;
            if (end < 0)
            {
                Match cut = Cut().Match(line, start);
                note._cut.Add(name);
                note._values.Add(name, line[start..cut.Index]);
                position = cut.Index + cut.Length;
            }
            else
            {
                note._values.Add(name, line[start..end]);
                position = end;
            }
        }

        if (position != line.Length)
        {
            throw new FormatException($"The note is not understood at {position}: {line}");
        }

        return note;
    }

    // Behind the JSON value that begins there, or -1 if it is not complete.
    private static int EndOfValue(string line, int start)
    {
        bool quoted = false;
        int depth = 0;
        for (int i = start; i < line.Length; i++)
        {
            char c = line[i];
            if (quoted)
            {
                i += c == '\\' ? 1 : 0;
                quoted = c != '"';
            }
            else
            {
                quoted = c == '"';
                depth += c is '[' or '{' ? 1 : c is ']' or '}' ? -1 : 0;
                if (depth == 0 && c == ' ')
                {
                    return i;
                }
            }
        }

        return quoted || depth > 0 ? -1 : line.Length;
    }

    [GeneratedRegex(@"^[CS]>[CS] (?<kind>[A-Z_]+)(?: (?<label>[A-Z]+))?")]
    private static partial Regex Head();

    [GeneratedRegex(@"\G (\w+)=")]
    private static partial Regex Key();

    [GeneratedRegex(@"\.\.\.(\(\d+ bytes\))?(?= [a-z_]+=|$)")]
    private static partial Regex Cut();
}
