namespace Rx.ThriftStreams.Compiler.Emit;

/// <summary>The abstract classes from which implementations and fakes may derive, so that a new function does not break them.</summary>
internal static class BaseEmitter
{
    private const string Unimplemented = "global::Rx.ThriftStreams.Contracts.ThriftUnimplemented.";

    public static void Emit(CodeWriter code, ServiceModel service)
    {
        Open(code, service, service.Interface, "", "the interface");
        foreach (var function in service.OwnFunctions)
        {
            code.Line("/// <inheritdoc/>");
            code.Line("public virtual " + function.Signature);
            code.Line($"    => {Unimplemented}{(function.ReturnsStream ? "StreamAsync" : "CallAsync")}{TypeArgument(function.Return)}({function.Field});");
            code.Line();
        }

        code.Close();
    }

    public static void EmitRx(CodeWriter code, ServiceModel service)
    {
        Open(code, service, service.RxInterface, "Rx", "the interface with observables");
        foreach (var function in service.OwnFunctions)
        {
            code.Line("/// <inheritdoc/>");
            code.Line($"public virtual {function.RxReturnType} {function.Symbol.CSharpName}({function.RxParameterList})");
            code.Line($"    => {Unimplemented}Observable{TypeArgument(function.Return.Length == 0 ? "global::System.Reactive.Unit" : function.Return)}({function.Field});");
            code.Line();
        }

        code.Close();
    }

    private static void Open(CodeWriter code, ServiceModel service, string contract, string suffix, string what)
    {
        code.Line($"/// <summary>Implements {what} of the service {CSharp.Code(service.Symbol.Name)} by methods that fail with Unimplemented until they are overridden.</summary>");
        code.Line("/// <remarks>A class that derives from it still compiles when the IDL has a new function.</remarks>");
        code.Line(CSharp.GeneratedCode);
        var parent = service.Symbol.Base is { } inherited ? ServiceEmitter.ClassOf(inherited, suffix + "Base") + ", " : "";
        code.Open($"public abstract class {service.Name}{suffix}Base : {parent}{contract}");
    }

    private static string TypeArgument(string type) => type.Length == 0 ? "" : "<" + type + ">";
}
