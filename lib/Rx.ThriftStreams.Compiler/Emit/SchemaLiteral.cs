using Rx.ThriftStreams.Compiler.Semantics;

namespace Rx.ThriftStreams.Compiler.Emit;

/// <summary>
/// The IDL that the services of a file carry, once for all of them: UTF-8 in the descriptor of the first, for which programs have more room than for strings, and which
/// nothing touches before it is asked for.
/// </summary>
internal static class SchemaLiteral
{
    /// <summary>Services whose IDL is longer carry none, so that a program does not grow without bounds.</summary>
    private const int MaxLength = 1024 * 1024;

    /// <summary>The last argument of a descriptor.</summary>
    public static string Argument(ServiceModel service) => ", " + service.Prefix + FileEmitter.ServicesOf(service.Symbol.File)[0].CSharpName + "Descriptor.Schema";

    /// <summary>The member that the argument refers to, in the descriptor of the first service.</summary>
    public static void Emit(CodeWriter code, ServiceModel service, Binder binder)
    {
        var services = FileEmitter.ServicesOf(service.Symbol.File);
        if (services[0] != service.Symbol || service.Symbol.File.Options.Sides == ServiceSides.Client)
        {
            return;
        }

        code.Line();
        code.Line(SchemaText.Of(services, binder, MaxLength) is { } text
            ? $"internal static string? Schema() => global::System.Text.Encoding.UTF8.GetString({CSharp.Literal(text)}u8);"
            : "internal static string? Schema() => null;");
    }
}
