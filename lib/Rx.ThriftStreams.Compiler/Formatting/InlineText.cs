using System.Text;
using Rx.ThriftStreams.Compiler.Syntax;

namespace Rx.ThriftStreams.Compiler.Formatting;

/// <summary>The text of a list on one line.</summary>
internal static class InlineText
{
    /// <summary>The text, or <see langword="null"/> if it is longer than <paramref name="width"/> or a comment needs a line of its own.</summary>
    public static string? Of(GroupNode group, int width)
    {
        var builder = new StringBuilder();
        return Append(builder, group, width) && group.Close!.Above.Count == 0 && builder.Length <= width ? builder.ToString() : null;
    }

    private static bool Append(StringBuilder builder, GroupNode group, int width)
    {
        var padding = group.Kind == GroupKind.ConstMap && group.Items.Count > 0 ? " " : "";
        if (group.Open.Behind.Count > 0 || group.Close!.Above.Count > 0)
        {
            return false;
        }

        builder.Append(group.Open.Text).Append(padding);
        for (var i = 0; i < group.Items.Count; i++)
        {
            builder.Append(i > 0 ? ", " : "");
            if (group.Items[i].Behind.Count > 0 || builder.Length > width || !Append(builder, group.Items[i], group.Kind == GroupKind.Annotations, width))
            {
                return false;
            }
        }

        builder.Append(padding).Append(group.Close.Text);
        return true;
    }

    private static bool Append(StringBuilder builder, FormatItem item, bool tight, int width)
    {
        FormatNode? previous = null;
        var angle = 0;
        foreach (var node in item.Nodes)
        {
            if (previous is not null && FormatSpacing.Between(previous, node, angle, tight))
            {
                builder.Append(' ');
            }

            if (node is GroupNode group)
            {
                if (group.Kind == GroupKind.Block || group.Open.Above.Count > 0 || !Append(builder, group, width) || group.Close!.Behind.Count > 0)
                {
                    return false;
                }
            }
            else
            {
                var token = (TokenNode)node;
                if (token.Above.Exists(static c => c.Length > 0) || token.Behind.Count > 0)
                {
                    return false;
                }

                builder.Append(token.Text);
                angle += token.Kind switch { TokenKind.Less => 1, TokenKind.Greater => -1, _ => 0 };
            }

            previous = node;
        }

        return true;
    }
}
