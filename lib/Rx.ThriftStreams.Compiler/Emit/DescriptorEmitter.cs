using System.Collections.Generic;
using System.Linq;
using Rx.ThriftStreams.Compiler.Semantics;
using Rx.ThriftStreams.Compiler.Syntax;

namespace Rx.ThriftStreams.Compiler.Emit;

/// <summary>The descriptor: the methods with their wire names, and how a server calls an implementation.</summary>
internal static class DescriptorEmitter
{
    private const string Contracts = "global::Rx.ThriftStreams.Contracts.";

    public static void Emit(CodeWriter code, ServiceModel service, Binder binder)
    {
        var package = CSharp.Literal(service.Symbol.File.Package);
        var name = CSharp.Literal(service.Symbol.Name);
        code.Line(CSharp.GeneratedCode);
        code.Open($"internal static class {service.Name}Descriptor");
        foreach (var function in service.Functions)
        {
            var oneway = function.Symbol.IsOneway ? ", isOneway: true" : "";
            var member = function.MethodName == function.Symbol.Name + "Async" ? "" : $", memberName: {CSharp.Literal(function.MethodName)}";
            var idempotent = function.Symbol.IsIdempotent ? " { IsIdempotent = true }" : "";
            code.Line($"internal static readonly {Contracts}ThriftMethod<{function.RequestType}, {function.ResponseType}> {function.FieldName}"
                + $" = new({package}, {name}, {CSharp.Literal(function.Symbol.Name)}, {Contracts}ThriftStreamingMode.{function.Symbol.Mode}{oneway}{member}){idempotent};");
            code.Line();
        }

        // Also for clients alone: their fallbacks and the fakes of their tests are called by it, and it has the names of their methods.
        EmitBinder(code, service, package, name);
        EmitMessages(code, service);
        SchemaLiteral.Emit(code, service, binder);
        code.Close();
    }

    private static void EmitBinder(CodeWriter code, ServiceModel service, string package, string name)
    {
        var parameter = service.Functions.Count == 0 ? "_" : "binder";
        code.Line($"internal static readonly {Contracts}ThriftServiceDescriptor<{service.Interface}> Instance = new({package}, {name}, static {parameter} =>");
        code.Open();
        foreach (var function in service.Functions)
        {
            switch (function.Symbol.Mode)
            {
                case StreamingMode.Bidirectional:
                    code.Line($"binder.AddBidirectional({function.Field}, static (service, requests, cancellationToken) => service.{function.MethodName}(requests, cancellationToken));");
                    break;
                case StreamingMode.Client:
                    code.Line($"binder.AddClientStreaming({function.Field}, static (service, requests, cancellationToken) => service.{function.MethodName}(requests, cancellationToken));");
                    break;
                case StreamingMode.Server:
                    code.Line($"binder.AddServerStreaming({function.Field}, static (service, request, cancellationToken) => service.{function.MethodName}(request, cancellationToken));");
                    break;
                default:
                    EmitUnary(code, function);
                    break;
            }
        }

        code.Close(SchemaLiteral.Argument(service) + ");");
    }

    private static void EmitUnary(CodeWriter code, FunctionModel function)
    {
        // Parameters are in the order of the IDL, fields in the order of ids.
        var fields = function.Arguments.ToDictionary(static f => f.Symbol);
        var arguments = string.Concat(function.Symbol.Arguments.Select(a => Argument(function, fields[a]) + ", "));
        var call = $"await service.{function.MethodName}({arguments}cancellationToken).ConfigureAwait(false)";
        code.Line($"binder.AddUnary({function.Field}, static async (service, args, cancellationToken) =>");
        code.Open();
        var caught = Catchable(function);
        if (caught.Count > 0)
        {
            code.Open("try");
        }

        if (function.Symbol.ReturnType is null)
        {
            code.Line(call + ";");
            code.Line($"return new {function.ResultType}();");
        }
        else
        {
            code.Line($"return new {function.ResultType} {{ {function.ResultFields[0].CSharpName} = {call} }};");
        }

        if (caught.Count > 0)
        {
            code.Close();
            foreach (var field in caught)
            {
                code.Open($"catch ({CSharp.Type(field.Type)} exception)");
                code.Line($"return new {function.ResultType} {{ {field.CSharpName} = exception }};");
                code.Close();
            }
        }

        code.Close(");");
    }

    private static string Argument(FunctionModel function, MemberField field)
    {
        var value = "args." + field.Name;
        if (!field.IsNullable)
        {
            return value;
        }

        // A peer can leave out a nil struct; where an empty one is not a valid value, it is required.
        return field.Type.Struct.IsUnion || field.Type.Struct.HasRequiredFields
            ? $"{value} ?? throw global::Rx.ThriftStreams.ThriftProtocolException.RequiredFieldMissing({CSharp.Literal(function.Symbol.Name + "Args")}, {CSharp.Literal(field.Symbol.Name)}, {field.Id})"
            : $"{value} ?? new {CSharp.Type(field.Type)}()";
    }

    private static List<FieldSymbol> Catchable(FunctionModel function)
    {
        var types = new HashSet<StructSymbol>();
        return function.ResultFields.Where(f => f.Type.Kind == TypeKind.Struct && f.Type.Struct.Kind == StructKind.Exception && IsThrown(function, f) && types.Add(f.Type.Struct)).ToList();
    }

    private static bool IsThrown(FunctionModel function, FieldSymbol field) => function.Symbol.Throws.Contains(field);

    private static void EmitMessages(CodeWriter code, ServiceModel service)
    {
        var own = service.OwnFunctions.Where(static f => !f.Symbol.IsStreaming).ToList();
        if (own.Count == 0)
        {
            return;
        }

        code.Line();
        code.Open("internal static class Messages");
        foreach (var function in own)
        {
            StructEmitter.EmitWrapper(code, function.ArgsName, function.ArgsType, function.Symbol.Name + "Args", function.Symbol.Arguments, isResult: false);
            code.Line();
            StructEmitter.EmitWrapper(code, function.ResultName, function.ResultType, function.Symbol.Name + "Result", function.ResultFields, isResult: true);
            code.Line();
        }

        code.Close();
    }
}
