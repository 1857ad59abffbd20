using Rx.ThriftStreams.Compiler.Semantics;

namespace Rx.ThriftStreams.Compiler.Emit;

/// <summary>Code that reads and writes one value of any type.</summary>
internal static class ValueCode
{
    public const string ReaderConstraint = "where TReader : struct, global::Rx.ThriftStreams.Serialization.IThriftReader, allows ref struct";
    public const string WriterConstraint = "where TWriter : struct, global::Rx.ThriftStreams.Serialization.IThriftWriter, allows ref struct";

    private const int MaxInitialCapacity = 1024;
    private const string Marshal = "global::System.Runtime.InteropServices.CollectionsMarshal.";
    private const string MemoryMarshal = "global::System.Runtime.InteropServices.MemoryMarshal.";

    /// <summary>An expression that reads a value that is not a container.</summary>
    public static string Read(TypeRef type) => type.Kind switch
    {
        TypeKind.Enum => "(" + type.Enum.GlobalName + ")reader.ReadI32()",
        TypeKind.Struct => type.Struct.GlobalName + ".Read(ref reader)",
        _ => "reader.Read" + type.Kind + "()",
    };

    /// <summary>Statements that read a container into a new variable <paramref name="target"/>.</summary>
    public static void ReadContainer(CodeWriter code, TypeRef type, string target, int depth)
    {
        var n = "n" + depth;
        var i = "i" + depth;
        switch (type.Kind)
        {
            case TypeKind.List:
                code.Line($"int {n} = reader.ReadListHeader({CSharp.WireType(type.Element)});");
                if (CSharp.IsBulk(type.Element))
                {
                    code.Line($"var {target} = {CSharp.NewContainer(type, n, n)};");
                    code.Line($"{Marshal}SetCount({target}, {n});");
                    var span = $"{Marshal}AsSpan({target})";
                    span = type.Element.Kind == TypeKind.Enum ? $"{MemoryMarshal}Cast<{CSharp.Type(type.Element)}, int>({span})" : span;
                    code.Line($"reader.Read{CSharp.Primitive(type.Element)}Elements({span});");
                    return;
                }

                break;
            case TypeKind.Set:
                code.Line($"int {n} = reader.ReadSetHeader({CSharp.WireType(type.Element)});");
                break;
            default:
                code.Line($"int {n} = reader.ReadMapHeader({CSharp.WireType(type.Key)}, {CSharp.WireType(type.Element)});");
                break;
        }

        // The reader has checked the count against the remaining bytes, but in a recursive type every level can claim the same bytes:
        // beyond a modest size the container grows as elements arrive.
        code.Line($"var {target} = {CSharp.NewContainer(type, n, $"global::System.Math.Min({n}, {MaxInitialCapacity})")};");
        code.Open($"for (int {i} = 0; {i} < {n}; {i}++)");
        if (type.Kind == TypeKind.Map)
        {
            var key = ReadElement(code, type.Key, "k" + depth, depth + 1, always: true);
            var value = ReadElement(code, type.Element, "v" + depth, depth + 1, always: false);
            code.Line($"{target}[{key}] = {value};");
        }
        else
        {
            code.Line($"{target}.Add({ReadElement(code, type.Element, "e" + depth, depth + 1, always: false)});");
        }

        code.Close();
    }

    /// <summary>Statements that write <paramref name="value"/> and evaluate it once.</summary>
    public static void Write(CodeWriter code, TypeRef type, string value, int depth)
    {
        switch (type.Kind)
        {
            case TypeKind.List when CSharp.IsBulk(type.Element):
                var span = $"{Marshal}AsSpan({value})";
                code.Line($"global::System.ReadOnlySpan<{(type.Element.Kind == TypeKind.Enum ? "int" : CSharp.Type(type.Element))}> s{depth} = "
                    + (type.Element.Kind == TypeKind.Enum ? $"{MemoryMarshal}Cast<{CSharp.Type(type.Element)}, int>({span});" : span + ";"));
                code.Line($"writer.WriteListHeader({CSharp.WireType(type.Element)}, s{depth}.Length);");
                code.Line($"writer.Write{CSharp.Primitive(type.Element)}Elements(s{depth});");
                break;
            case TypeKind.List:
                code.Line($"var s{depth} = {Marshal}AsSpan({value});");
                code.Line($"writer.WriteListHeader({CSharp.WireType(type.Element)}, s{depth}.Length);");
                code.Open($"foreach (var e{depth} in s{depth})");
                Write(code, type.Element, "e" + depth, depth + 1);
                code.Close();
                break;
            case TypeKind.Set:
                code.Line($"var c{depth} = {value};");
                code.Line($"writer.WriteSetHeader({CSharp.WireType(type.Element)}, c{depth}.Count);");
                code.Open($"foreach (var e{depth} in c{depth})");
                Write(code, type.Element, "e" + depth, depth + 1);
                code.Close();
                break;
            case TypeKind.Map:
                code.Line($"var c{depth} = {value};");
                code.Line($"writer.WriteMapHeader({CSharp.WireType(type.Key)}, {CSharp.WireType(type.Element)}, c{depth}.Count);");
                code.Open($"foreach (var p{depth} in c{depth})");
                WriteNested(code, type.Key, $"p{depth}.Key", depth + 1);
                WriteNested(code, type.Element, $"p{depth}.Value", depth + 1);
                code.Close();
                break;
            case TypeKind.Struct:
                code.Line($"{value}.Write(ref writer);");
                break;
            case TypeKind.Enum:
                code.Line($"writer.WriteI32((int){value});");
                break;
            case TypeKind.Binary or TypeKind.PooledBinary:
                code.Line($"writer.WriteBinary({value}.Span);");
                break;
            default:
                code.Line($"writer.Write{type.Kind}({value});");
                break;
        }
    }

    // Key and value of a pair can both be containers, whose variables would collide.
    private static void WriteNested(CodeWriter code, TypeRef type, string value, int depth)
    {
        if (type.IsContainer)
        {
            code.Open();
            Write(code, type, value, depth);
            code.Close();
        }
        else
        {
            Write(code, type, value, depth);
        }
    }

    // A key is read before its value, so it needs a variable; any other plain value is read where it is used.
    private static string ReadElement(CodeWriter code, TypeRef type, string variable, int depth, bool always)
    {
        if (!type.IsContainer)
        {
            if (!always)
            {
                return Read(type);
            }

            code.Line($"var {variable} = {Read(type)};");
            return variable;
        }

        code.Line($"{CSharp.Type(type)} {variable};");
        code.Open();
        ReadContainer(code, type, "c" + depth, depth);
        code.Line($"{variable} = c{depth};");
        code.Close();
        return variable;
    }
}
