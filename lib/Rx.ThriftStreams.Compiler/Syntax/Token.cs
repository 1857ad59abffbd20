using Rx.ThriftStreams.Compiler.Text;

namespace Rx.ThriftStreams.Compiler.Syntax;

internal enum TokenKind : byte
{
    EndOfFile,
    Identifier,
    Integer,
    Double,
    Literal,
    OpenBrace,
    CloseBrace,
    OpenParen,
    CloseParen,
    OpenBracket,
    CloseBracket,
    Less,
    Greater,
    Comma,
    Semicolon,
    Colon,
    Equals,
    Star,
    Ampersand,
    At,
    Unknown,
}

/// <summary>A token, as a position in the text.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Start">The position of its first character.</param>
/// <param name="Length">Its length.</param>
/// <param name="CommentsBefore">The number of comments of the file that precede it.</param>
internal readonly record struct Token(TokenKind Kind, int Start, int Length, int CommentsBefore)
{
    public int End => Start + Length;

    public TextSpan Span => new(Start, Length);
}

internal enum CommentKind : byte
{
    /// <summary><c>// …</c></summary>
    Slashes,

    /// <summary><c># …</c></summary>
    Hash,

    /// <summary><c>/* … */</c></summary>
    Block,

    /// <summary><c>/** … */</c>: belongs to the definition that follows.</summary>
    Doc,
}

/// <summary>A comment, kept for the formatter and for documentation.</summary>
internal readonly record struct Comment(CommentKind Kind, int Start, int Length)
{
    public int End => Start + Length;
}
