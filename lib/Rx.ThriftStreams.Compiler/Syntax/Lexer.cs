using System.Collections.Generic;
using Rx.ThriftStreams.Compiler.Diagnostics;
using Rx.ThriftStreams.Compiler.Text;

namespace Rx.ThriftStreams.Compiler.Syntax;

/// <summary>Splits a file into tokens and comments: the union of what thriftgo and Apache Thrift accept.</summary>
internal sealed class Lexer
{
    // The number of characters shown of a sequence that is not a token.
    private const int MaxShown = 40;

    private readonly IdlText _source;
    private readonly string _text;
    private readonly DiagnosticBag _diagnostics;
    private readonly bool _apache;
    private readonly List<Token> _tokens;
    private readonly List<Comment> _comments = [];
    private int _position;
    private int _unknownStart = -1;
    private int _unknownEnd;
    private bool _reportedComment;

    private Lexer(IdlText source, bool apache, DiagnosticBag diagnostics)
    {
        _source = source;
        _text = source.Text;
        _apache = apache;
        _diagnostics = diagnostics;
        _tokens = new List<Token>((_text.Length / 5) + 8);
    }

    public static (Token[] Tokens, Comment[] Comments) Scan(IdlText source, bool apache, DiagnosticBag diagnostics)
    {
        var lexer = new Lexer(source, apache, diagnostics);
        lexer.Run();
        return (lexer._tokens.ToArray(), lexer._comments.ToArray());
    }

    internal static bool IsIdentifierStart(char c) => c is (>= 'A' and <= 'Z') or (>= 'a' and <= 'z') or '_';

    internal static bool IsIdentifierPart(char c) => IsIdentifierStart(c) || IsDigit(c) || c == '.';

    private static bool IsDigit(char c) => c is >= '0' and <= '9';

    private static bool IsHexDigit(char c) => IsDigit(c) || c is (>= 'a' and <= 'f') or (>= 'A' and <= 'F');

    private char Peek(int offset = 0) => _position + offset < _text.Length ? _text[_position + offset] : '\0';

    private void Run()
    {
        while (true)
        {
            SkipSpaceAndComments();
            var start = _position;
            if (start >= _text.Length)
            {
                ReportUnknown(start);
                Add(TokenKind.EndOfFile, start);
                return;
            }

            var kind = Next();
            if (kind != TokenKind.Unknown)
            {
                Add(kind, start);
                ReportUnknown(start);
            }
            else if (_unknownStart < 0)
            {
                _unknownStart = start;
                _unknownEnd = _position;
            }
            else if (_unknownEnd == start)
            {
                _unknownEnd = _position;
            }
            else
            {
                ReportUnknown(start);
                _unknownStart = start;
                _unknownEnd = _position;
            }
        }
    }

    // A sequence of unknown characters is one finding.
    private void ReportUnknown(int next)
    {
        if (_unknownStart >= 0 && _unknownStart < next)
        {
            Report(Rules.UnexpectedCharacter, _unknownStart, _unknownEnd, _text.Substring(_unknownStart, System.Math.Min(_unknownEnd - _unknownStart, MaxShown)));
            _unknownStart = -1;
        }
    }

    private void Add(TokenKind kind, int start) => _tokens.Add(new Token(kind, start, _position - start, _comments.Count));

    private void Report(Rule rule, int start, int end, params object[] args)
        => _diagnostics.Add(rule, _source, TextSpan.FromBounds(start, end), args);

    private TokenKind Next()
    {
        var c = _text[_position];
        if (IsIdentifierStart(c))
        {
            while (_position < _text.Length && IsIdentifierPart(_text[_position]))
            {
                _position++;
            }

            return TokenKind.Identifier;
        }

        if (IsDigit(c) || c is '+' or '-' or '.')
        {
            return Number();
        }

        if (c is '"' or '\'')
        {
            return Literal(c);
        }

        // A surrogate pair is one unknown character.
        _position += char.IsHighSurrogate(c) && char.IsLowSurrogate(Peek(1)) ? 2 : 1;
        return c switch
        {
            '{' => TokenKind.OpenBrace,
            '}' => TokenKind.CloseBrace,
            '(' => TokenKind.OpenParen,
            ')' => TokenKind.CloseParen,
            '[' => TokenKind.OpenBracket,
            ']' => TokenKind.CloseBracket,
            '<' => TokenKind.Less,
            '>' => TokenKind.Greater,
            ',' => TokenKind.Comma,
            ';' => TokenKind.Semicolon,
            ':' => TokenKind.Colon,
            '=' => TokenKind.Equals,
            '*' => TokenKind.Star,
            '&' => TokenKind.Ampersand,
            '@' => TokenKind.At,
            _ => TokenKind.Unknown,
        };
    }

    private TokenKind Number()
    {
        var start = _position;
        if (Peek() is '+' or '-')
        {
            _position++;
        }

        if (Peek() == '0' && Peek(1) is 'x' or 'o')
        {
            var hex = Peek(1) == 'x';
            _position += 2;
            while (hex ? IsHexDigit(Peek()) : IsDigit(Peek()))
            {
                _position++;
            }

            return _position - start > 2 ? TokenKind.Integer : TokenKind.Unknown;
        }

        var digits = Digits();
        var kind = TokenKind.Integer;
        if (Peek() == '.' && IsDigit(Peek(1)))
        {
            _position++;
            digits += Digits();
            kind = TokenKind.Double;
        }

        if (digits == 0)
        {
            _position = start + 1;
            return TokenKind.Unknown;
        }

        var sign = Peek(1) is '+' or '-' ? 1 : 0;
        if (Peek() is 'e' or 'E' && IsDigit(Peek(1 + sign)))
        {
            _position += 1 + sign;
            Digits();
            kind = TokenKind.Double;
        }

        return kind;
    }

    private int Digits()
    {
        var start = _position;
        while (IsDigit(Peek()))
        {
            _position++;
        }

        return _position - start;
    }

    private TokenKind Literal(char quote)
    {
        var start = _position++;
        var firstLineEnd = -1;
        while (_position < _text.Length)
        {
            var c = _text[_position];
            if (c == quote)
            {
                _position++;
                if (!_source.IsUnicode && HasNonAscii(start))
                {
                    // An error, unlike in a comment, since the text is a value.
                    _diagnostics.Add(Rules.NotUtf8, isError: true, _source, TextSpan.FromBounds(start, _position));
                }

                if (_apache && firstLineEnd >= 0)
                {
                    Report(Rules.UnterminatedLiteral, start, firstLineEnd);
                }

                return TokenKind.Literal;
            }

            if (c is '\n' or '\r' && firstLineEnd < 0)
            {
                firstLineEnd = _position;
            }

            _position += c == '\\' && _position + 1 < _text.Length ? 2 : 1;
        }

        // Continues after the first line: the rest is probably IDL.
        _position = firstLineEnd < 0 ? _text.Length : firstLineEnd;
        Report(Rules.UnterminatedLiteral, start, _position);
        return TokenKind.Literal;
    }

    private void SkipSpaceAndComments()
    {
        while (_position < _text.Length)
        {
            var c = _text[_position];
            if (c is ' ' or '\t' or '\r' or '\n' or '\v' or '\f')
            {
                _position++;
            }
            else if (c == '#' || (c == '/' && Peek(1) == '/'))
            {
                LineComment(c == '#' ? CommentKind.Hash : CommentKind.Slashes);
            }
            else if (c == '/' && Peek(1) == '*')
            {
                BlockComment();
            }
            else
            {
                return;
            }
        }
    }

    private void LineComment(CommentKind kind)
    {
        var start = _position;
        while (_position < _text.Length && _text[_position] is not '\n' and not '\r')
        {
            _position++;
        }

        AddComment(kind, start);
    }

    private void AddComment(CommentKind kind, int start)
    {
        _comments.Add(new Comment(kind, start, _position - start));
        if (!_source.IsUnicode && !_reportedComment && HasNonAscii(start))
        {
            _reportedComment = true;
            _diagnostics.Add(Rules.NotUtf8, _source, TextSpan.FromBounds(start, _position));
        }
    }

    private bool HasNonAscii(int start)
    {
        for (var i = start; i < _position; i++)
        {
            if (_text[i] > '\u007F')
            {
                return true;
            }
        }

        return false;
    }

    private void BlockComment()
    {
        var start = _position;
        var end = _text.IndexOf("*/", start + 2, System.StringComparison.Ordinal);
        if (end < 0)
        {
            _position = _text.Length;
            Report(Rules.UnterminatedComment, start, start + 2);
            return;
        }

        _position = end + 2;
        var doc = _text[start + 2] == '*' && _position - start > 4;
        AddComment(doc ? CommentKind.Doc : CommentKind.Block, start);
    }
}
