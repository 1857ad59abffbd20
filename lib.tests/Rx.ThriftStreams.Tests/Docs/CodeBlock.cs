namespace Rx.ThriftStreams.Tests.Docs;

/// <summary>A code block of a page that must be compiled somewhere, and the name of the sample that the comment before it gives.</summary>
internal sealed record CodeBlock(int Line, string? Sample, string Code)
{
    private const string Fence = "```";
    private const string CommentStart = "<!-- sample:";
    private const string CommentEnd = "-->";

    /// <summary>All blocks that are fenced as <c>csharp</c>, <c>cs</c> or <c>c#</c>, and those of other languages that name a sample; lines count from 1.</summary>
    public static IEnumerable<CodeBlock> Parse(string page)
    {
        string? sample = null;
        string? language = null;
        int start = 0;
        var code = new List<string>();
        string[] lines = page.ReplaceLineEndings("\n").Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].Trim();
            if (language is not null)
            {
                if (line != Fence)
                {
                    code.Add(lines[i]);
                    continue;
                }

                if (sample is not null || language is "csharp" or "cs" or "c#")
                {
                    yield return new CodeBlock(start, sample, SampleText.Normalise(code));
                }

                language = null;
                sample = null;
                code.Clear();
            }
            else if (line.StartsWith(Fence, StringComparison.Ordinal))
            {
                language = line[Fence.Length..].Trim().ToLowerInvariant();
                start = i + 1;
            }
            else if (line.StartsWith(CommentStart, StringComparison.Ordinal) && line.EndsWith(CommentEnd, StringComparison.Ordinal))
            {
                sample = line[CommentStart.Length..^CommentEnd.Length].Trim();
            }
            else if (line.Length > 0)
            {
                // The comment belongs to the block that follows it, with nothing between.
                sample = null;
            }
        }

        if (language is not null)
        {
            throw new FormatException($"The code block of line {start} is not closed.");
        }
    }
}
