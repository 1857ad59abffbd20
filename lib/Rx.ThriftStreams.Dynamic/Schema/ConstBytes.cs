using System;
using System.Text;
using Rx.ThriftStreams.Compiler.Semantics;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Dynamic;

/// <summary>Encodes a constant of the IDL, such as the default of a field.</summary>
internal static class ConstBytes
{
    internal static byte[] Of(TypeRef type, ConstValue value)
    {
        using var buffer = new ThriftWriteBuffer();
        var writer = new ThriftWriter(buffer);
        Write(ref writer, type, value);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static void Write(ref ThriftWriter writer, TypeRef type, ConstValue value)
    {
        switch (value)
        {
            case BoolConst it: writer.WriteBool(it.Value); break;
            case IntConst it when type.Kind == TypeKind.Byte: writer.WriteByte((sbyte)it.Value); break;
            case IntConst it when type.Kind == TypeKind.I16: writer.WriteI16((short)it.Value); break;
            case IntConst it when type.Kind == TypeKind.I32: writer.WriteI32((int)it.Value); break;
            case IntConst it: writer.WriteI64(it.Value); break;
            case DoubleConst it: writer.WriteDouble(it.Value); break;
            case StringConst it: writer.WriteBinary(Encoding.UTF8.GetBytes(it.Value)); break;
            case UuidConst it: writer.WriteUuid(it.Value); break;
            case EnumConst it: writer.WriteI32(it.Value); break;
            case ListConst it: WriteList(ref writer, type, it); break;
            case MapConst it: WriteMap(ref writer, type, it); break;
            case StructConst it: WriteStruct(ref writer, it); break;
            default: throw new InvalidOperationException($"A bound schema has a constant of the kind {value.GetType().Name}.");
        }
    }

    private static void WriteList(ref ThriftWriter writer, TypeRef type, ListConst value)
    {
        writer.WriteListHeader(WireType(type.Element), value.Elements.Count);
        foreach (var element in value.Elements)
        {
            Write(ref writer, type.Element, element);
        }
    }

    private static void WriteMap(ref ThriftWriter writer, TypeRef type, MapConst value)
    {
        writer.WriteMapHeader(WireType(type.Key), WireType(type.Element), value.Pairs.Count);
        foreach (var pair in value.Pairs)
        {
            Write(ref writer, type.Key, pair.Key);
            Write(ref writer, type.Element, pair.Value);
        }
    }

    private static void WriteStruct(ref ThriftWriter writer, StructConst value)
    {
        writer.BeginStruct();
        foreach (var (field, constant) in value.Fields)
        {
            writer.WriteFieldHeader(WireType(field.Type), field.Id);
            Write(ref writer, field.Type, constant);
        }

        writer.EndStruct();
    }

    internal static ThriftType WireType(TypeRef type) => type.Kind switch
    {
        TypeKind.Bool => ThriftType.Bool,
        TypeKind.Byte => ThriftType.Byte,
        TypeKind.I16 => ThriftType.I16,
        TypeKind.I32 or TypeKind.Enum => ThriftType.I32,
        TypeKind.I64 => ThriftType.I64,
        TypeKind.Double => ThriftType.Double,
        TypeKind.String or TypeKind.Utf8String or TypeKind.Binary or TypeKind.PooledBinary => ThriftType.String,
        TypeKind.Uuid => ThriftType.Uuid,
        TypeKind.Struct => ThriftType.Struct,
        TypeKind.List => ThriftType.List,
        TypeKind.Set => ThriftType.Set,
        TypeKind.Map => ThriftType.Map,
        _ => throw new InvalidOperationException($"A bound schema has a type of the kind {type.Kind}."),
    };
}
