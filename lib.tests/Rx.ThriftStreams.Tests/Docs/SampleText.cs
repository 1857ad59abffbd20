namespace Rx.ThriftStreams.Tests.Docs;

/// <summary>Named regions of compiled code: from a line <c>// &lt;sample name&gt;</c> to <c>// &lt;/sample name&gt;</c>.</summary>
internal static class SampleText
{
    private const string Open = "// <sample ";
    private const string Close = "// </sample ";

    /// <summary>The regions of a source file by name. A region may lie within another, whose text then leaves out the inner one's marker lines.</summary>
    public static Dictionary<string, string> Regions(string file)
    {
        var regions = new Dictionary<string, string>();
        var open = new Dictionary<string, List<string>>();
        foreach (string line in file.ReplaceLineEndings("\n").Split('\n'))
        {
            string trimmed = line.Trim();
            if (NameOf(trimmed, Open) is { } opened)
            {
                if (regions.ContainsKey(opened) || !open.TryAdd(opened, []))
                {
                    throw new FormatException($"The sample {opened} exists twice.");
                }
            }
            else if (NameOf(trimmed, Close) is { } closed)
            {
                if (!open.Remove(closed, out List<string>? lines))
                {
                    throw new FormatException($"The sample {closed} ends but does not begin.");
                }

                regions.Add(closed, Normalise(lines));
            }
            else
            {
                foreach (List<string> lines in open.Values)
                {
                    lines.Add(line);
                }
            }
        }

        return open.Count == 0 ? regions : throw new FormatException($"The sample {open.Keys.First()} does not end.");
    }

    /// <summary>The lines without what they are all indented by, without space at their ends, and without blank lines around them.</summary>
    public static string Normalise(IReadOnlyCollection<string> lines)
    {
        int indent = lines.Where(l => !string.IsNullOrWhiteSpace(l)).Select(l => l.Length - l.TrimStart().Length).DefaultIfEmpty().Min();
        return string.Join('\n', lines.Select(l => string.IsNullOrWhiteSpace(l) ? "" : l[indent..].TrimEnd())).Trim('\n');
    }

    private static string? NameOf(string line, string marker)
        => line.StartsWith(marker, StringComparison.Ordinal) && line.EndsWith('>') ? line[marker.Length..^1].Trim() : null;
}
