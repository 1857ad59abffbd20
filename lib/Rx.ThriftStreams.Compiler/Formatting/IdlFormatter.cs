using System.Collections.Generic;
using System.Text;
using Rx.ThriftStreams.Compiler.Diagnostics;
using Rx.ThriftStreams.Compiler.Syntax;
using Rx.ThriftStreams.Compiler.Text;

namespace Rx.ThriftStreams.Compiler.Formatting;

/// <summary>
/// Prints IDL in its canonical form: four spaces, one member per line, a comma after each, at most one blank line, lists
/// broken where they do not fit. Comments and line ends stay as they are. Formatting twice changes nothing.
/// </summary>
internal sealed class IdlFormatter
{
    private const int Width = 120;

    private readonly StringBuilder _output = new();
    private readonly string _newLine;

    private IdlFormatter(string newLine)
    {
        _newLine = newLine;
    }

    /// <summary>The file in canonical form; <see langword="null"/> if it has syntax errors, which are in the diagnostics.</summary>
    public static string? Format(IdlText source, out IReadOnlyList<IdlDiagnostic> diagnostics) => Format(source, null, out diagnostics);

    /// <summary>The same for a part of the file: the declarations, functions and headers with a name at a position that <paramref name="keeps"/> accepts.</summary>
    public static string? Format(IdlText source, System.Func<int, bool>? keeps, out IReadOnlyList<IdlDiagnostic> diagnostics)
    {
        if (!source.IsUnicode)
        {
            // Text that was decoded by guessing would not be written back unchanged.
            diagnostics = [IdlDiagnostic.Create(Rules.NotUtf8, isError: true, IdlLocation.Of(source, FirstNonAscii(source.Text)))];
            return null;
        }

        var (document, layout) = Parser.ParseWithLayout(source);
        diagnostics = document.Diagnostics;
        if (document.HasErrors)
        {
            return null;
        }

        var formatter = new IdlFormatter(NewLineOf(source.Text));
        var items = new FormatTreeBuilder(source, layout).Build();
        formatter.Document(keeps is null ? items : FormatFilter.Apply(items, keeps));
        return formatter._output.ToString();
    }

    /// <summary>The line ending of a file, taken from its first line.</summary>
    private static string NewLineOf(string text)
    {
        var end = text.IndexOf('\n');
        return end > 0 && text[end - 1] == '\r' ? "\r\n" : "\n";
    }

    private static TextSpan FirstNonAscii(string text)
    {
        var start = 0;
        while (start < text.Length && text[start] <= '\u007F')
        {
            start++;
        }

        return TextSpan.FromBounds(start, System.Math.Min(start + 1, text.Length));
    }

    private static TokenNode First(FormatItem item) => item.Nodes[0] as TokenNode ?? ((GroupNode)item.Nodes[0]).Open;

    private static bool HasBlock(FormatItem item) => item.Nodes.Exists(static n => n is GroupNode { Kind: GroupKind.Block });

    private void Document(List<FormatItem> items)
    {
        for (var i = 0; i < items.Count; i++)
        {
            var item = items[i];
            var first = First(item);
            var isEnd = first.Kind == TokenKind.EndOfFile;
            var blank = first.BlankBefore || (!isEnd && i > 0 && First(items[i - 1]).Kind != TokenKind.At && (HasBlock(item) || first.Kind == TokenKind.At || HasBlock(items[i - 1]) || (First(items[i - 1]).Text == "include" != (first.Text == "include"))));
            if (blank && i > 0 && (!isEnd || first.Above.Count > 0))
            {
                _output.Append(_newLine);
            }

            Above(first, 0, isEnd);
            if (isEnd)
            {
                return;
            }

            Item(item, 0, "", tight: false);
        }
    }

    private void Above(TokenNode token, int indent, bool last = false)
    {
        for (var i = 0; i < token.Above.Count; i++)
        {
            if (token.Above[i].Length > 0)
            {
                Indent(indent);
                Comment(token.Above[i], indent);
                _output.Append(_newLine);
            }
            else if (!last || i + 1 < token.Above.Count)
            {
                _output.Append(_newLine);
            }
        }
    }

    private void Indent(int indent) => _output.Append(' ', indent * 4);

    private void Comment(string text, int indent) => _output.Append(text.Replace("\u0001", new string(' ', indent * 4)).Replace("\n", _newLine));

    /// <summary>A member with its separator, the comments after it, and the end of its line.</summary>
    private void Item(FormatItem item, int indent, string separator, bool tight)
    {
        Indent(indent);
        var column = indent * 4;
        FormatNode? previous = null;
        var angle = 0;
        foreach (var node in item.Nodes)
        {
            Node(node, previous, indent, ref column, ref angle, tight);
            previous = node;
        }

        // Comments after the last token go after the separator.
        var behind = previous switch { TokenNode token => token.Behind, GroupNode group => group.Close!.Behind, _ => [] };
        _output.Append(separator);
        Behind([.. behind, .. item.Behind], indent, indent);
        _output.Append(_newLine);
    }

    private void Behind(List<string> comments, int indent, int nextIndent)
    {
        var ended = false;
        foreach (var comment in comments)
        {
            if (ended)
            {
                _output.Append(_newLine);
                Indent(nextIndent);
            }
            else
            {
                _output.Append(' ');
            }

            Comment(comment, indent);
            ended |= IsLine(comment);
        }
    }

    private static bool IsLine(string comment) => comment[0] == '#' || comment[1] == '/';

    private void Node(FormatNode node, FormatNode? previous, int indent, ref int column, ref int angle, bool tight)
    {
        if (previous is not null)
        {
            foreach (var comment in previous is TokenNode p ? p.Behind : ((GroupNode)previous).Close!.Behind)
            {
                _output.Append(' ').Append(comment);
                column += comment.Length + 1;
            }

            if (FormatSpacing.Between(previous, node, angle, tight))
            {
                _output.Append(' ');
                column++;
            }
        }

        if (node is TokenNode token)
        {
            _output.Append(token.Text);
            column += token.Text.Length;
            angle += token.Kind switch { TokenKind.Less => 1, TokenKind.Greater => -1, _ => 0 };
        }
        else
        {
            Group((GroupNode)node, indent, ref column);
        }
    }

    private void Group(GroupNode group, int indent, ref int column)
    {
        if (group.Kind != GroupKind.Block && column < Width && InlineText.Of(group, Width - column) is { } inline)
        {
            _output.Append(inline);
            column += inline.Length;
            return;
        }

        _output.Append(group.Open.Text);
        if (group.Items.Count == 0 && group.Close!.Above.Count == 0 && group.Open.Behind.Count == 0)
        {
            _output.Append(group.Close!.Text);
            column += 2;
            return;
        }

        Behind(group.Open.Behind, indent, indent + 1);
        _output.Append(_newLine);
        for (var i = 0; i < group.Items.Count; i++)
        {
            var first = First(group.Items[i]);
            if (first.BlankBefore && i > 0)
            {
                _output.Append(_newLine);
            }

            Above(first, indent + 1);
            Item(group.Items[i], indent + 1, ",", group.Kind == GroupKind.Annotations);
        }

        if (group.Close!.Above.Count > 0 && group.Close.BlankBefore && group.Items.Count > 0)
        {
            _output.Append(_newLine);
        }

        Above(group.Close, indent + 1, last: true);
        Indent(indent);
        _output.Append(group.Close.Text);
        column = (indent * 4) + 1;
    }
}
