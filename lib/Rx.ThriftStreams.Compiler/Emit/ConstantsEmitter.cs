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

            code.Doc(constant.Doc, "The constant " + CSharp.Code(constant.Name) + " of the IDL" + (FrozenValue.IsFreezable(constant.Type) ? "." : ": a new value on each access."));
            code.Line(Declaration(constant, value));
            code.Line();
        }

        code.Close();
    }

    // A constant that holds structs cannot be read-only, since structs are mutable: each access creates a value of its own.
    private static string Declaration(ConstSymbol constant, ConstValue value)
    {
        var (name, type) = (constant.CSharpName, constant.Type);
        if (CSharp.IsCompileTime(value, type))
        {
            return $"public const {CSharp.Type(type)} {name} = {CSharp.Value(value, type)};";
        }

        return FrozenValue.IsFreezable(type)
            ? $"public static {FrozenValue.Type(type)} {name} {{ get; }} = {FrozenValue.Value(value, type)};"
            : $"public static {CSharp.Type(type)} {name} => {CSharp.Value(value, type)};";
    }
}
