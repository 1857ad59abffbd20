using System.Collections.Generic;
using System.Globalization;
using Rx.ThriftStreams.Compiler.Diagnostics;
using Rx.ThriftStreams.Compiler.Text;

namespace Rx.ThriftStreams.Compiler.Syntax;

internal sealed partial class Parser
{
    private TypeSyntax? ParseType()
    {
        try
        {
            if (Enter())
            {
                return ParseTypeCore();
            }

            // Skips the rest of the type, which would otherwise be parsed as members.
            while (Current.Kind is TokenKind.Identifier or TokenKind.Less or TokenKind.Greater or TokenKind.Comma)
            {
                _index++;
            }

            _lastErrorIndex = _index;
            return null;
        }
        finally
        {
            _depth--;
        }
    }

    private TypeSyntax? ParseTypeCore()
    {
        if (!At(TokenKind.Identifier))
        {
            ReportExpected("a type");
            return null;
        }

        var token = Take();
        var name = TextOf(token);
        var container = At(TokenKind.Less) || AtWord("cpp_type");
        var kind = name switch
        {
            "list" when container => TypeSyntaxKind.List,
            "set" when container => TypeSyntaxKind.Set,
            "map" when container => TypeSyntaxKind.Map,
            _ => TypeSyntaxKind.Named,
        };
        if (kind == TypeSyntaxKind.Named)
        {
            if (At(TokenKind.Less))
            {
                _index--;
                ReportExpected("a type", Hints.DidYouMean(name, ["list", "set", "map"]));
                return null;
            }

            return new TypeSyntax(kind, name, token.Span, null, null, ParseAnnotations());
        }

        SkipCppType();
        if (!Expect(TokenKind.Less, "\"<\""))
        {
            return null;
        }

        var first = ParseType();
        TypeSyntax? second = null;
        if (first is null)
        {
            return null;
        }

        if (kind == TypeSyntaxKind.Map)
        {
            if (!Expect(TokenKind.Comma, "\",\""))
            {
                return null;
            }

            second = ParseType();
            if (second is null)
            {
                return null;
            }
        }

        if (!Expect(TokenKind.Greater, "\">\""))
        {
            return null;
        }

        SkipCppType();
        var span = TextSpan.FromBounds(token.Start, _tokens[_index - 1].End);
        return new TypeSyntax(kind, name, span, first, second, ParseAnnotations());
    }

    private void SkipCppType()
    {
        if (AtWord("cpp_type") && Peek().Kind == TokenKind.Literal)
        {
            _index += 2;
        }
    }

    private ConstValueSyntax? ParseConstValue()
    {
        try
        {
            return Enter() ? ParseConstValueCore() : null;
        }
        finally
        {
            _depth--;
        }
    }

    private ConstValueSyntax? ParseConstValueCore()
    {
        switch (Current.Kind)
        {
            case TokenKind.Integer:
                var integer = ParseInteger();
                return new IntValueSyntax(integer.Value, integer.Span);
            case TokenKind.Double:
                var number = Take();
                if (!double.TryParse(TextOf(number), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || double.IsInfinity(value))
                {
                    _diagnostics.Add(Rules.ConstOutOfRange, _source, number.Span, Shorten(TextOf(number)), "double");
                }

                return new DoubleValueSyntax(value, number.Span);
            case TokenKind.Literal:
                var literal = Take();
                return new LiteralValueSyntax(DecodeLiteral(literal), literal.Span);
            case TokenKind.Identifier:
                var name = Take();
                return new NameValueSyntax(TextOf(name), name.Span);
            case TokenKind.OpenBracket:
                return ParseListValue();
            case TokenKind.OpenBrace:
                return ParseMapValue();
            default:
                ReportExpected("a value");
                return null;
        }
    }

    private ListValueSyntax? ParseListValue()
    {
        var open = Take();
        var elements = new List<ConstValueSyntax>();
        while (!At(TokenKind.CloseBracket))
        {
            Mark(LayoutMark.Member);
            var element = ParseConstValue();
            if (element is null)
            {
                return null;
            }

            elements.Add(element);
            TakeSeparator();
        }

        var close = Take();
        return new ListValueSyntax(elements, TextSpan.FromBounds(open.Start, close.End));
    }

    private MapValueSyntax? ParseMapValue()
    {
        var open = Take();
        var pairs = new List<KeyValuePair<ConstValueSyntax, ConstValueSyntax>>();
        while (!At(TokenKind.CloseBrace))
        {
            Mark(LayoutMark.Member);
            var key = ParseConstValue();
            if (key is null || !Expect(TokenKind.Colon, "\":\""))
            {
                return null;
            }

            var value = ParseConstValue();
            if (value is null)
            {
                return null;
            }

            pairs.Add(new KeyValuePair<ConstValueSyntax, ConstValueSyntax>(key, value));
            TakeSeparator();
        }

        var close = Take();
        return new MapValueSyntax(pairs, TextSpan.FromBounds(open.Start, close.End));
    }
}
