using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.CompilerServices;
using Rx.ThriftStreams.Compiler.Diagnostics;
using Rx.ThriftStreams.Compiler.Syntax;

namespace Rx.ThriftStreams.Compiler.Semantics;

internal sealed partial class Binder
{
    private const string StreamingModeKey = "streaming.mode";

    private static readonly string[] Modes = ["bidirectional", "client", "server", "unary"];

    /// <summary>The functions that a service declares itself.</summary>
    public List<FunctionSymbol> FunctionsOf(ServiceSymbol service)
    {
        if (service.BoundFunctions is { } bound)
        {
            return bound;
        }

        service.BoundFunctions = [];
        BindBase(service);
        if (service.Base is not null)
        {
            FunctionsOf(service.Base);
        }

        var own = service.CSharpName;
        service.Scope = new NameScope([.. MemberNames.OfObject, own + "Base", own + "Client", "I" + own, "I" + own + "Rx", own + "RxBase"], service.Base?.Scope);
        var names = NameFunctions(service);
        var seen = new HashSet<string>();
        foreach (var syntax in service.Syntax.Functions)
        {
            var name = syntax.Name.Text;
            if (!seen.Add(name))
            {
                Report(Rules.DuplicateFunction, service.File, syntax.Name.Span, service.Name, name);
                continue;
            }

            if (FindInherited(service, name) is { } hidden)
            {
                Report(Rules.FunctionHidesBase, service.File, syntax.Name.Span, name, service.Name, hidden.Service.Name);
                continue;
            }

            var errors = _diagnostics.ErrorCount;
            var function = BindFunction(service, syntax, names[name]);
            if (_diagnostics.ErrorCount == errors)
            {
                service.BoundFunctions.Add(function);
            }

            service.FunctionsByName[name] = function;
        }

        return service.BoundFunctions;
    }

    /// <summary>All functions of a service, those of the base service first.</summary>
    public List<FunctionSymbol> AllFunctionsOf(ServiceSymbol service)
    {
        var own = FunctionsOf(service);
        return service.Base is null ? own : [.. AllFunctionsOf(service.Base), .. own];
    }

    private static FunctionSymbol? FindInherited(ServiceSymbol service, string name)
    {
        for (var parent = service.Base; parent is not null; parent = parent.Base)
        {
            if (parent.FunctionsByName.TryGetValue(name, out var found))
            {
                return found;
            }
        }

        return null;
    }

    // Named in the order of names, so that moving a function renames nothing.
    private Dictionary<string, string> NameFunctions(ServiceSymbol service)
    {
        var names = new Dictionary<string, string>();
        foreach (var syntax in service.Syntax.Functions.OrderBy(static f => f.Name.Text, StringComparer.Ordinal))
        {
            var name = syntax.Name.Text;
            if (names.ContainsKey(name) || FindInherited(service, name) is not null)
            {
                continue;
            }

            var wanted = Naming.Pascal(name);
            names.Add(name, service.Scope.Take(wanted, name, out var rival, static n => [n, "Open" + n]));
            if (rival is not null)
            {
                Report(Rules.NamesBecomeOne, service.File, syntax.Name.Span, name, rival, wanted, names[name]);
            }
        }

        return names;
    }

    private void BindBase(ServiceSymbol service)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        if (service.BaseBound)
        {
            return;
        }

        service.BaseBound = true;
        if (service.Syntax.Extends is not { } name)
        {
            return;
        }

        if (!TryFind(name.Text, name.Span, service.File, out var symbol))
        {
            return;
        }

        if (symbol is not ServiceSymbol found)
        {
            var services = service.File.Services.Select(static s => s.Name)
                .Concat(Included(service.File).SelectMany(static i => i.Value.Services.Select(s => i.Key + "." + s.Name)))
                .Where(n => n != service.Name);
            Report(Rules.BaseServiceNotFound, service.File, name.Span, name.Text, service.Name, Hint(name.Text, service.File, services));
            return;
        }

        var way = new List<string> { service.Name };
        for (var next = found; next is not null; next = next.Base)
        {
            way.Add(next.Name);
            if (next == service)
            {
                Report(Rules.ServiceCycle, service.File, name.Span, string.Join(" → ", way));
                return;
            }

            BindBase(next);
        }

        // The cost of a service grows with what it inherits: long chains are cut off, and reported once.
        if (found.Depth >= Parser.MaxDepth)
        {
            if (found.Depth == Parser.MaxDepth)
            {
                Report(Rules.NestedTooDeep, service.File, name.Span, Parser.MaxDepth);
            }

            service.Depth = Parser.MaxDepth + 1;
            return;
        }

        service.Depth = found.Depth + 1;
        service.Base = found;
    }

    private FunctionSymbol BindFunction(ServiceSymbol service, FunctionSyntax syntax, string name)
    {
        var file = service.File;
        var function = new FunctionSymbol(service, syntax)
        {
            CSharpName = name,
            ReturnType = syntax.ReturnType is null ? null : ResolveType(syntax.ReturnType, file),
            Arguments = BindFields(syntax.Arguments, file, "function", syntax.Name.Text, FieldPlace.Arguments),
            Throws = BindFields(syntax.Throws, file, "throws of function", syntax.Name.Text, FieldPlace.Throws),
        };
        foreach (var argument in function.Arguments)
        {
            if (argument.Syntax.Default is { } value)
            {
                argument.Default = Constants.Evaluate(value, argument.Type, file);
            }
        }

        CheckFunction(function, file);
        BindMode(function, file);
        return function;
    }

    private void CheckFunction(FunctionSymbol function, FileSymbol file)
    {
        var service = function.Service.Name;
        var span = function.Syntax.Name.Span;
        if (function.Name[0] == '_')
        {
            Report(Rules.SkippedByKitex, file, span, service, function.Name);
        }

        if (function.IsOneway && function.Syntax.ReturnType is not null)
        {
            Report(Rules.OnewayNotVoid, file, span, service, function.Name);
        }

        if (function.IsOneway && function.Syntax.Throws.Count > 0)
        {
            Report(Rules.OnewayThrows, file, span, service, function.Name);
        }

        foreach (var thrown in function.Throws)
        {
            if (thrown.Type.Kind != TypeKind.Error && !(thrown.Type.Kind == TypeKind.Struct && thrown.Type.Struct.Kind == StructKind.Exception))
            {
                Report(Rules.ThrowsNonException, file, thrown.Syntax.Type.Span, thrown.Type, service, function.Name);
            }
        }
    }

    private void BindMode(FunctionSymbol function, FileSymbol file)
    {
        CheckIdempotent(function, file);
        AnnotationSyntax? mode = null;
        var service = function.Service.Name;
        foreach (var annotation in function.Syntax.Annotations)
        {
            if (annotation.Key.Text != StreamingModeKey)
            {
                WarnIfCSharpType(annotation, file);

                // Other tools define annotations, but none with a similar name.
                if (Hints.DidYouMean(annotation.Key.Text, [StreamingModeKey]) is { Length: > 0 } hint)
                {
                    Report(Rules.StreamingModeMisspelt, file, annotation.Key.Span, service, annotation.Key.Text, function.Name, hint);
                }
                else
                {
                    WarnIfFunctionMisspelt(annotation, file);
                }

                continue;
            }

            if (mode is not null)
            {
                Report(Rules.StreamingModeRepeated, file, annotation.Key.Span, service, function.Name);
                return;
            }

            mode = annotation;
        }

        if (mode is null)
        {
            return;
        }

        switch (mode.Value)
        {
            case "bidirectional":
                function.Mode = StreamingMode.Bidirectional;
                break;
            case "client":
                function.Mode = StreamingMode.Client;
                break;
            case "server":
                function.Mode = StreamingMode.Server;
                break;
            case "unary":
                function.Mode = StreamingMode.Unary;
                break;
            default:
                Report(Rules.StreamingModeInvalid, file, mode.ValueSpan, service, mode.Value, Hints.DidYouMean(mode.Value, Modes));
                return;
        }

        CheckStreaming(function, file, service);
        if (function.Arguments.Count != 1 || function.ReturnType is null)
        {
            // Already reported as an error. A call without streams is generated, so that the rest of the project compiles.
            function.Mode = StreamingMode.PingPong;
        }
    }

    private void CheckStreaming(FunctionSymbol function, FileSymbol file, string service)
    {
        var span = function.Syntax.Name.Span;
        if (function.Syntax.Arguments.Count != 1)
        {
            Report(Rules.StreamingArgumentCount, file, span, service, function.Name);
        }
        else if (function.Arguments.Count == 1 && function.Arguments[0].Type is { Kind: not TypeKind.Struct and not TypeKind.Error } argument)
        {
            Report(Rules.StreamingArgumentType, file, function.Syntax.Arguments[0].Type.Span, service, function.Name, argument);
        }

        if (function.IsOneway)
        {
            Report(Rules.StreamingOneway, file, span, service, function.Name);
        }
        else if (function.ReturnType is null)
        {
            Report(Rules.StreamingResponseCount, file, span, service, function.Name);
        }
        else if (function.ReturnType.Kind is not TypeKind.Struct and not TypeKind.Error)
        {
            Report(Rules.StreamingResponseType, file, function.Syntax.ReturnType!.Span, service, function.Name, function.ReturnType);
        }

        // The args and result wrappers of unary methods carry exceptions, as in ping-pong.
        if (function.IsStreaming && function.Syntax.Throws.Count > 0)
        {
            Report(Rules.StreamingThrows, file, span, service, function.Name);
        }
    }
}
