using System.Collections.Generic;
using Rx.ThriftStreams.Compiler.Diagnostics;

namespace Rx.ThriftStreams.Compiler.Syntax;

internal sealed partial class Parser
{
    private ConstSyntax? ParseConst()
    {
        var doc = DocBefore(_index);
        Take();
        var type = ParseType();
        if (type is null || !ExpectName("the name of the constant", out var name) || !Expect(TokenKind.Equals, "\"=\""))
        {
            return null;
        }

        var value = ParseConstValue();
        return value is null ? null : new ConstSyntax(name, doc, ParseTrailingAnnotations(), type, value);
    }

    // thriftgo allows annotations after the separator of a constant.
    private IReadOnlyList<AnnotationSyntax> ParseTrailingAnnotations()
    {
        var annotations = ParseAnnotations();
        if (TakeSeparator() && annotations.Count == 0)
        {
            annotations = ParseAnnotations();
        }

        return annotations;
    }

    private TypedefSyntax? ParseTypedef()
    {
        var doc = DocBefore(_index);
        Take();
        var type = ParseType();
        return type is null || !ExpectName("the new name of the type", out var name)
            ? null
            : new TypedefSyntax(name, doc, ParseAnnotations(), type);
    }

    private EnumSyntax? ParseEnum()
    {
        var doc = DocBefore(_index);
        Take();
        if (!ExpectName("the name of the enum", out var name) || !OpenBlock())
        {
            return null;
        }

        var members = new List<EnumMemberSyntax>();
        while (!AtListEnd(TokenKind.CloseBrace))
        {
            var start = _index;
            Mark(LayoutMark.Member);
            TrySkipStructuredAnnotations();
            var memberDoc = DocBefore(_index);
            if (!ExpectName("the name of an enum value or \"}\"", out var member))
            {
                SkipMember(TokenKind.CloseBrace, start);
                continue;
            }

            IntSyntax? value = null;
            if (TryTake(TokenKind.Equals))
            {
                if (!At(TokenKind.Integer))
                {
                    ReportExpected("an integer");
                    SkipMember(TokenKind.CloseBrace, start);
                    continue;
                }

                value = ParseInteger();
            }

            members.Add(new EnumMemberSyntax(member, memberDoc, value, ParseAnnotations()));
            TakeSeparator();
        }

        return CloseBrace() ? new EnumSyntax(name, doc, ParseAnnotations(), members) : null;
    }

    private SenumSyntax? ParseSenum()
    {
        var doc = DocBefore(_index);
        Obsolete("read as a string");
        Take();
        if (!ExpectName("the name of the senum", out var name) || !OpenBlock())
        {
            return null;
        }

        var values = new List<string>();
        while (!AtListEnd(TokenKind.CloseBrace))
        {
            Mark(LayoutMark.Member);
            if (!At(TokenKind.Literal))
            {
                ReportExpected("a string");
                SkipMember(TokenKind.CloseBrace, _index);
                continue;
            }

            values.Add(DecodeLiteral(Take()));
            TakeSeparator();
        }

        return CloseBrace() ? new SenumSyntax(name, doc, ParseAnnotations(), values) : null;
    }

    private StructSyntax? ParseStruct(StructKind kind)
    {
        var doc = DocBefore(_index);
        var keyword = TextOf(Take());
        if (!ExpectName("the name of the " + keyword, out var name))
        {
            return null;
        }

        if (AtWord("xsd_all"))
        {
            Obsolete("ignored");
            Take();
        }

        if (!OpenBlock())
        {
            return null;
        }

        var fields = ParseFields(TokenKind.CloseBrace);
        return CloseBrace() ? new StructSyntax(name, doc, ParseAnnotations(), kind, fields) : null;
    }

    private ServiceSyntax? ParseService()
    {
        var doc = DocBefore(_index);
        Take();
        if (!ExpectName("the name of the service", out var name))
        {
            return null;
        }

        NameSyntax? extends = null;
        if (TryTakeWord("extends"))
        {
            if (!ExpectName("the name of the base service", out var baseName))
            {
                return null;
            }

            extends = baseName;
        }

        if (!OpenBlock())
        {
            return null;
        }

        var functions = new List<FunctionSyntax>();
        while (!AtListEnd(TokenKind.CloseBrace))
        {
            var start = _index;
            Mark(LayoutMark.Member);
            TrySkipStructuredAnnotations();
            var function = ParseFunction();
            if (function is null)
            {
                SkipMember(TokenKind.CloseBrace, start);
            }
            else
            {
                functions.Add(function);
                TakeSeparator();
            }
        }

        return CloseBrace() ? new ServiceSyntax(name, doc, ParseAnnotations(), extends, functions) : null;
    }

    /// <summary>Whether a braced or parenthesized list ends here: at its bracket, or where another definition begins.</summary>
    private bool AtListEnd(TokenKind close)
        => At(close) || At(TokenKind.EndOfFile) || (Current.Kind is TokenKind.CloseBrace && close != TokenKind.CloseBrace) || (close == TokenKind.CloseBrace && AtNextDefinition());

    // "struct X {" at the start of a line inside braces: the closing brace is missing. A field of a type called "struct" has no "{" there.
    private bool AtNextDefinition()
        => AtDefinitionStart() && (Peek().Kind == TokenKind.Literal || Peek(2).Kind == TokenKind.OpenBrace || (IsWord(Current, "const") && Peek(3).Kind == TokenKind.Equals));

    private bool OpenBlock()
    {
        Mark(LayoutMark.Block);
        return Expect(TokenKind.OpenBrace, "\"{\"");
    }

    private bool CloseBrace()
    {
        if (!Expect(TokenKind.CloseBrace, "\"}\""))
        {
            // Keeps the definition, since others refer to it.
            return !At(TokenKind.EndOfFile) || _lastErrorIndex == _index;
        }

        return true;
    }

    private FunctionSyntax? ParseFunction()
    {
        var doc = DocBefore(_index);
        var oneway = false;
        if (AtWord("oneway") && Peek().Kind == TokenKind.Identifier)
        {
            Take();
            oneway = true;
        }
        else if (AtWord("async") && Peek().Kind == TokenKind.Identifier && Peek(2).Kind == TokenKind.Identifier)
        {
            Obsolete("read as \"oneway\"");
            Take();
            oneway = true;
        }

        if (TrySkipFbthriftFunction())
        {
            return null;
        }

        TypeSyntax? returnType = null;
        if (!(AtWord("void") && Peek().Kind == TokenKind.Identifier))
        {
            returnType = ParseType();
            if (returnType is null)
            {
                return null;
            }
        }
        else
        {
            Take();
        }

        if (TrySkipFbthriftFunction() || !ExpectName("the name of the function", out var name))
        {
            return null;
        }

        Mark(LayoutMark.Arguments);
        if (!Expect(TokenKind.OpenParen, "\"(\""))
        {
            return null;
        }

        var arguments = ParseFields(TokenKind.CloseParen);
        if (!Expect(TokenKind.CloseParen, "\")\""))
        {
            return null;
        }

        IReadOnlyList<FieldSyntax> throws = [];
        if (AtWord("throws") && Peek().Kind == TokenKind.OpenParen)
        {
            _index += 2;
            throws = ParseFields(TokenKind.CloseParen);
            if (!Expect(TokenKind.CloseParen, "\")\""))
            {
                return null;
            }
        }

        return new FunctionSyntax(name, doc, oneway, returnType, arguments, throws, ParseAnnotations());
    }

    private void Obsolete(string effect)
        => _diagnostics.Add(Rules.ObsoleteConstruct, _source, Current.Span, TextOf(Current), effect);
}
