using System.Globalization;
using System.Linq;
using System.Text;
using Rx.ThriftStreams.Compiler.Semantics;

namespace Rx.ThriftStreams.Compiler.Emit;

/// <summary>Types and values in C#, with fully qualified names.</summary>
internal static class CSharp
{
    public const string Serialization = "global::Rx.ThriftStreams.Serialization.";
    public const string Collections = "global::System.Collections.Generic.";
    public const string Utf8String = "global::Rx.ThriftStreams.ThriftUtf8String";
    public const string PooledBinary = "global::Rx.ThriftStreams.ThriftPooledBinary";
    public const string Hidden = "[global::System.ComponentModel.EditorBrowsable(global::System.ComponentModel.EditorBrowsableState.Never)]";

    /// <summary>For the parameter of <c>Equals</c>: an equal object is not null.</summary>
    public const string NotNullWhenTrue = "[global::System.Diagnostics.CodeAnalysis.NotNullWhen(true)] ";

    public const string GeneratedCode = "[global::System.CodeDom.Compiler.GeneratedCode(\"Rx.ThriftStreams.Compiler\", \"0.1\")]";

    /// <summary>The C# type.</summary>
    public static string Type(TypeRef type) => type.Kind switch
    {
        TypeKind.Bool => "bool",
        TypeKind.Byte => "sbyte",
        TypeKind.I16 => "short",
        TypeKind.I32 => "int",
        TypeKind.I64 => "long",
        TypeKind.Double => "double",
        TypeKind.String => "string",
        TypeKind.Utf8String => Utf8String,
        TypeKind.Binary => "global::System.ReadOnlyMemory<byte>",
        TypeKind.PooledBinary => PooledBinary,
        TypeKind.Uuid => "global::System.Guid",
        TypeKind.Enum => type.Enum.GlobalName,
        TypeKind.Struct => type.Struct.GlobalName,
        TypeKind.List => Collections + "List<" + Type(type.Element) + ">",
        TypeKind.Set => Collections + "HashSet<" + Type(type.Element) + ">",
        TypeKind.Map => Collections + "Dictionary<" + Type(type.Key) + ", " + Type(type.Element) + ">",
        _ => "object",
    };

    /// <summary>The type on the wire.</summary>
    public static string WireType(TypeRef type) => Serialization + "ThriftType." + type.Kind switch
    {
        TypeKind.Enum => "I32",
        TypeKind.Utf8String or TypeKind.Binary or TypeKind.PooledBinary => "String",
        _ => type.Kind.ToString(),
    };

    /// <summary>The type's part of the names of reader and writer methods.</summary>
    public static string Primitive(TypeRef type) => type.Kind == TypeKind.Enum ? "I32" : type.Kind.ToString();

    /// <summary>Whether lists of the type are read and written in one operation.</summary>
    public static bool IsBulk(TypeRef type) => type.Kind is TypeKind.I16 or TypeKind.I32 or TypeKind.I64 or TypeKind.Double or TypeKind.Enum;

    /// <summary>Whether the type needs a comparer to be compared by content.</summary>
    public static bool NeedsComparer(TypeRef type) => type.IsContainer || type.Kind == TypeKind.Binary;

    /// <summary>Whether a peer can choose values of the type whose default hashes collide: as keys they need a comparer with a secret hash.</summary>
    public static bool NeedsSecretHash(TypeRef type) => type.Kind is TypeKind.I32 or TypeKind.I64 or TypeKind.Double or TypeKind.Uuid or TypeKind.Enum;

    /// <summary>An expression for an <c>IEqualityComparer</c> of the type.</summary>
    public static string Comparer(TypeRef type) => type.Kind switch
    {
        TypeKind.I32 or TypeKind.I64 or TypeKind.Double or TypeKind.Uuid => Serialization + "ThriftComparer." + type.Kind,
        TypeKind.Enum => Serialization + "ThriftComparer.Enum<" + Type(type) + ">()",
        TypeKind.Binary => Serialization + "ThriftComparer.Binary",
        TypeKind.List => Serialization + "ThriftComparer.List<" + Type(type.Element) + ">(" + Comparer(type.Element) + ")",
        TypeKind.Set => Serialization + "ThriftComparer.Set<" + Type(type.Element) + ">(" + Comparer(type.Element) + ")",
        TypeKind.Map => Serialization + "ThriftComparer.Map<" + Type(type.Key) + ", " + Type(type.Element) + ">(" + Comparer(type.Key) + ", " + Comparer(type.Element) + ")",
        _ => Collections + "EqualityComparer<" + Type(type) + ">.Default",
    };

    public static string Literal(string text)
    {
        var builder = new StringBuilder(text.Length + 2).Append('"');
        foreach (var c in text)
        {
            switch (c)
            {
                case '"':
                    builder.Append("\\\"");
                    break;
                case '\\':
                    builder.Append("\\\\");
                    break;
                case '\n':
                    builder.Append("\\n");
                    break;
                case '\r':
                    builder.Append("\\r");
                    break;
                case '\t':
                    builder.Append("\\t");
                    break;
                default:
                    if (c < ' ' || c is '\u007F' or '\u0085' or '\u2028' or '\u2029' || char.IsSurrogate(c))
                    {
                        builder.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
                    }
                    else
                    {
                        builder.Append(c);
                    }

                    break;
            }
        }

        return builder.Append('"').ToString();
    }

    /// <summary>A constant as an expression of its type.</summary>
    public static string Value(ConstValue value, TypeRef type) => value switch
    {
        BoolConst x => x.Value ? "true" : "false",
        IntConst x => type.Kind == TypeKind.I64 ? Number(x.Value) + "L" : Number(x.Value),
        DoubleConst x => x.Value.ToString("R", CultureInfo.InvariantCulture) + "D",
        StringConst x => type.Kind switch
        {
            TypeKind.Binary => Bytes(x.Value),
            TypeKind.PooledBinary => "new " + PooledBinary + "(" + Bytes(x.Value) + ")",
            TypeKind.Utf8String => "new " + Utf8String + "(" + Literal(x.Value) + ")",
            _ => Literal(x.Value),
        },
        UuidConst x => "new global::System.Guid(\"" + x.Value.ToString("D") + "\")",
        EnumConst { Member: { } member } x => x.Enum.GlobalName + "." + member.CSharpName,
        EnumConst x => "(" + x.Enum.GlobalName + ")(" + Number(x.Value) + ")",
        ListConst x => NewContainer(type) + " { " + string.Concat(x.Elements.Select(e => Value(e, type.Element) + ", ")) + "}",
        MapConst x => NewContainer(type) + " { " + string.Concat(x.Pairs.Select(p => "[" + Value(p.Key, type.Key) + "] = " + Value(p.Value, type.Element) + ", ")) + "}",
        StructConst { Struct.IsUnion: true } x => x.Struct.GlobalName + "." + x.Fields[0].Key.CSharpName + "(" + Value(x.Fields[0].Value, x.Fields[0].Key.Type) + ")",
        StructConst x => "new " + x.Struct.GlobalName + " { " + string.Concat(x.Fields.Select(f => f.Key.CSharpName + " = " + Value(f.Value, f.Key.Type) + ", ")) + "}",
        _ => "default!",
    };

    /// <summary>Whether a value can be a C# <c>const</c>.</summary>
    public static bool IsCompileTime(ConstValue value, TypeRef type)
        => value is BoolConst or IntConst or DoubleConst or EnumConst || (value is StringConst && type.Kind == TypeKind.String);

    /// <summary>A new empty container, with a comparer where its keys need one.</summary>
    public static string NewContainer(TypeRef type) => "new " + Type(type) + "(" + (HasKeys(type, out var key) && NeedsComparer(key) ? Comparer(key) : "") + ")";

    /// <summary>A new container for <paramref name="count"/> elements from a peer, with room for <paramref name="capacity"/>.</summary>
    public static string NewContainer(TypeRef type, string count, string capacity)
    {
        var comparer = !HasKeys(type, out var key) ? ""
            : NeedsSecretHash(key) ? $", {Serialization}ThriftComparer.ForKeys({count}, {Comparer(key)})"
            : NeedsComparer(key) ? ", " + Comparer(key)
            : "";
        return "new " + Type(type) + "(" + capacity + comparer + ")";
    }

    /// <summary>An XML documentation reference to an IDL element.</summary>
    public static string Code(string name) => "<c>" + CodeWriter.XmlText(name) + "</c>";

    private static bool HasKeys(TypeRef type, out TypeRef key)
    {
        key = type.Kind == TypeKind.Map ? type.Key : type.Element;
        return type.Kind != TypeKind.List;
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Bytes(string text)
        => "new byte[] { " + string.Concat(Encoding.UTF8.GetBytes(text).Select(static b => b.ToString(CultureInfo.InvariantCulture) + ", ")) + "}";
}
