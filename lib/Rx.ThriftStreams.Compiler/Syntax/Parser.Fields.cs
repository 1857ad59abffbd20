using System.Collections.Generic;

namespace Rx.ThriftStreams.Compiler.Syntax;

internal sealed partial class Parser
{
    private List<FieldSyntax> ParseFields(TokenKind close)
    {
        var fields = new List<FieldSyntax>();
        while (!AtListEnd(close))
        {
            var start = _index;
            Mark(LayoutMark.Member);
            TrySkipStructuredAnnotations();
            var field = ParseField();
            if (field is null)
            {
                SkipMember(close, start);
            }
            else
            {
                fields.Add(field);
                TakeSeparator();
            }
        }

        return fields;
    }

    private FieldSyntax? ParseField()
    {
        var doc = DocBefore(_index);
        IntSyntax? id = null;
        if (At(TokenKind.Integer))
        {
            id = ParseInteger();
            if (!Expect(TokenKind.Colon, "\":\""))
            {
                return null;
            }
        }

        var requirednessSpan = Current.Span;
        var requiredness = ParseRequiredness();
        var type = ParseType();
        if (type is null)
        {
            return null;
        }

        if (At(TokenKind.Ampersand))
        {
            // Apache's hint for C++; a class field is a reference anyway.
            Take();
        }

        if (!ExpectName("the name of the field", out var name))
        {
            return null;
        }

        ConstValueSyntax? value = null;
        if (TryTake(TokenKind.Equals))
        {
            value = ParseConstValue();
            if (value is null)
            {
                return null;
            }
        }

        return ParseXsd() ? new FieldSyntax(name, doc, id, requiredness, requirednessSpan, type, value, ParseAnnotations()) : null;
    }

    private Requiredness ParseRequiredness()
    {
        // Unless a type and a name follow, the word is the type itself: no word is reserved.
        if (Peek().Kind != TokenKind.Identifier || Peek(2).Kind is TokenKind.Comma or TokenKind.Semicolon or TokenKind.Equals or TokenKind.CloseBrace or TokenKind.CloseParen)
        {
            return Requiredness.Default;
        }

        if (TryTakeWord("required"))
        {
            return Requiredness.Required;
        }

        return TryTakeWord("optional") ? Requiredness.Optional : Requiredness.Default;
    }

    private bool ParseXsd()
    {
        while (At(TokenKind.Identifier))
        {
            if (AtWord("xsd_optional") || AtWord("xsd_nillable"))
            {
                if (Peek().Kind == TokenKind.Identifier && !IsXsdWord(Peek()))
                {
                    return true;
                }

                Obsolete("ignored");
                Take();
            }
            else if (AtWord("xsd_attrs") && Peek().Kind == TokenKind.OpenBrace)
            {
                Obsolete("ignored");
                _index++;
                Mark(LayoutMark.Block);
                _index++;
                if (!Enter())
                {
                    _depth--;
                    return false;
                }

                ParseFields(TokenKind.CloseBrace);
                _depth--;
                if (!Expect(TokenKind.CloseBrace, "\"}\""))
                {
                    return false;
                }
            }
            else
            {
                return true;
            }
        }

        return true;
    }

    private bool IsXsdWord(Token token) => IsWord(token, "xsd_optional") || IsWord(token, "xsd_nillable") || IsWord(token, "xsd_attrs");

    private IReadOnlyList<AnnotationSyntax> ParseAnnotations()
    {
        Mark(LayoutMark.Annotations);
        if (!TryTake(TokenKind.OpenParen))
        {
            return NoAnnotations;
        }

        var annotations = new List<AnnotationSyntax>();
        while (!At(TokenKind.CloseParen) && !At(TokenKind.EndOfFile))
        {
            Mark(LayoutMark.Member);
            if (!ExpectName("the name of an annotation or \")\"", out var key))
            {
                SkipMember(TokenKind.CloseParen, _index);
                break;
            }

            var value = "1";
            var span = key.Span;
            if (TryTake(TokenKind.Equals))
            {
                if (!At(TokenKind.Literal))
                {
                    ReportExpected("a string");
                    SkipMember(TokenKind.CloseParen, _index);
                    break;
                }

                var literal = Take();
                span = literal.Span;
                value = DecodeLiteral(literal);
            }

            annotations.Add(new AnnotationSyntax(key, value, span));
            TakeSeparator();
        }

        Expect(TokenKind.CloseParen, "\")\"");
        return annotations;
    }
}
