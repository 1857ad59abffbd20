using System;
using System.Globalization;
using Rx.ThriftStreams.Compiler.Diagnostics;
using Rx.ThriftStreams.Compiler.Text;

namespace Rx.ThriftStreams.Compiler.Syntax;

/// <summary>Parses a file into its syntax tree. After an error it continues with the next member or definition.</summary>
internal sealed partial class Parser
{
    /// <summary>The maximum nesting of types and constants; the parser and all later phases are recursive.</summary>
    public const int MaxDepth = 100;

    private static readonly string[] DefinitionKeywords =
        ["const", "typedef", "enum", "senum", "struct", "union", "exception", "service", "include", "cpp_include", "namespace"];

    private static readonly AnnotationSyntax[] NoAnnotations = [];

    private readonly IdlText _source;
    private readonly bool _apache;
    private readonly DiagnosticBag _diagnostics;
    private readonly Token[] _tokens;
    private readonly Comment[] _comments;
    private readonly LayoutMap? _layout;
    private int _index;
    private int _lastErrorIndex = -1;
    private int _depth;

    private Parser(IdlText source, bool apache, bool withLayout)
    {
        _source = source;
        _apache = apache;
        _diagnostics = new DiagnosticBag();
        (_tokens, _comments) = Lexer.Scan(source, apache, _diagnostics);
        _layout = withLayout ? new LayoutMap(_tokens, _comments) : null;
    }

    public static DocumentSyntax Parse(IdlText source, bool apache = false)
    {
        var parser = new Parser(source, apache, withLayout: false);
        return parser.ParseDocument();
    }

    /// <summary>Parses and records where members begin, for the formatter.</summary>
    public static (DocumentSyntax Document, LayoutMap Layout) ParseWithLayout(IdlText source, bool apache = false)
    {
        var parser = new Parser(source, apache, withLayout: true);
        return (parser.ParseDocument(), parser._layout!);
    }

    private void Mark(LayoutMark mark) => _layout?.Mark(_index, mark);

    private Token Current => _tokens[_index];

    private Token Peek(int offset = 1) => _tokens[Math.Min(_index + offset, _tokens.Length - 1)];

    private bool At(TokenKind kind) => _tokens[_index].Kind == kind;

    private bool AtWord(string word) => IsWord(Current, word);

    private bool IsWord(Token token, string word)
        => token.Kind == TokenKind.Identifier && token.Length == word.Length && string.CompareOrdinal(_source.Text, token.Start, word, 0, word.Length) == 0;

    private string TextOf(Token token) => _source.Text.Substring(token.Start, token.Length);

    private Token Take()
    {
        var token = _tokens[_index];
        if (token.Kind != TokenKind.EndOfFile)
        {
            _index++;
        }

        return token;
    }

    private bool TryTake(TokenKind kind)
    {
        if (!At(kind))
        {
            return false;
        }

        _index++;
        return true;
    }

    private bool TryTakeWord(string word)
    {
        if (!AtWord(word))
        {
            return false;
        }

        _index++;
        return true;
    }

    private bool Expect(TokenKind kind, string what)
    {
        if (TryTake(kind))
        {
            return true;
        }

        ReportExpected(what);
        return false;
    }

    private bool ExpectName(string what, out NameSyntax name)
    {
        if (At(TokenKind.Identifier))
        {
            var token = Take();
            name = new NameSyntax(TextOf(token), token.Span);
            return true;
        }

        ReportExpected(what);
        name = default;
        return false;
    }

    private void ReportExpected(string what, string hint = "")
    {
        // One error per position: later errors at the same token are consequences of the first.
        if (_lastErrorIndex == _index)
        {
            return;
        }

        _lastErrorIndex = _index;
        var token = Current;
        var found = token.Kind == TokenKind.EndOfFile ? "the end of the file" : "\"" + Shorten(TextOf(token)) + "\"";
        _diagnostics.Add(Rules.SyntaxError, _source, token.Span, what, found, hint);
    }

    private static string Shorten(string text) => text.Length <= 40 ? text : text.Substring(0, 40) + "…";

    private bool TakeSeparator()
    {
        if (At(TokenKind.Comma) || At(TokenKind.Semicolon))
        {
            _index++;
            return true;
        }

        return false;
    }

    private string? DocBefore(int tokenIndex)
        => CommentBefore(tokenIndex) ?? (tokenIndex == _annotationsEnd ? CommentBefore(_annotationsStart) : null);

    private string? CommentBefore(int tokenIndex)
    {
        var token = _tokens[tokenIndex];
        var first = tokenIndex == 0 ? 0 : _tokens[tokenIndex - 1].CommentsBefore;
        for (var i = token.CommentsBefore - 1; i >= first; i--)
        {
            var comment = _comments[i];
            if (comment.Kind == CommentKind.Doc)
            {
                return DocComment.Strip(_source.Text.Substring(comment.Start, comment.Length));
            }
        }

        return null;
    }

    private bool IsFirstOnLine(int tokenIndex)
    {
        for (var i = _tokens[tokenIndex].Start - 1; i >= 0; i--)
        {
            var c = _source.Text[i];
            if (c is '\n' or '\r')
            {
                return true;
            }

            if (c is not ' ' and not '\t')
            {
                return false;
            }
        }

        return true;
    }

    private bool AtDefinitionStart()
    {
        if (!At(TokenKind.Identifier) || !IsFirstOnLine(_index))
        {
            return false;
        }

        foreach (var keyword in DefinitionKeywords)
        {
            // A definition has a name after the keyword, and begins a line, unlike "1: service x" in a struct.
            if (AtWord(keyword) && Peek().Kind is TokenKind.Identifier or TokenKind.Literal or TokenKind.Star)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>After an error in the member that begins at <paramref name="start"/>, skips to the next member or the end of the list.</summary>
    private void SkipMember(TokenKind close, int start)
    {
        var nesting = 0;
        while (!At(TokenKind.EndOfFile))
        {
            if (nesting == 0 && (At(close) || (_index > start && AtMemberStart())))
            {
                return;
            }

            if (close == TokenKind.CloseBrace && AtNextDefinition())
            {
                return;
            }

            if (nesting == 0 && TakeSeparator())
            {
                return;
            }

            switch (Current.Kind)
            {
                case TokenKind.OpenBrace or TokenKind.OpenParen or TokenKind.OpenBracket:
                    nesting++;
                    break;
                case TokenKind.CloseBrace or TokenKind.CloseParen or TokenKind.CloseBracket:
                    if (nesting > 0)
                    {
                        nesting--;
                    }
                    else if (At(TokenKind.CloseBrace))
                    {
                        // The list's own closing bracket is missing: the caller that opened the outer one continues here.
                        return;
                    }

                    break;
            }

            _index++;
        }
    }

    private bool AtMemberStart() => At(TokenKind.Integer) && Peek().Kind == TokenKind.Colon && IsFirstOnLine(_index);

    private IntSyntax ParseInteger()
    {
        var token = Take();
        var text = TextOf(token);
        var digits = text;
        var negative = false;
        if (digits[0] is '+' or '-')
        {
            negative = digits[0] == '-';
            digits = digits.Substring(1);
        }

        var isDecimal = true;
        ulong magnitude = 0;
        var ok = true;
        if (digits.Length > 2 && digits[0] == '0' && digits[1] is 'x' or 'o')
        {
            isDecimal = false;
            var radix = digits[1] == 'x' ? 16u : 8u;
            for (var i = 2; i < digits.Length && ok; i++)
            {
                var digit = (ulong)Uri.FromHex(digits[i]);
                ok = digit < radix && magnitude <= (ulong.MaxValue - digit) / radix;
                magnitude = unchecked((magnitude * radix) + digit);
            }
        }
        else
        {
            ok = ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out magnitude);
        }

        if (!ok || magnitude > (ulong)long.MaxValue + (negative ? 1UL : 0UL))
        {
            _diagnostics.Add(Rules.IntegerTooBig, _source, token.Span, Shorten(text));
            magnitude = 0;
        }

        return new IntSyntax(negative ? unchecked(-(long)magnitude) : (long)magnitude, isDecimal, token.Span);
    }

    private string DecodeLiteral(Token token) => LiteralDecoder.Decode(_source, token, _apache, _diagnostics);

    private bool Enter()
    {
        if (++_depth <= MaxDepth)
        {
            return true;
        }

        if (_lastErrorIndex != _index)
        {
            _lastErrorIndex = _index;
            _diagnostics.Add(Rules.NestedTooDeep, _source, Current.Span, MaxDepth);
        }

        return false;
    }
}
