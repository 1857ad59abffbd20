using System.Collections.Generic;
using Rx.ThriftStreams.Compiler.Syntax;

namespace Rx.ThriftStreams.Compiler.Formatting;

/// <summary>A token, or a bracketed list with its brackets.</summary>
internal abstract class FormatNode;

/// <summary>A token with the comments that follow it on its line.</summary>
internal sealed class TokenNode(string text, TokenKind kind, int start) : FormatNode
{
    /// <summary>Its position in the file.</summary>
    public int Start { get; } = start;

    public string Text { get; } = text;

    public TokenKind Kind { get; } = kind;

    /// <summary>Comments above it, each on a line of its own.</summary>
    public List<string> Above { get; } = [];

    public List<string> Behind { get; } = [];

    /// <summary>Whether a blank line precedes it or its comments.</summary>
    public bool BlankBefore { get; set; }
}

/// <summary>A member of a list: a field, a value, an element.</summary>
internal sealed class FormatItem
{
    public List<FormatNode> Nodes { get; } = [];

    /// <summary>Comments after the member or its separator.</summary>
    public List<string> Behind { get; } = [];
}

/// <summary>A bracketed list of members.</summary>
internal sealed class GroupNode(TokenNode open, GroupKind kind) : FormatNode
{
    public TokenNode Open { get; } = open;

    public GroupKind Kind { get; } = kind;

    public List<FormatItem> Items { get; } = [];

    public TokenNode? Close { get; set; }
}

internal enum GroupKind
{
    Block,
    Arguments,
    Annotations,
    Throws,
    ConstList,
    ConstMap,
}
