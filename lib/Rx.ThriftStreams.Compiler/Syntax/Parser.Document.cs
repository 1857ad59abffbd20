using System.Collections.Generic;
using Rx.ThriftStreams.Compiler.Diagnostics;

namespace Rx.ThriftStreams.Compiler.Syntax;

internal sealed partial class Parser
{
    private readonly List<IncludeSyntax> _includes = [];
    private readonly List<NamespaceSyntax> _namespaces = [];
    private readonly List<DefinitionSyntax> _definitions = [];

    private DocumentSyntax ParseDocument()
    {
        while (!At(TokenKind.EndOfFile))
        {
            var start = _index;
            Mark(LayoutMark.Definition);
            if (!ParseTopLevel())
            {
                SkipToDefinition(start);
            }
        }

        return new DocumentSyntax(_source, _includes, _namespaces, _definitions, _diagnostics.Of(_source));
    }

    private void SkipToDefinition(int start)
    {
        if (_index == start)
        {
            _index++;
        }

        while (!At(TokenKind.EndOfFile) && !AtDefinitionStart())
        {
            _index++;
        }
    }

    private bool ParseTopLevel()
    {
        if (TrySkipStructuredAnnotations())
        {
            return true;
        }

        if (!At(TokenKind.Identifier))
        {
            if (TakeSeparator())
            {
                // Common after a closing brace, and harmless.
                return true;
            }

            ReportExpected("a definition");
            return false;
        }

        var keyword = TextOf(Current);
        switch (keyword)
        {
            case "include" or "cpp_include":
                return ParseInclude(keyword);
            case "namespace":
                return ParseNamespace();
            case "package" when Peek().Kind == TokenKind.Literal:
                SkipPackage();
                return true;
            case "interaction" when Peek().Kind == TokenKind.Identifier:
                SkipInteraction();
                return true;
        }

        var definition = keyword switch
        {
            "const" => ParseConst(),
            "typedef" => ParseTypedef(),
            "enum" => ParseEnum(),
            "senum" => ParseSenum(),
            "struct" => ParseStruct(StructKind.Struct),
            "union" => ParseStruct(StructKind.Union),
            "exception" => ParseStruct(StructKind.Exception),
            "service" => ParseService(),
            _ => UnknownDefinition(keyword),
        };
        if (definition is null)
        {
            return false;
        }

        _definitions.Add(definition);
        TakeSeparator();
        return true;
    }

    private DefinitionSyntax? UnknownDefinition(string keyword)
    {
        ReportExpected("a definition", Hints.DidYouMean(keyword, DefinitionKeywords));
        return null;
    }

    private void CheckHeaderPlace(Token keyword)
    {
        if (_definitions.Count > 0)
        {
            _diagnostics.Add(Rules.HeaderAfterDefinition, _source, keyword.Span, TextOf(keyword));
        }
    }

    private bool ParseInclude(string keyword)
    {
        var word = Take();
        CheckHeaderPlace(word);
        if (!At(TokenKind.Literal))
        {
            ReportExpected("the path of a file in quotes");
            return false;
        }

        var literal = Take();
        if (keyword == "include")
        {
            _includes.Add(new IncludeSyntax(DecodeLiteral(literal), literal.Span));
        }

        TakeSeparator();
        return true;
    }

    private bool ParseNamespace()
    {
        var word = Take();
        CheckHeaderPlace(word);
        NameSyntax scope;
        if (At(TokenKind.Star))
        {
            scope = new NameSyntax("*", Take().Span);
        }
        else if (!ExpectName("a language or \"*\"", out scope))
        {
            return false;
        }

        NameSyntax name;
        if (At(TokenKind.Literal))
        {
            // Some older files quote the name.
            var literal = Take();
            name = new NameSyntax(DecodeLiteral(literal), literal.Span);
        }
        else if (!ExpectName("the name of the namespace", out name))
        {
            return false;
        }

        _namespaces.Add(new NamespaceSyntax(scope, name, ParseAnnotations()));
        TakeSeparator();
        return true;
    }
}
