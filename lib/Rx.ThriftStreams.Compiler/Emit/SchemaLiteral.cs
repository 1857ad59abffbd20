using System.Linq;
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

    /// <summary>The last argument of a descriptor; nothing for clients alone, which do not describe themselves.</summary>
    public static string Argument(ServiceModel service)
        => service.Symbol.File.Options.Sides == ServiceSides.Client ? "" : ", " + service.Prefix + FirstOf(service).CSharpName + "Descriptor.Schema";

    /// <summary>The member that the argument refers to, in the descriptor of the first service.</summary>
    public static void Emit(CodeWriter code, ServiceModel service, Binder binder)
    {
        if (FirstOf(service) != service.Symbol || service.Symbol.File.Options.Sides == ServiceSides.Client)
        {
            return;
        }

        code.Line();
        code.Line(SchemaText.Of([.. FileEmitter.ServicesOf(service.Symbol.File)], binder, MaxLength) is { } text
            ? $"internal static string? Schema() => global::System.Text.Encoding.UTF8.GetString({CSharp.Literal(text)}u8);"
            : "internal static string? Schema() => null;");
    }

    private static ServiceSymbol FirstOf(ServiceModel service) => FileEmitter.ServicesOf(service.Symbol.File).First();
}
