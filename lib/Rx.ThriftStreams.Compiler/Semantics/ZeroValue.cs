using System;
using System.Collections.Generic;
using Rx.ThriftStreams.Compiler.Syntax;

namespace Rx.ThriftStreams.Compiler.Semantics;

/// <summary>The value of a field that is not set, as in Go and C++.</summary>
internal static class ZeroValue
{
    private const int MaxDepth = 16;

    /// <summary>The value; <see langword="null"/> for a union, and for a struct that requires one.</summary>
    public static ConstValue? Of(TypeRef type, Binder binder, int depth = 0) => type.Kind switch
    {
        TypeKind.Bool => new BoolConst(false),
        TypeKind.Byte or TypeKind.I16 or TypeKind.I32 or TypeKind.I64 => new IntConst(0),
        TypeKind.Double => new DoubleConst(0),
        TypeKind.String or TypeKind.Utf8String or TypeKind.Binary or TypeKind.PooledBinary => new StringConst(""),
        TypeKind.Uuid => new UuidConst(Guid.Empty),
        TypeKind.Enum => new EnumConst(type.Enum, type.Enum.MembersByValue.TryGetValue(0, out var member) ? member : null, 0),
        TypeKind.List or TypeKind.Set => new ListConst([]),
        TypeKind.Map => new MapConst([]),
        TypeKind.Struct when !type.Struct.IsUnion && depth < MaxDepth => OfStruct(type.Struct, binder, depth),
        _ => null,
    };

    private static StructConst? OfStruct(StructSymbol symbol, Binder binder, int depth)
    {
        var values = new List<KeyValuePair<FieldSymbol, ConstValue>>();
        foreach (var field in binder.FieldsOf(symbol))
        {
            if (field.Requiredness != Requiredness.Required || field.Syntax.Default is not null)
            {
                continue;
            }

            if (Of(field.Type, binder, depth + 1) is not { } value)
            {
                return null;
            }

            values.Add(new(field, value));
        }

        return new StructConst(symbol, values);
    }
}
