using System.Linq;
using Rx.ThriftStreams.Compiler.Semantics;

namespace Rx.ThriftStreams.Compiler.Emit;

/// <summary>Containers of constants: read-only collections, all the way down.</summary>
internal static class FrozenValue
{
    private const string Frozen = "global::System.Collections.Frozen.";

    /// <summary>Whether a value of the type can be shared because nobody can change it. Structs are mutable classes.</summary>
    public static bool IsFreezable(TypeRef type) => type.Kind switch
    {
        TypeKind.Struct => false,
        TypeKind.List => IsFreezable(type.Element),
        TypeKind.Set => !type.Element.IsContainer && IsFreezable(type.Element),
        TypeKind.Map => !type.Key.IsContainer && IsFreezable(type.Key) && IsFreezable(type.Element),
        _ => true,
    };

    /// <summary>The read-only C# type.</summary>
    public static string Type(TypeRef type) => type.Kind switch
    {
        TypeKind.List => CSharp.Collections + "IReadOnlyList<" + Type(type.Element) + ">",
        TypeKind.Set => CSharp.Collections + "IReadOnlySet<" + Type(type.Element) + ">",
        TypeKind.Map => CSharp.Collections + "IReadOnlyDictionary<" + Type(type.Key) + ", " + Type(type.Element) + ">",
        _ => CSharp.Type(type),
    };

    /// <summary>A constant as an expression of the read-only type.</summary>
    public static string Value(ConstValue value, TypeRef type) => (value, type.Kind) switch
    {
        (ListConst list, TypeKind.List) => "global::System.Array.AsReadOnly(" + Array(list, type) + ")",
        (ListConst list, _) => Frozen + "FrozenSet.ToFrozenSet(" + Array(list, type) + Comparer(type.Element) + ")",
        (MapConst map, _) => Frozen + "FrozenDictionary.ToFrozenDictionary(" + Dictionary(map, type) + Comparer(type.Key) + ")",
        _ => CSharp.Value(value, type),
    };

    private static string Array(ListConst list, TypeRef type)
        => "new " + Type(type.Element) + "[] { " + string.Concat(list.Elements.Select(e => Value(e, type.Element) + ", ")) + "}";

    private static string Dictionary(MapConst map, TypeRef type)
    {
        var comparer = CSharp.NeedsComparer(type.Key) ? CSharp.Comparer(type.Key) : "";
        return "new " + CSharp.Collections + "Dictionary<" + Type(type.Key) + ", " + Type(type.Element) + ">(" + comparer + ") { "
            + string.Concat(map.Pairs.Select(p => "[" + Value(p.Key, type.Key) + "] = " + Value(p.Value, type.Element) + ", ")) + "}";
    }

    private static string Comparer(TypeRef key) => CSharp.NeedsComparer(key) ? ", " + CSharp.Comparer(key) : "";
}
