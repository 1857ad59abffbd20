using Rx.ThriftStreams.Compiler.Semantics;

namespace Rx.ThriftStreams.Compiler.Emit;

/// <summary>Code that writes one field with its header.</summary>
internal static class FieldCode
{
    public static void WriteValue(CodeWriter code, MemberField field, string value)
    {
        switch (field.Type.Kind)
        {
            case TypeKind.List or TypeKind.Set or TypeKind.Map or TypeKind.Struct:
                code.Line($"writer.WriteFieldHeader({CSharp.WireType(field.Type)}, {field.Id});");
                ValueCode.Write(code, field.Type, value, 0);
                break;
            case TypeKind.Enum:
                code.Line($"writer.WriteI32Field({field.Id}, (int){value});");
                break;
            case TypeKind.Binary or TypeKind.PooledBinary:
                code.Line($"writer.WriteBinaryField({field.Id}, {value}.Span);");
                break;
            default:
                code.Line($"writer.Write{field.Type.Kind}Field({field.Id}, {value});");
                break;
        }
    }
}
