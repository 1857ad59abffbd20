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

        var functions = new List<FunctionSymbol>();
        service.BoundFunctions = functions;
        BindBase(service);
        var inherited = service.Base is null ? [] : AllFunctionsOf(service.Base);
        var names = new HashSet<string>();
        var scope = new NameScope([.. MemberNames.OfObject, service.CSharpName + "Client", "I" + service.CSharpName, "I" + service.CSharpName + "Rx"]);
        foreach (var function in inherited)
        {
            scope.Take(function.CSharpName);
            scope.Take("Open" + function.CSharpName);
        }

        foreach (var syntax in service.Syntax.Functions)
        {
            var name = syntax.Name.Text;
            if (!names.Add(name))
            {
                Report(Rules.DuplicateFunction, service.File, syntax.Name.Span, service.Name, name, Declarer.FileName(service.File));
                continue;
            }

            if (inherited.FirstOrDefault(f => f.Name == name) is { } hidden)
            {
                Report(Rules.FunctionHidesBase, service.File, syntax.Name.Span, name, service.Name, hidden.Service.Name);
                continue;
            }

            var errors = _diagnostics.ErrorCount;
            var function = BindFunction(service, syntax, scope);
            if (_diagnostics.ErrorCount == errors)
            {
                functions.Add(function);
            }
        }

        return functions;
    }

    /// <summary>All functions of a service, those of the base service first.</summary>
    public List<FunctionSymbol> AllFunctionsOf(ServiceSymbol service)
    {
        var own = FunctionsOf(service);
        return service.Base is null ? own : [.. AllFunctionsOf(service.Base), .. own];
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

        if (Find(name.Text, service.File) is not ServiceSymbol found)
        {
            var services = service.File.Services.Select(static s => s.Name)
                .Concat(service.File.Includes.SelectMany(static i => i.Value.Services.Select(s => i.Key + "." + s.Name)))
                .Where(n => n != service.Name);
            Report(Rules.BaseServiceNotFound, service.File, name.Span, name.Text, service.Name, Hints.DidYouMean(name.Text, services));
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

        service.Base = found;
    }

    private FunctionSymbol BindFunction(ServiceSymbol service, FunctionSyntax syntax, NameScope scope)
    {
        var file = service.File;
        var name = Naming.Pascal(syntax.Name.Text);
        while (!scope.IsFree(name) || !scope.IsFree("Open" + name))
        {
            name += "_";
        }

        scope.Take("Open" + name);
        var function = new FunctionSymbol(service, syntax)
        {
            CSharpName = scope.Take(name),
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
            Report(Rules.OnewayNotVoid, file, span, service, function.Name, Declarer.FileName(file));
        }

        if (function.IsOneway && function.Syntax.Throws.Count > 0)
        {
            Report(Rules.OnewayThrows, file, span, service, function.Name, Declarer.FileName(file));
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
        AnnotationSyntax? mode = null;
        var service = function.Service.Name;
        foreach (var annotation in function.Syntax.Annotations)
        {
            if (annotation.Key.Text != StreamingModeKey)
            {
                // Other tools have annotations of their own, but none that looks like this one.
                if (Hints.DidYouMean(annotation.Key.Text, [StreamingModeKey]) is { Length: > 0 } hint)
                {
                    Report(Rules.StreamingModeMisspelt, file, annotation.Key.Span, service, annotation.Key.Text, function.Name, hint);
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
            // An error has said so. What is generated all the same, for the rest of the project to be understood, is the call without a stream.
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

        // The args/result wrappers of unary methods carry exceptions as ping-pong does.
        if (function.IsStreaming && function.Syntax.Throws.Count > 0)
        {
            Report(Rules.StreamingThrows, file, span, service, function.Name);
        }
    }
}
