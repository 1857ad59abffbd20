using System;
using System.Collections.Generic;

namespace Rx.ThriftStreams.Compiler.Text;

/// <summary>One IDL file: its path and text. Equal by value, so that incremental steps can compare it.</summary>
internal sealed class IdlText : IEquatable<IdlText>
{
    private int[]? _lineStarts;

    /// <summary>Creates a text.</summary>
    /// <param name="path">The path of the file.</param>
    /// <param name="text">The text.</param>
    /// <param name="isUnicode">Whether the file could be decoded; if not, characters outside ASCII are guesses.</param>
    public IdlText(string path, string text, bool isUnicode = true)
    {
        Path = path;
        IsUnicode = isUnicode;
        // A byte order mark that survived decoding is not part of the text.
        Text = text.Length > 0 && text[0] == '\uFEFF' ? text.Substring(1) : text;
    }

    public string Path { get; }

    public string Text { get; }

    /// <summary>Whether the file could be decoded; if not, characters outside ASCII are guesses.</summary>
    public bool IsUnicode { get; }

    /// <summary>The file's name without directory and <c>.thrift</c>: the prefix of its symbols in other files.</summary>
    public string BaseName => IdlPath.BaseName(Path);

    public string Slice(TextSpan span) => Text.Substring(span.Start, span.Length);

    /// <summary>The zero-based line and column of a position.</summary>
    public (int Line, int Column) Locate(int position)
    {
        _lineStarts ??= FindLines(Text);
        var index = Array.BinarySearch(_lineStarts, position);
        var line = index >= 0 ? index : ~index - 1;
        return (line, position - _lineStarts[line]);
    }

    public bool Equals(IdlText? other)
        => other is not null && IsUnicode == other.IsUnicode && string.Equals(Path, other.Path, StringComparison.Ordinal) && string.Equals(Text, other.Text, StringComparison.Ordinal);

    public override bool Equals(object? obj) => Equals(obj as IdlText);

    public override int GetHashCode() => unchecked((StringComparer.Ordinal.GetHashCode(Path) * 397) ^ Text.Length);

    private static int[] FindLines(string text)
    {
        var starts = new List<int> { 0 };
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\n' || (text[i] == '\r' && (i + 1 == text.Length || text[i + 1] != '\n')))
            {
                starts.Add(i + 1);
            }
        }

        return starts.ToArray();
    }
}
