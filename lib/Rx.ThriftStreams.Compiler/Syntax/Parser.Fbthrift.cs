using System.Collections.Generic;
using Rx.ThriftStreams.Compiler.Diagnostics;

namespace Rx.ThriftStreams.Compiler.Syntax;

// Constructs of Meta's dialect. Those that do not affect the wire are skipped with a warning; the others are errors that
// name the equivalent.
internal sealed partial class Parser
{
    private int _annotationsStart = -1;
    private int _annotationsEnd = -1;
    private bool _warnedOfFbthrift;

    /// <summary><c>package "example.com/shop"</c></summary>
    private void SkipPackage()
    {
        WarnOfFbthrift(Take(), "package");
        Take();
        TakeSeparator();
    }

    /// <summary>Any number of <c>@Name</c> and <c>@Name{field = value}</c>.</summary>
    private bool TrySkipStructuredAnnotations()
    {
        var start = _index;
        while (At(TokenKind.At) && Peek().Kind == TokenKind.Identifier)
        {
            var first = _index;
            var at = Take();
            WarnOfFbthrift(at, "@" + TextOf(Take()));
            if (At(TokenKind.OpenBrace))
            {
                SkipBalanced();
            }

            _layout?.KeepVerbatim(first, _index);
        }

        if (_index == start)
        {
            return false;
        }

        _annotationsStart = start;
        _annotationsEnd = _index;
        return true;
    }

    private void WarnOfFbthrift(Token token, string what)
    {
        if (!_warnedOfFbthrift)
        {
            _warnedOfFbthrift = true;
            _diagnostics.Add(Rules.FbthriftIgnored, _source, token.Span, what);
        }
    }

    /// <summary><c>interaction Name { … }</c></summary>
    private void SkipInteraction()
    {
        Unsupported("Declare a service, and pass the identity of the interaction as an argument.");
        while (Current.Kind is not TokenKind.OpenBrace and not TokenKind.EndOfFile && !(Current.Kind == TokenKind.Identifier && AtDefinitionStart()))
        {
            _index++;
        }

        if (At(TokenKind.OpenBrace))
        {
            SkipBalanced();
        }
    }

    /// <summary>A function that returns <c>stream&lt;T&gt;</c> or <c>sink&lt;T, R&gt;</c>, alone or after a first response, and <c>performs Name;</c>.</summary>
    private bool TrySkipFbthriftFunction()
    {
        var first = At(TokenKind.Comma) ? 1 : 0;
        if (Peek(first + 1).Kind == TokenKind.Less && IsWord(Peek(first), "stream"))
        {
            _index += first;
            Unsupported("Return the type of one message and annotate the function with (streaming.mode=\"server\").");
        }
        else if (Peek(first + 1).Kind == TokenKind.Less && IsWord(Peek(first), "sink"))
        {
            _index += first;
            Unsupported("Take the type of one message as the only argument and annotate the function with (streaming.mode=\"client\").");
        }
        else if (AtWord("performs") && Peek().Kind == TokenKind.Identifier && Peek(2).Kind == TokenKind.Semicolon)
        {
            Unsupported("Declare a service in place of the interaction.");
        }
        else
        {
            return false;
        }

        // Skips the commas of the type, which do not end the function.
        while (Current.Kind is not TokenKind.OpenParen and not TokenKind.Semicolon and not TokenKind.CloseBrace and not TokenKind.EndOfFile)
        {
            _index++;
        }

        return true;
    }

    private void Unsupported(string instead)
    {
        _lastErrorIndex = _index;
        _diagnostics.Add(Rules.FbthriftUnsupported, _source, Current.Span, TextOf(Current), instead);
    }

    /// <summary>Skips from an opening bracket to after its closing bracket; reports brackets that do not match.</summary>
    private void SkipBalanced()
    {
        var open = new Stack<TokenKind>();
        do
        {
            switch (Current.Kind)
            {
                case TokenKind.OpenBrace:
                    open.Push(TokenKind.CloseBrace);
                    break;
                case TokenKind.OpenParen:
                    open.Push(TokenKind.CloseParen);
                    break;
                case TokenKind.OpenBracket:
                    open.Push(TokenKind.CloseBracket);
                    break;
                case TokenKind.CloseBrace or TokenKind.CloseParen or TokenKind.CloseBracket or TokenKind.EndOfFile:
                    var close = open.Pop();
                    if (!At(close))
                    {
                        ReportExpected(close switch { TokenKind.CloseBrace => "\"}\"", TokenKind.CloseParen => "\")\"", _ => "\"]\"" });
                        return;
                    }

                    break;
            }

            _index++;
        }
        while (open.Count > 0);
    }
}
