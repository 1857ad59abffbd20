using System.Globalization;
using Rx.ThriftStreams.Compiler.Semantics;

namespace Rx.ThriftStreams.Compiler.Emit;

/// <summary>Enums are open: unknown numbers are preserved.</summary>
internal static class EnumEmitter
{
    public static void Emit(CodeWriter code, EnumSymbol symbol)
    {
        code.Doc(symbol.Doc, "The enum " + CSharp.Code(symbol.Name) + " of the IDL. A peer may send other numbers.");
        code.Line(CSharp.GeneratedCode);
        code.Open($"public enum {symbol.CSharpName} : int");
        foreach (var member in symbol.Members)
        {
            code.Doc(member.Doc, "The value " + CSharp.Code(member.Name) + " of the IDL.");
            code.Line(member.CSharpName + " = " + member.Value.ToString(CultureInfo.InvariantCulture) + ",");
            code.Line();
        }

        code.Close();
    }
}
