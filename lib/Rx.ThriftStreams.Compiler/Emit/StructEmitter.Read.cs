using System.Collections.Generic;
using System.Linq;
using Rx.ThriftStreams.Compiler.Semantics;

namespace Rx.ThriftStreams.Compiler.Emit;

/// <content>Reading: fields in the order of the IDL first, any others in a loop.</content>
internal sealed partial class StructEmitter
{
    private void Read(string access, bool documented)
    {
        foreach (var field in _fields.Where(static f => f.Type.IsContainer))
        {
            _code.Line($"private static {CSharp.Type(field.Type)} __Read{field.Index}<TReader>(ref TReader reader)");
            _code.Line("    " + ValueCode.ReaderConstraint);
            _code.Open();
            ValueCode.ReadContainer(_code, field.Type, "result", 0);
            _code.Line("return result;");
            _code.Close();
            _code.Line();
        }

        if (documented)
        {
            _code.Line("/// <inheritdoc/>");
            _code.Line(CSharp.Hidden);
        }

        _code.Line($"{access} static {_globalName} Read<TReader>(ref TReader reader)");
        _code.Line("    " + ValueCode.ReaderConstraint);
        _code.Open();
        var required = _fields.Where(static f => f.IsRequired).ToList();
        _code.Line($"reader.BeginStruct({ObjectSize.OfStruct(_fields, _isException)});");
        _code.Line($"var result = new {_globalName}({CSharp.Serialization}ThriftType.Struct);");
        for (var word = 0; word * 64 < required.Count; word++)
        {
            _code.Line($"ulong seen{word} = 0;");
        }

        foreach (var field in _fields.Where(IsBinaryWithDefault))
        {
            // Distinguishes an empty binary on the wire from a missing one.
            _code.Line($"bool seen{field.Index}b = false;");
        }

        foreach (var field in _fields)
        {
            _code.Open($"if (reader.TryReadFieldHeader({CSharp.WireType(field.Type)}, {field.Id}))");
            ReadField(field);
            _code.Close();
            _code.Line();
        }

        _code.Open("while (reader.ReadFieldHeader(out var type, out var id))");
        var skip = _keepsUnknown ? $"{CSharp.Serialization}ThriftUnknownFields.Keep(ref result.__unknown, ref reader, type, id);" : "reader.Skip(type);";
        if (_fields.Count == 0)
        {
            _code.Line(skip);
        }
        else
        {
            _code.Open("switch (id)");
            foreach (var field in _fields)
            {
                _code.Line($"case {field.Id} when type == {CSharp.WireType(field.Type)}:");
                _code.Indent();
                ReadField(field);
                _code.Line("break;");
                _code.Unindent();
            }

            if (_keepsUnknown)
            {
                // The wire type differs from the IDL: keeping the field would write two fields with one id.
                foreach (var field in _fields)
                {
                    _code.Line($"case {field.Id}:");
                }

                _code.Line("    reader.Skip(type);");
                _code.Line("    break;");
            }

            _code.Line("default:");
            _code.Line("    " + skip);
            _code.Line("    break;");
            _code.Close();
        }

        _code.Close();
        _code.Line();
        _code.Line("reader.EndStruct();");
        CheckRequired(required);
        foreach (var field in _fields.Where(static f => !f.IsRequired && f.Initializer is not null && !f.InitializerIsCheap && f.Type.Kind != TypeKind.Binary))
        {
            Initialize(field, $"result.{field.Name} is null");
        }

        foreach (var field in _fields.Where(IsBinaryWithDefault))
        {
            Initialize(field, $"!seen{field.Index}b");
        }

        _code.Line("return result;");
        _code.Close();
        _code.Line();
    }

    private void Initialize(MemberField field, string condition)
    {
        _code.Open($"if ({condition})");
        _code.Line($"reader.ChargeMemory({ObjectSize.OfInitializer(field)});");
        _code.Line($"result.{field.Name} = {field.Initializer};");
        _code.Close();
        _code.Line();
    }

    private void ReadField(MemberField field)
    {
        _code.Line($"result.{field.Name} = {ReadExpression(field)};");
        if (field.IsRequired)
        {
            var bit = field.RequiredIndex;
            _code.Line($"seen{bit / 64} |= 1UL << {bit % 64};");
        }
        else if (IsBinaryWithDefault(field))
        {
            _code.Line($"seen{field.Index}b = true;");
        }
    }

    private static bool IsBinaryWithDefault(MemberField field) => !field.IsRequired && field.Type.Kind == TypeKind.Binary && field.Symbol.Default is not null;

    private static string ReadExpression(MemberField field)
    {
        if (field.Type.IsContainer)
        {
            return $"__Read{field.Index}(ref reader)";
        }

        // Kitex writes a nil struct or union as an empty one.
        if (field.Type.Kind == TypeKind.Struct && !field.IsRequired)
        {
            if (field.Type.Struct.IsUnion)
            {
                return field.Type.Struct.GlobalName + ".ReadOrNull(ref reader)";
            }

            if (field.Type.Struct.HasRequiredFields)
            {
                return "reader.TryReadEmptyStruct() ? null : " + ValueCode.Read(field.Type);
            }
        }

        return ValueCode.Read(field.Type);
    }

    private void CheckRequired(List<MemberField> required)
    {
        for (var bit = 0; bit < required.Count; bit++)
        {
            var field = required[bit];
            _code.Open($"if ((seen{bit / 64} & (1UL << {bit % 64})) == 0)");
            _code.Line($"throw global::Rx.ThriftStreams.ThriftProtocolException.RequiredFieldMissing({CSharp.Literal(_idlName)}, {CSharp.Literal(field.Symbol.Name)}, {field.Id});");
            _code.Close();
            _code.Line();
        }
    }
}
