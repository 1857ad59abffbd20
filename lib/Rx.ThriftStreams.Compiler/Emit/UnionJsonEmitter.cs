using System.Collections.Generic;
using Rx.ThriftStreams.Compiler.Semantics;

namespace Rx.ThriftStreams.Compiler.Emit;

/// <summary>The converter with which System.Text.Json reads and writes a union: an object whose one property is the case.</summary>
internal static class UnionJsonEmitter
{
    public const string ConverterName = "UnionJsonConverter";

    private const string Json = "global::System.Text.Json.";

    public static string Attribute(StructSymbol symbol) => $"[{Json}Serialization.JsonConverter(typeof({symbol.GlobalName}.{ConverterName}))]";

    public static void Emit(CodeWriter code, StructSymbol symbol, List<MemberField> fields)
    {
        var union = symbol.GlobalName;
        code.Line("/// <summary>Reads and writes the union as a JSON object whose one property is the case.</summary>");
        code.Line(CSharp.Hidden);
        code.Open($"public sealed class {ConverterName} : {CSharp.Serialization}ThriftUnionJsonConverter<{union}>");
        code.Line("/// <summary>Creates the converter.</summary>");
        code.Line($"public {ConverterName}()");
        code.Line($"    : base({string.Join(", ", fields.ConvertAll(static f => CSharp.Literal(f.Name.TrimStart('@'))))})");
        code.Open();
        code.Close();
        code.Line();
        code.Line("/// <inheritdoc/>");
        code.Open($"protected override {union} ReadCase(int index, ref {Json}Utf8JsonReader reader, {Json}JsonSerializerOptions options)");
        code.Open("return index switch");
        for (var i = 0; i < fields.Count; i++)
        {
            code.Line($"{i} => new {UnionEmitter.Case(fields[i])}(ReadValue<{CSharp.Type(fields[i].Type)}>(ref reader, options)),");
        }

        code.Line($"_ => throw new {Json}JsonException(),");
        code.Close(";");
        code.Close();
        code.Line();
        code.Line("/// <inheritdoc/>");
        code.Open($"public override void Write({Json}Utf8JsonWriter writer, {union} value, {Json}JsonSerializerOptions options)");
        if (fields.Count > 0)
        {
            code.Open("switch (value)");
            for (var i = 0; i < fields.Count; i++)
            {
                code.Line($"case {UnionEmitter.Case(fields[i])} x:");
                code.Line($"    WriteCase(writer, {i}, x.Value, options);");
                code.Line("    break;");
            }

            code.Close();
        }

        code.Close();
        code.Close();
        code.Line();
    }
}
