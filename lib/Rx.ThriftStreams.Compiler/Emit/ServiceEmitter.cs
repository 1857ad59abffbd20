using System;
using System.Linq;
using Rx.ThriftStreams.Compiler.Semantics;

namespace Rx.ThriftStreams.Compiler.Emit;

/// <summary>The contract of a service with its descriptor, client, Rx interface and adapters.</summary>
internal static class ServiceEmitter
{
    private const string Product = "global::Rx.ThriftStreams.";
    private const string Contracts = "global::Rx.ThriftStreams.Contracts.";

    public static void Emit(Output output, ServiceSymbol symbol, Binder binder)
    {
        var service = new ServiceModel(symbol, binder);
        EmitInterface(output.Begin(), service);
        output.End("I" + service.Name);
        BaseEmitter.Emit(output.Begin(), service);
        output.End(service.Name + "Base");
        DescriptorEmitter.Emit(output.Begin(), service, binder);
        output.End(service.Name + "Descriptor");
        if (symbol.File.Options.Sides != ServiceSides.Server)
        {
            ClientEmitter.Emit(output.Begin(), service);
            output.End(service.Name + "Client");
        }

        RxEmitter.EmitInterface(output.Begin(), service);
        output.End("I" + service.Name + "Rx");
        BaseEmitter.EmitRx(output.Begin(), service);
        output.End(service.Name + "RxBase");
        RxEmitter.EmitExtensions(output.Begin(), service);
        output.End(service.Name + "RxExtensions");
    }

    private static void EmitInterface(CodeWriter code, ServiceModel service)
    {
        code.Doc(service.Symbol.Doc, "The service " + CSharp.Code(service.Symbol.Name) + " of the IDL, implemented by its client, by servers and by fakes.");
        code.Line("/// <remarks>Methods that return a stream are cold: each enumeration of the stream starts a call.</remarks>");
        code.Line(CSharp.GeneratedCode);
        var hasClient = service.Symbol.File.Options.Sides != ServiceSides.Server;
        var inherited = service.Symbol.Base is { } parent ? InterfaceOf(parent) + ", " : "";
        code.Open($"public interface I{service.Name} : {inherited}{Contracts}IThriftService<{service.Interface}>{(hasClient ? $", {Product}IThriftClientFactory<{service.Interface}>" : "")}");
        foreach (var function in service.OwnFunctions)
        {
            Document(code, function);
            code.Line("/// <param name=\"cancellationToken\">Cancels the call, also at the peer.</param>");
            code.Line(function.Signature + ";");
            code.Line();
            Document(code, function);
            code.Line("/// <param name=\"options\">Options for this call; they override those of the client. Implementations other than clients ignore them unless they implement this overload.</param>");
            code.Line("/// <param name=\"cancellationToken\">Cancels the call, also at the peer.</param>");
            code.Line(FunctionModel.Preferred);
            code.Line(function.OptionsSignature);
            code.Line($"    => this.{function.MethodName}({function.LeadingNames}cancellationToken);");
            code.Line();
        }

        code.Line("/// <inheritdoc/>");
        code.Line($"static {Contracts}ThriftServiceDescriptor<{service.Interface}> {Contracts}IThriftService<{service.Interface}>.Descriptor => {service.Descriptor}.Instance;");
        if (hasClient)
        {
            code.Line();
            code.Line("/// <inheritdoc/>");
            code.Line($"static {service.Interface} {Product}IThriftClientFactory<{service.Interface}>.CreateClient({Product}ThriftChannel channel, {FunctionModel.Options} options)");
            code.Line($"    => new {service.Name}Client(channel, options);");
        }

        code.Close();
    }

    public static string InterfaceOf(ServiceSymbol symbol, string suffix = "")
        => Prefixed(symbol, "I") + suffix;

    public static string ClassOf(ServiceSymbol symbol, string suffix) => Prefixed(symbol, "") + suffix;

    /// <summary>Summary, exceptions, parameters and result of a method, but for the token and the options.</summary>
    public static void Document(CodeWriter code, FunctionModel function, bool withReturns = true)
    {
        var doc = DocText.Parse(function.Symbol.Doc);
        DocumentFunction(code, function, doc);
        DocumentParameters(code, function, doc);
        if (withReturns && doc.Returns is { } returns && !(function.Symbol.ReturnType is null && !function.ReturnsStream))
        {
            code.Line($"/// <returns>{returns}</returns>");
        }
    }

    private static string Prefixed(ServiceSymbol symbol, string prefix)
        => "global::" + (symbol.File.Namespace.Length == 0 ? "" : symbol.File.Namespace + ".") + prefix + symbol.CSharpName;

    /// <summary>Summary and exceptions of a method.</summary>
    public static void DocumentFunction(CodeWriter code, FunctionModel function, DocText doc)
    {
        code.Doc(doc, "The function " + CSharp.Code(function.Symbol.Name) + " of the IDL.");
        foreach (var thrown in function.Symbol.Throws.Where(static t => t.Type.Kind == TypeKind.Struct))
        {
            var text = doc.Exceptions.FirstOrDefault(e => e.Key == thrown.Type.Struct.Name || e.Key.EndsWith("." + thrown.Type.Struct.Name, StringComparison.Ordinal)).Value;
            code.Line($"/// <exception cref=\"{thrown.Type.Struct.GlobalName}\">{text ?? "The service threw the exception " + CSharp.Code(thrown.Type.Struct.Name) + "."}</exception>");
        }
    }

    private static void DocumentParameters(CodeWriter code, FunctionModel function, DocText doc)
    {
        if (function.TakesStream)
        {
            code.Line($"/// <param name=\"requests\">{doc.Parameter(function.Symbol.Arguments[0].Name) ?? "The messages to send."}</param>");
            return;
        }

        foreach (var parameter in function.Parameters)
        {
            var own = DocText.Parse(parameter.Field.Doc).Summary?.Replace("\n", " ");
            var text = own ?? doc.Parameter(parameter.Field.Name) ?? "The argument " + CSharp.Code(parameter.Field.Name) + ".";
            code.Line($"/// <param name=\"{parameter.DocName}\">{text}</param>");
        }
    }
}
