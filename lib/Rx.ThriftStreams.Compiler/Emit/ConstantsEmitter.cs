using Rx.ThriftStreams.Compiler.Semantics;

namespace Rx.ThriftStreams.Compiler.Emit;

/// <summary>The constants of a file, in one static class.</summary>
internal static class ConstantsEmitter
{
    public static void Emit(CodeWriter code, FileSymbol file)
    {
        code.Line("/// <summary>The constants of " + CSharp.Code(file.Source.BaseName + ".thrift") + ".</summary>");
        code.Line(CSharp.GeneratedCode);
        code.Open($"public static class {file.ConstantsClass}");
        foreach (var constant in file.Consts)
        {
            if (constant.Value is not { } value)
            {
                continue;
            }

            code.Doc(constant.Doc, "The constant " + CSharp.Code(constant.Name) + " of the IDL.");
            var type = CSharp.Type(constant.Type);
            code.Line(CSharp.IsCompileTime(value, constant.Type)
                ? $"public const {type} {constant.CSharpName} = {CSharp.Value(value, constant.Type)};"
                : $"public static {type} {constant.CSharpName} {{ get; }} = {CSharp.Value(value, constant.Type)};");
            code.Line();
        }

        code.Close();
    }
}
