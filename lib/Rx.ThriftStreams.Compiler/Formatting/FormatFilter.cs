using System;
using System.Collections.Generic;
using System.Linq;
using Rx.ThriftStreams.Compiler.Syntax;

namespace Rx.ThriftStreams.Compiler.Formatting;

/// <summary>Removes declarations from a tree, and functions from services, with the comments above them.</summary>
internal static class FormatFilter
{
    public static List<FormatItem> Apply(List<FormatItem> items, Func<int, bool> keeps)
    {
        var kept = new List<FormatItem>();
        var annotations = new List<FormatItem>();
        foreach (var item in items)
        {
            if (First(item).Kind == TokenKind.At)
            {
                // Annotations of the declaration that follows.
                annotations.Add(item);
                continue;
            }

            if (First(item).Kind == TokenKind.EndOfFile || Tokens(item).Any(t => keeps(t.Start)))
            {
                kept.AddRange(annotations);
                kept.Add(item);
            }

            annotations.Clear();
            if (First(item).Text == "service" && item.Nodes.Find(static n => n is GroupNode { Kind: GroupKind.Block }) is GroupNode block)
            {
                block.Items.RemoveAll(function => !Tokens(function).Any(t => keeps(t.Start)));
            }
        }

        return kept;
    }

    private static TokenNode First(FormatItem item) => item.Nodes[0] as TokenNode ?? ((GroupNode)item.Nodes[0]).Open;

    private static IEnumerable<TokenNode> Tokens(FormatItem item) => item.Nodes.OfType<TokenNode>();
}
