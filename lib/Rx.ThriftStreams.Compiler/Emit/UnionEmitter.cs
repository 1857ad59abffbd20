using System.Collections.Generic;
using System.Linq;
using Rx.ThriftStreams.Compiler.Semantics;

namespace Rx.ThriftStreams.Compiler.Emit;

/// <summary>Unions: a closed set of cases, each a nested class.</summary>
internal static class UnionEmitter
{
    public static void Emit(CodeWriter code, StructSymbol symbol, List<FieldSymbol> symbols)
    {
        var fields = MemberField.Of(symbols);
        var name = symbol.GlobalName;
        code.Doc(symbol.Doc, "The union " + CSharp.Code(symbol.Name) + " of the IDL: exactly one of its cases.");
        code.Line(UnionJsonEmitter.Attribute(symbol));
        code.Line(CSharp.GeneratedCode);
        code.Open($"public abstract partial class {symbol.CSharpName} : {CSharp.Serialization}IThriftStruct<{name}>, global::System.IEquatable<{name}>");
        code.Open($"private {symbol.CSharpName}()");
        code.Close();
        code.Line();
        foreach (var field in fields)
        {
            EmitCase(code, symbol, field);
        }

        EmitMatch(code, fields);
        EmitRead(code, symbol, fields);
        EmitWrite(code, fields);
        UnionJsonEmitter.Emit(code, symbol, fields);
        code.Line("/// <inheritdoc/>");
        code.Line($"public abstract bool Equals({CSharp.NotNullWhenTrue}{name}? other);");
        code.Line();
        code.Line("/// <inheritdoc/>");
        code.Line($"public sealed override bool Equals({CSharp.NotNullWhenTrue}object? obj) => obj is {name} other && Equals(other);");
        code.Line();
        code.Line("/// <inheritdoc/>");
        code.Line("public abstract override int GetHashCode();");
        code.Close();
    }

    public static string Case(MemberField field) => field.Name.TrimStart('@') + "Case";

    private static string Type(MemberField field) => CSharp.Type(field.Type);

    private static void EmitCase(CodeWriter code, StructSymbol symbol, MemberField field)
    {
        var type = Type(field);
        var name = Case(field);
        code.Doc(field.Symbol.Doc, $"The union with its field {CSharp.Code(field.Symbol.Name)} set, id {field.Id}.");
        code.Line("/// <param name=\"value\">The field's value.</param>");
        code.Line($"public static {symbol.GlobalName} {field.Name}({type} value) => new {name}(value);");
        code.Line();
        code.Doc(field.Symbol.Doc, $"The case {CSharp.Code(field.Symbol.Name)} of {CSharp.Code(symbol.Name)}.");
        code.Line(UnionJsonEmitter.Attribute(symbol));
        code.Line(CSharp.GeneratedCode);
        code.Open($"public sealed partial class {name} : {symbol.GlobalName}");
        if (CSharp.NeedsComparer(field.Type))
        {
            code.Line($"private static readonly {CSharp.Collections}IEqualityComparer<{type}> __comparer = {CSharp.Comparer(field.Type)};");
            code.Line();
        }

        code.Line("/// <summary>Creates the case.</summary>");
        code.Line("/// <param name=\"value\">The field's value.</param>");
        code.Open($"public {name}({type} value)");
        if (!field.Type.IsValueType)
        {
            code.Line("global::System.ArgumentNullException.ThrowIfNull(value);");
        }

        code.Line("Value = value;");
        code.Close();
        code.Line();
        code.Line("/// <summary>The field's value.</summary>");
        code.Line($"public {type} Value {{ get; }}");
        code.Line();
        var comparer = CSharp.NeedsComparer(field.Type) ? "__comparer" : CSharp.Comparer(field.Type);
        code.Line("/// <inheritdoc/>");
        code.Line($"public override bool Equals({CSharp.NotNullWhenTrue}{symbol.GlobalName}? other) => other is {name} same && {comparer}.Equals(Value, same.Value);");
        code.Line();
        code.Line("/// <inheritdoc/>");
        code.Line($"public override int GetHashCode() => global::System.HashCode.Combine({field.Id}, {comparer}.GetHashCode(Value));");
        code.Line();
        code.Line("/// <summary>The value as text for people; the format can change.</summary>");
        code.Open("public override string ToString()");
        code.Line($"var printer = new {CSharp.Serialization}ThriftPrinter({CSharp.Literal(symbol.CSharpName.TrimStart('@'))});");
        code.Line($"printer.Add({CSharp.Literal(field.Name.TrimStart('@'))}, Value);");
        code.Line("return printer.ToString();");
        code.Close();
        code.Close();
        code.Line();
    }

    private static void EmitMatch(CodeWriter code, List<MemberField> fields)
    {
        if (fields.Count == 0)
        {
            return;
        }

        code.Line("/// <summary>Calls the function for the current case and returns its result.</summary>");
        Parameters(code, fields);
        code.Line("/// <returns>The result of the function.</returns>");
        code.Open($"public TResult Match<TResult>({string.Join(", ", fields.Select(static f => $"global::System.Func<{Type(f)}, TResult> {Parameter(f)}"))})");
        NullChecks(code, fields);
        code.Open("return this switch");
        foreach (var field in fields)
        {
            code.Line($"{Case(field)} x => {Parameter(field)}(x.Value),");
        }

        code.Line("_ => throw new global::System.InvalidOperationException(\"Not a case of the union.\"),");
        code.Close(";");
        code.Close();
        code.Line();

        code.Line("/// <summary>Calls the action for the current case.</summary>");
        Parameters(code, fields);
        code.Open($"public void Switch({string.Join(", ", fields.Select(static f => $"global::System.Action<{Type(f)}> {Parameter(f)}"))})");
        NullChecks(code, fields);
        code.Open("switch (this)");
        foreach (var field in fields)
        {
            code.Line($"case {Case(field)} x:");
            code.Line($"    {Parameter(field)}(x.Value);");
            code.Line("    break;");
        }

        code.Close();
        code.Close();
        code.Line();
    }

    // The prefix "on" avoids keywords; the names are unique because the cases are.
    private static string Parameter(MemberField field) => "on" + field.Name.TrimStart('@');

    private static void Parameters(CodeWriter code, List<MemberField> fields)
    {
        foreach (var field in fields)
        {
            code.Line($"/// <param name=\"{Parameter(field)}\">Called for the case {CSharp.Code(field.Symbol.Name)}.</param>");
        }
    }

    private static void NullChecks(CodeWriter code, List<MemberField> fields)
    {
        foreach (var field in fields)
        {
            code.Line($"global::System.ArgumentNullException.ThrowIfNull({Parameter(field)});");
        }
    }

    private static void EmitRead(CodeWriter code, StructSymbol symbol, List<MemberField> fields)
    {
        var name = symbol.GlobalName;
        code.Line("/// <inheritdoc/>");
        code.Line(CSharp.Hidden);
        code.Line($"public static {name} Read<TReader>(ref TReader reader)");
        code.Line("    " + ValueCode.ReaderConstraint);
        code.Line($"    => ReadOrNull(ref reader) ?? throw new global::Rx.ThriftStreams.ThriftProtocolException({CSharp.Literal($"union {symbol.Name}: exactly one field must be set, but no known one is.")});");
        code.Line();
        code.Line("/// <summary>Reads a union that can be missing: <see langword=\"null\"/> if no field is set, or an unknown one.</summary>");
        code.Line("/// <param name=\"reader\">The reader.</param>");
        code.Line(CSharp.Hidden);
        code.Line($"public static {name}? ReadOrNull<TReader>(ref TReader reader)");
        code.Line("    " + ValueCode.ReaderConstraint);
        code.Open();
        code.Line($"{name}? result = null;");
        code.Line($"reader.BeginStruct({ObjectSize.OfUnion(fields)});");
        code.Open("while (reader.ReadFieldHeader(out var type, out var id))");
        if (fields.Count == 0)
        {
            code.Line("reader.Skip(type);");
        }
        else
        {
            code.Line($"{name} next;");
            code.Open("switch (id)");
            foreach (var field in fields)
            {
                code.Line($"case {field.Id} when type == {CSharp.WireType(field.Type)}:");
                code.Open();
                if (field.Type.IsContainer)
                {
                    ValueCode.ReadContainer(code, field.Type, "content", 0);
                    code.Line($"next = new {Case(field)}(content);");
                }
                else
                {
                    code.Line($"next = new {Case(field)}({ValueCode.Read(field.Type)});");
                }

                code.Line("break;");
                code.Close();
            }

            code.Line("default:");
            code.Line("    reader.Skip(type);");
            code.Line("    continue;");
            code.Close();
            code.Line();
            code.Open("if (result is not null)");
            code.Line($"throw new global::Rx.ThriftStreams.ThriftProtocolException({CSharp.Literal($"union {symbol.Name}: exactly one field must be set, but several are.")}, -1, id);");
            code.Close();
            code.Line();
            code.Line("result = next;");
        }

        code.Close();
        code.Line();
        code.Line("reader.EndStruct();");
        code.Line("return result;");
        code.Close();
        code.Line();
    }

    private static void EmitWrite(CodeWriter code, List<MemberField> fields)
    {
        code.Line("/// <inheritdoc/>");
        code.Line(CSharp.Hidden);
        code.Line("public void Write<TWriter>(ref TWriter writer)");
        code.Line("    " + ValueCode.WriterConstraint);
        code.Open();
        code.Line("writer.BeginStruct();");
        if (fields.Count > 0)
        {
            code.Open("switch (this)");
            foreach (var field in fields)
            {
                code.Line($"case {Case(field)} x{field.Index}:");
                code.Open();
                FieldCode.WriteValue(code, field, $"x{field.Index}.Value");
                code.Line("break;");
                code.Close();
            }

            code.Close();
            code.Line();
        }

        code.Line("writer.EndStruct();");
        code.Close();
        code.Line();
    }
}
