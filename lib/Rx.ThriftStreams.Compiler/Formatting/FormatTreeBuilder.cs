using System.Collections.Generic;
using System.Text;
using Rx.ThriftStreams.Compiler.Syntax;
using Rx.ThriftStreams.Compiler.Text;

namespace Rx.ThriftStreams.Compiler.Formatting;

/// <summary>Nests the tokens of a file by its brackets, and attaches every comment to the token that it belongs to.</summary>
internal sealed class FormatTreeBuilder
{
    private readonly IdlText _source;
    private readonly LayoutMap _layout;
    private int _index;

    // Receives the comments after the next token: the token itself, or the item whose separator was dropped.
    private List<string> _behind;

    // Comments after separators at the start of the file: there is no member before them, so they go above the first one.
    private readonly List<string> _orphans = [];

    public FormatTreeBuilder(IdlText source, LayoutMap layout)
    {
        _behind = _orphans;
        _source = source;
        _layout = layout;
    }

    /// <summary>The definitions of the file; the last item is the end of the file, with the comments above it.</summary>
    public List<FormatItem> Build()
    {
        var items = new List<FormatItem>();
        while (Kind(_index) != TokenKind.EndOfFile)
        {
            if (DropSeparator())
            {
                continue;
            }

            items.Add(Item(TokenKind.EndOfFile, LayoutMark.Definition));
        }

        var end = new FormatItem();
        end.Nodes.Add(Token());
        items.Add(end);
        return items;
    }

    private TokenKind Kind(int index) => _layout.Tokens[index].Kind;

    private FormatNode Node() => Kind(_index) switch
    {
        TokenKind.OpenBrace => Group(_layout.Is(_index, LayoutMark.Block) ? GroupKind.Block : GroupKind.ConstMap, TokenKind.CloseBrace),
        TokenKind.OpenBracket => Group(GroupKind.ConstList, TokenKind.CloseBracket),
        TokenKind.OpenParen => Group(
            _layout.Is(_index, LayoutMark.Arguments) ? GroupKind.Arguments : _layout.Is(_index, LayoutMark.Annotations) ? GroupKind.Annotations : GroupKind.Throws,
            TokenKind.CloseParen),
        _ => Token(),
    };

    private GroupNode Group(GroupKind kind, TokenKind close)
    {
        var group = new GroupNode(Token(), kind);
        while (Kind(_index) != close)
        {
            if (DropSeparator())
            {
                continue;
            }

            group.Items.Add(Item(close, LayoutMark.Member));
        }

        group.Close = Token();
        return group;
    }

    private FormatItem Item(TokenKind close, LayoutMark next)
    {
        var item = new FormatItem();
        var angle = 0;
        do
        {
            angle += Kind(_index) switch { TokenKind.Less => 1, TokenKind.Greater => -1, _ => 0 };
            item.Nodes.Add(Node());
        }
        while (Kind(_index) != close && !_layout.Is(_index, next) && (angle > 0 || Kind(_index) is not TokenKind.Comma and not TokenKind.Semicolon));
        Hoist(item);
        _behind = item.Behind;
        return item;
    }

    /// <summary>Moves comments that would break the line in the middle of a member above the member. Short comments stay in place.</summary>
    private static void Hoist(FormatItem item)
    {
        var first = item.Nodes[0] as TokenNode ?? ((GroupNode)item.Nodes[0]).Open;
        for (var i = 0; i < item.Nodes.Count; i++)
        {
            var group = item.Nodes[i] as GroupNode;
            var start = group?.Open ?? (TokenNode)item.Nodes[i];
            var end = group?.Close ?? start;
            if (i > 0)
            {
                first.Above.AddRange(start.Above.FindAll(static c => c.Length > 0));
                start.Above.Clear();
            }

            if (i + 1 < item.Nodes.Count)
            {
                first.Above.AddRange(end.Behind.FindAll(BreaksLine));
                end.Behind.RemoveAll(BreaksLine);
            }
        }
    }

    private static bool BreaksLine(string comment) => comment[0] == '#' || comment[1] == '/' || comment.IndexOf('\n') >= 0;

    // The printer adds separators; comments after one belong to the preceding member.
    private bool DropSeparator()
    {
        if (Kind(_index) is not TokenKind.Comma and not TokenKind.Semicolon)
        {
            return false;
        }

        var dropped = new TokenNode("", Kind(_index), _layout.Tokens[_index].Start);
        Comments(dropped);
        _behind.AddRange(dropped.Above.FindAll(static c => c.Length > 0));
        _index++;
        return true;
    }

    private TokenNode Token()
    {
        var token = _layout.Tokens[_index];
        var end = _layout.EndOf(_index);
        var node = new TokenNode(_source.Slice(TextSpan.FromBounds(token.Start, _layout.Tokens[end - 1].End)), token.Kind, token.Start);
        Comments(node);
        node.Above.InsertRange(0, _orphans);
        _orphans.Clear();
        _behind = node.Behind;
        _index = end;
        return node;
    }

    private void Comments(TokenNode node)
    {
        var first = _index == 0 ? 0 : _layout.Tokens[_index - 1].CommentsBefore;
        var end = _index == 0 ? 0 : _layout.Tokens[_index - 1].End;
        var lineStarts = _index == 0;
        for (var i = first; i < _layout.Tokens[_index].CommentsBefore; i++)
        {
            var comment = _layout.Comments[i];
            var lines = LinesBetween(end, comment.Start);
            lineStarts |= lines > 0;
            if (lineStarts)
            {
                if (node.Above.Count == 0)
                {
                    node.BlankBefore = lines > 1;
                }
                else if (lines > 1)
                {
                    node.Above.Add("");
                }

                node.Above.Add(Text(comment));
            }
            else
            {
                _behind.Add(Text(comment));
            }

            end = comment.End;
        }

        var between = LinesBetween(end, _layout.Tokens[_index].Start);
        if (node.Above.Count == 0)
        {
            node.BlankBefore = between > 1;
        }
        else if (between > 1)
        {
            node.Above.Add("");
        }
    }

    private int LinesBetween(int start, int end)
    {
        var lines = 0;
        for (var i = start; i < end; i++)
        {
            lines += _source.Text[i] == '\n' ? 1 : 0;
        }

        return lines;
    }

    private string Text(Comment comment)
    {
        var text = _source.Text.Substring(comment.Start, comment.Length).Replace("\r", "");
        if (text.IndexOf('\n') < 0)
        {
            return text.TrimEnd();
        }

        var builder = new StringBuilder();
        foreach (var line in text.Split('\n'))
        {
            var trimmed = line.Trim();
            if (builder.Length == 0)
            {
                builder.Append(trimmed);
            }
            else
            {
                // A column of stars moves with the comment; other text keeps its indentation.
                builder.Append('\n').Append(trimmed.StartsWith("*", System.StringComparison.Ordinal) ? "\u0001 " + trimmed : line.TrimEnd());
            }
        }

        return builder.ToString();
    }
}
