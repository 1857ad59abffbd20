using System.Linq;
using Rx.ThriftStreams.Compiler.Semantics;

namespace Rx.ThriftStreams.Compiler.Emit;

/// <summary>The client: the contract over a channel, and methods that return a call object.</summary>
internal static class ClientEmitter
{
    private const string Product = "global::Rx.ThriftStreams.";
    private const string ValueTask = "global::System.Threading.Tasks.ValueTask<";

    public static void Emit(CodeWriter code, ServiceModel service)
    {
        code.Line($"/// <summary>Calls the service {CSharp.Code(service.Symbol.Name)} over a channel. Safe for concurrent use.</summary>");
        code.Line(CSharp.GeneratedCode);
        code.Open($"public sealed partial class {service.Name}Client : {Product}ThriftClient, {service.Interface}");
        code.Line("/// <summary>Creates a client.</summary>");
        code.Line("/// <param name=\"channel\">The channel to the service. The client does not dispose it.</param>");
        code.Line("/// <param name=\"options\">Options for all calls; they override those of the channel.</param>");
        code.Line($"public {service.Name}Client({Product}ThriftChannel channel, {FunctionModel.Options} options = null)");
        code.Line("    : base(channel, options)");
        code.Open();
        code.Close();
        foreach (var function in service.Functions)
        {
            code.Line();
            EmitFunction(code, function);
        }

        code.Close();
    }

    private static void EmitFunction(CodeWriter code, FunctionModel function)
    {
        code.Line("/// <inheritdoc/>");
        Method(code, function, $"public {function.Signature}", "null", open: false);
        code.Line();
        code.Line("/// <inheritdoc/>");
        code.Line(FunctionModel.Preferred);
        Method(code, function, $"public {function.OptionsSignature}", "options", open: false);
        if (function.Symbol.IsOneway)
        {
            return;
        }

        code.Line();
        DocumentOpening(code, function);
        code.Line("/// <returns>The call once it is created, with its messages, headers, trailers and status. Dispose it.</returns>");
        var parameters = function.TakesStream ? "" : function.Leading;
        Method(
            code,
            function,
            $"public {ValueTask}{CallType(function)}> Open{function.Symbol.CSharpName}Async({parameters}{FunctionModel.Options} options = null, {FunctionModel.Token} cancellationToken = default)",
            "options",
            open: true);
        if (!function.Symbol.IsStreaming)
        {
            code.Line();
            EmitResult(code, function);
        }
    }

    private static void DocumentOpening(CodeWriter code, FunctionModel function)
    {
        if (!function.TakesStream)
        {
            ServiceEmitter.Document(code, function, withReturns: false);
        }
        else
        {
            ServiceEmitter.DocumentFunction(code, function, DocText.Parse(function.Symbol.Doc));
        }

        code.Line("/// <param name=\"options\">Options for this call; they override those of the client.</param>");
        code.Line("/// <param name=\"cancellationToken\">Cancels the call, also at the peer.</param>");
    }

    private static string CallType(FunctionModel function) => function.Symbol.Mode switch
    {
        StreamingMode.Bidirectional => $"{Product}ThriftDuplexStreamingCall<{function.RequestType}, {function.ResponseType}>",
        StreamingMode.Client => $"{Product}ThriftClientStreamingCall<{function.RequestType}, {function.ResponseType}>",
        StreamingMode.Server => $"{Product}ThriftServerStreamingCall<{function.ResponseType}>",
        _ => $"{Product}ThriftCall<{(function.Return.Length == 0 ? "bool" : function.Return)}>",
    };

    private static void Method(CodeWriter code, FunctionModel function, string signature, string options, bool open)
    {
        if (function.Symbol.IsStreaming)
        {
            var (name, arguments) = (function.Symbol.Mode, open) switch
            {
                (StreamingMode.Bidirectional, false) => ("DuplexStreamingAsync", "requests, "),
                (StreamingMode.Bidirectional, true) => ("OpenDuplexStreamingAsync", ""),
                (StreamingMode.Client, false) => ("ClientStreamingAsync", "requests, "),
                (StreamingMode.Client, true) => ("OpenClientStreamingAsync", ""),
                (_, false) => ("ServerStreamingAsync", function.LeadingNames),
                _ => ("OpenServerStreamingAsync", function.LeadingNames),
            };
            code.Line(signature);
            code.Line($"    => base.Invoker.{name}({function.Field}, {arguments}{options}, cancellationToken);");
            return;
        }

        code.Open(signature);
        foreach (var parameter in function.Parameters.Where(static p => !p.Field.Type.IsValueType))
        {
            code.Line($"global::System.ArgumentNullException.ThrowIfNull({parameter.Name});");
        }

        var fields = string.Concat(function.Parameters.Select(static p => $"{p.Field.CSharpName} = {p.Name}, "));
        var args = $"new {function.ArgsType} {{ {fields}}}";
        code.Line(function.Symbol.IsOneway
            ? $"return base.Invoker.SendOnewayAsync({function.Field}, {args}, {options}, cancellationToken);"
            : $"return base.Invoker.{(open ? "Open" : "")}CallAsync({function.Field}, {args}, __{function.ResultName}, {options}, cancellationToken);");
        code.Close();
    }

    private static void EmitResult(CodeWriter code, FunctionModel function)
    {
        var returns = function.Symbol.ReturnType is not null;
        code.Open($"private static {(returns ? function.Return : "bool")} __{function.ResultName}({function.ResultType} result)");
        if (returns)
        {
            code.Open($"if (result.{function.ResultFields[0].CSharpName} is {{ }} success)");
            code.Line("return success;");
            code.Close();
            code.Line();
        }

        foreach (var field in function.ResultFields.Skip(returns ? 1 : 0))
        {
            code.Open($"if (result.{field.CSharpName} is not null)");
            code.Line($"throw result.{field.CSharpName};");
            code.Close();
            code.Line();
        }

        code.Line(returns ? $"throw MissingResult({CSharp.Literal(function.Symbol.Name)});" : "return true;");
        code.Close();
    }
}
