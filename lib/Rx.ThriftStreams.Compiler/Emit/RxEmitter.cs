using System.Linq;

namespace Rx.ThriftStreams.Compiler.Emit;

/// <summary>The contract with observables, and the adapters between the two contracts.</summary>
internal static class RxEmitter
{
    private const string Reactive = "global::Rx.ThriftStreams.Reactive.";
    private const string Buffer = Reactive + "ObservableBufferOptions?";

    public static void EmitInterface(CodeWriter code, ServiceModel service)
    {
        code.Doc(service.Symbol.Doc, "The service " + CSharp.Code(service.Symbol.Name) + " of the IDL with observables. They are cold: each subscription starts a call, and disposing it cancels the call.");
        code.Line(CSharp.GeneratedCode);
        var inherited = service.Symbol.Base is { } parent ? " : " + ServiceEmitter.InterfaceOf(parent, "Rx") : "";
        code.Open($"public interface I{service.Name}Rx{inherited}");
        foreach (var function in service.OwnFunctions)
        {
            ServiceEmitter.Document(code, function);
            code.Line($"{function.RxReturnType} {function.Symbol.CSharpName}({function.RxParameterList});");
            code.Line();
        }

        code.Close();
    }

    public static void EmitExtensions(CodeWriter code, ServiceModel service)
    {
        code.Line($"/// <summary>Converts the contract of {CSharp.Code(service.Symbol.Name)} between asynchronous streams and observables.</summary>");
        code.Line(CSharp.GeneratedCode);
        code.Open($"public static class {service.Name}RxExtensions");
        code.Line("/// <summary>The same service with observables; each subscription starts a call.</summary>");
        code.Line("/// <param name=\"service\">A client, an implementation or a fake.</param>");
        code.Line("/// <param name=\"buffer\">How observables that become requests are buffered; the defaults if omitted.</param>");
        code.Line("/// <param name=\"options\">Options for all calls; they override those of the client.</param>");
        code.Open($"public static {service.RxInterface} AsObservable(this {service.Interface} service, {Buffer} buffer = null, {FunctionModel.Options} options = null)");
        code.Line("global::System.ArgumentNullException.ThrowIfNull(service);");
        code.Line("return new ObservableAdapter(service, buffer, options);");
        code.Close();
        code.Line();
        code.Line("/// <summary>The same service with asynchronous streams, so that a server can host an implementation with observables.</summary>");
        code.Line("/// <param name=\"service\">The service with observables.</param>");
        code.Line("/// <param name=\"buffer\">How observables that become responses are buffered; the defaults if omitted.</param>");
        code.Open($"public static {service.Interface} AsAsyncEnumerable(this {service.RxInterface} service, {Buffer} buffer = null)");
        code.Line("global::System.ArgumentNullException.ThrowIfNull(service);");
        code.Line("return new AsyncEnumerableAdapter(service, buffer);");
        code.Close();
        code.Line();
        Adapter(code, "ObservableAdapter", service.RxInterface, (service.Interface, "service"), (Buffer, "buffer"), (FunctionModel.Options, "options"));
        foreach (var function in service.Functions)
        {
            code.Line($"public {function.RxReturnType} {function.Symbol.CSharpName}({function.RxParameterList})");
            code.Line("    => " + ToObservable(function) + ";");
            code.Line();
        }

        code.Close();
        code.Line();
        Adapter(code, "AsyncEnumerableAdapter", service.Interface, (service.RxInterface, "service"), (Buffer, "buffer"));
        foreach (var function in service.Functions)
        {
            code.Line($"public {function.ReturnType} {function.MethodName}({function.Leading}{FunctionModel.Token} cancellationToken)");
            code.Line("    => " + ToAsync(function) + ";");
            code.Line();
        }

        code.Close();
        code.Close();
    }

    // Fields begin with an underscore, parameters do not: an argument called "service" hides nothing.
    private static void Adapter(CodeWriter code, string name, string contract, params (string Type, string Name)[] state)
    {
        code.Open($"private sealed class {name} : {contract}");
        foreach (var (type, field) in state)
        {
            code.Line($"private readonly {type} _{field};");
        }

        code.Line();
        code.Open($"public {name}({string.Join(", ", state.Select(static s => s.Type + " " + s.Name))})");
        foreach (var (_, field) in state)
        {
            code.Line($"_{field} = {field};");
        }

        code.Close();
        code.Line();
    }

    private static string ToObservable(FunctionModel function)
    {
        var requests = Reactive + "ThriftObservable.AsBoundedStream(requests, _buffer)";
        var names = function.TakesStream ? requests + ", " : function.LeadingNames;
        return function.ReturnsStream
            ? $"{Reactive}ThriftObservable.AsColdObservable(_service.{function.MethodName}({names}_options))"
            : $"{Reactive}ThriftObservable.FromCall(cancellationToken => _service.{function.MethodName}({names}_options, cancellationToken))";
    }

    private static string ToAsync(FunctionModel function)
    {
        var names = function.TakesStream ? Reactive + "ThriftObservable.AsColdObservable(requests)" : string.Join(", ", function.Parameters.Select(static p => p.Name));
        var call = $"_service.{function.Symbol.CSharpName}({names})";
        return function.ReturnsStream
            ? $"{Reactive}ThriftObservable.AsBoundedStream({call}, _buffer, cancellationToken)"
            : $"{Reactive}ThriftObservable.ToTask({call}, cancellationToken)";
    }
}
