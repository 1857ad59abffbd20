using System.Text;

namespace Rx.ThriftStreams.Compiler.Syntax;

/// <summary>Removes the decoration of a documentation comment.</summary>
internal static class DocComment
{
    /// <summary>The lines of <c>/** … */</c> without their decoration, joined by line feeds; <see langword="null"/> if nothing is left.</summary>
    public static string? Strip(string comment)
    {
        var builder = new StringBuilder(comment.Length);
        var body = comment.Substring(3, comment.Length - 5);
        var blank = 0;
        foreach (var rawLine in body.Split('\n'))
        {
            var line = rawLine.Trim();
            if (line.StartsWith("*", System.StringComparison.Ordinal))
            {
                line = line.Substring(1).Trim();
            }

            line = line.TrimEnd('*').TrimEnd();
            if (line.Length == 0)
            {
                blank++;
                continue;
            }

            if (builder.Length > 0)
            {
                builder.Append(blank > 0 ? "\n\n" : "\n");
            }

            builder.Append(line);
            blank = 0;
        }

        return builder.Length == 0 ? null : builder.ToString();
    }
}
