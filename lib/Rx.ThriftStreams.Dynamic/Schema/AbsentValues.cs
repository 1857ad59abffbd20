using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Dynamic;

/// <summary>
/// What is written for fields that nothing sets: the default of the IDL, or zero. A struct that must be there is filled in the same way, because a reader rejects one
/// without its required fields.
/// </summary>
internal static class AbsentValues
{
    private const int MaxDepth = 16;
    private const int MaxSize = 64 * 1024;

    /// <summary>A struct without fields, and its stop; <see langword="null"/> if it requires a union, contains itself, or becomes large.</summary>
    internal static byte[]? EmptyOf(ThriftStructSchema type, int depth)
    {
        if (depth > MaxDepth)
        {
            return null;
        }

        using var buffer = new ThriftWriteBuffer();
        var writer = new ThriftWriter(buffer);
        writer.BeginStruct();
        foreach (var field in type.WrittenWhenAbsent)
        {
            if (!TryWrite(ref writer, field, depth + 1) || writer.Position > MaxSize)
            {
                return null;
            }
        }

        writer.EndStruct();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Writes the value of a field that nothing sets.</summary>
    /// <returns><see langword="false"/> if it has none.</returns>
    internal static bool TryWrite(ref ThriftWriter writer, ThriftFieldSchema field, int depth = 0)
    {
        if (field.DefaultValue is { } value)
        {
            writer.WriteFieldHeader(field.Type.WireType, field.Id);
            writer.WriteRaw(value);
            return true;
        }

        byte[]? empty = null;
        if (field.Type.Struct is { } type)
        {
            empty = type.Kind == ThriftStructKind.Union ? null : depth == 0 ? type.Empty : EmptyOf(type, depth);
            if (empty is null)
            {
                return false;
            }
        }

        writer.WriteFieldHeader(field.Type.WireType, field.Id);
        WriteZero(ref writer, field.Type, empty);
        return true;
    }

    /// <summary>Writes the zero of a type.</summary>
    /// <param name="writer">The writer.</param>
    /// <param name="type">The type.</param>
    /// <param name="emptyStruct">The bytes for a struct.</param>
    internal static void WriteZero(ref ThriftWriter writer, ThriftTypeSchema type, byte[]? emptyStruct)
    {
        switch (type.WireType)
        {
            case ThriftType.Bool: writer.WriteBool(false); break;
            case ThriftType.Byte: writer.WriteByte(0); break;
            case ThriftType.I16: writer.WriteI16(0); break;
            case ThriftType.I32 or ThriftType.String: writer.WriteI32(0); break;
            case ThriftType.I64 or ThriftType.Double: writer.WriteI64(0); break;
            case ThriftType.Uuid: writer.WriteUuid(default); break;
            case ThriftType.Map: writer.WriteMapHeader(type.Key!.WireType, type.Element!.WireType, 0); break;
            case ThriftType.List or ThriftType.Set: writer.WriteListHeader(type.Element!.WireType, 0); break;
            default: writer.WriteRaw(emptyStruct); break;
        }
    }
}
