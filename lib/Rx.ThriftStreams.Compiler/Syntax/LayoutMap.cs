using System;
using System.Collections.Generic;

namespace Rx.ThriftStreams.Compiler.Syntax;

/// <summary>The role of a token, as the parser determined it.</summary>
[Flags]
internal enum LayoutMark : byte
{
    None = 0,

    /// <summary>Begins a header or definition.</summary>
    Definition = 1,

    /// <summary>Begins a field, value, function, annotation, or element of a constant.</summary>
    Member = 2,

    /// <summary>Opens a block with one member per line.</summary>
    Block = 4,

    /// <summary>Opens the arguments of a function.</summary>
    Arguments = 8,

    /// <summary>Opens annotations, if it is a parenthesis.</summary>
    Annotations = 16,
}

/// <summary>The tokens and comments of a file with their marks.</summary>
internal sealed class LayoutMap(Token[] tokens, Comment[] comments)
{
    private readonly LayoutMark[] _marks = new LayoutMark[tokens.Length];

    private readonly Dictionary<int, int> _verbatim = [];

    public Token[] Tokens { get; } = tokens;

    public Comment[] Comments { get; } = comments;

    public void Mark(int token, LayoutMark mark) => _marks[token] |= mark;

    /// <summary>Excludes tokens from formatting: their text is printed as it is.</summary>
    public void KeepVerbatim(int first, int end) => _verbatim[first] = end;

    /// <summary>The end of the verbatim text that begins at a token; the next token if there is none.</summary>
    public int EndOf(int token) => _verbatim.TryGetValue(token, out var end) ? end : token + 1;

    public bool Is(int token, LayoutMark mark) => (_marks[token] & mark) != 0;
}
