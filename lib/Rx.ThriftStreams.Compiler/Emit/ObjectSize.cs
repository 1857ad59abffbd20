using System;
using System.Collections.Generic;
using System.Linq;
using Rx.ThriftStreams.Compiler.Semantics;

namespace Rx.ThriftStreams.Compiler.Emit;

/// <summary>How much memory an object of a generated type takes, which its reader counts against the limit of a message. An estimate for 64-bit machines.</summary>
internal static class ObjectSize
{
    private const int Header = 16;
    private const int Exception = 144;
    private const int Reference = 8;
    private const int EmptyList = 32;
    private const int EmptySet = 64;
    private const int EmptyMap = 80;

    /// <summary>An object with these fields, without what they refer to.</summary>
    public static int OfStruct(List<MemberField> fields, bool isException)
        => Header + (isException ? Exception : 0) + Aligned(fields.Sum(static f => Size(f.Type, f.IsNullable)));

    /// <summary>The largest case of a union.</summary>
    public static int OfUnion(List<MemberField> fields)
        => Header + (fields.Count == 0 ? Reference : fields.Max(static f => Aligned(Size(f.Type, isNullable: false))));

    /// <summary>What the initial value of a field refers to.</summary>
    public static int OfInitializer(MemberField field) => field.Symbol.Default is { } value ? Referred(value, field.Type) : Empty(field.Type);

    private static int Size(TypeRef type, bool isNullable) => type.Kind switch
    {
        TypeKind.Bool or TypeKind.Byte => isNullable ? 2 : 1,
        TypeKind.I16 => isNullable ? 4 : 2,
        TypeKind.I32 or TypeKind.Enum => isNullable ? 8 : 4,
        TypeKind.I64 or TypeKind.Double => isNullable ? 16 : 8,
        TypeKind.Utf8String or TypeKind.Binary => isNullable ? 24 : 16,
        TypeKind.PooledBinary => isNullable ? 32 : 24,
        TypeKind.Uuid => isNullable ? 20 : 16,
        _ => Reference,
    };

    // What a constant creates each time that it is evaluated.
    private static int Referred(ConstValue value, TypeRef type) => value switch
    {
        StringConst x when type.Kind is TypeKind.Utf8String or TypeKind.Binary or TypeKind.PooledBinary => Header + Reference + Aligned(x.Value.Length),
        ListConst x => Empty(type) + x.Elements.Sum(e => Entry(type.Element) + Referred(e, type.Element)),
        MapConst x => Empty(type) + x.Pairs.Sum(p => Entry(type.Key) + Entry(type.Element) + Referred(p.Key, type.Key) + Referred(p.Value, type.Element)),
        StructConst x => Header + x.Fields.Sum(static f => Size(f.Key.Type, isNullable: true) + Referred(f.Value, f.Key.Type)),
        _ => 0,
    };

    private static int Entry(TypeRef type) => Size(type, isNullable: false) + Reference;

    private static int Empty(TypeRef type) => type.Kind switch
    {
        TypeKind.List => EmptyList,
        TypeKind.Set => EmptySet,
        _ => EmptyMap,
    };

    private static int Aligned(int size) => Math.Max(size + 7 & ~7, Reference);
}
