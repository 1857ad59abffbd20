using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Dynamic;

/// <summary>Writes objects as messages, with the rules for absent fields that JSON has.</summary>
internal ref struct ObjectsToThrift
{
    private readonly ValuePath _path;
    private ThriftWriter _writer;

    private ObjectsToThrift(ThriftWriteBuffer output, ValuePath path)
    {
        _writer = new ThriftWriter(output);
        _path = path;
    }

    /// <exception cref="ThriftJsonException">The value does not fit the schema.</exception>
    internal static void Convert(ThriftStructSchema type, object? value, ThriftWriteBuffer output)
    {
        using var rented = PerThread<ConversionScratch>.Rent();
        var path = rented.Value.Path;
        try
        {
            var conversion = new ObjectsToThrift(output, path);
            conversion.WriteMessage(type, value);
            conversion._writer.Flush();
        }
        catch (ThriftProtocolException error)
        {
            throw path.Error(error);
        }
    }

    private void WriteMessage(ThriftStructSchema type, object? value)
    {
        var lone = type.Lone;
        if (value is null || (lone is null && (type.IsWrapper || type.Fields.Count == 0)))
        {
            _writer.WriteRaw(RawStruct.Empty);
        }
        else if (lone is null)
        {
            WriteStruct(type, value);
        }
        else
        {
            _writer.BeginStruct();
            _writer.WriteFieldHeader(lone.Type.WireType, lone.Id);
            WriteValue(lone.Type, value);
            _writer.EndStruct();
        }
    }

    private void WriteStruct(ThriftStructSchema type, object value)
    {
        if (value is ThriftDynamicMessage message)
        {
            _writer.WriteRaw(message.Bytes.Span);
            return;
        }

        if (value is not IReadOnlyDictionary<string, object?> members)
        {
            throw Invalid(value, type.Name);
        }

        _writer.BeginStruct();
        int absent = 0;
        foreach (var field in type.Fields)
        {
            bool isWrittenWhenAbsent = absent < type.WrittenWhenAbsent.Length && type.WrittenWhenAbsent[absent] == field;
            absent += isWrittenWhenAbsent ? 1 : 0;
            if (members.TryGetValue(field.Name, out var member) && member is not null)
            {
                _path.Push(field);
                _writer.WriteFieldHeader(field.Type.WireType, field.Id);
                WriteValue(field.Type, member);
                _path.Pop();
            }
            else if (isWrittenWhenAbsent && !AbsentValues.TryWrite(ref _writer, field))
            {
                _path.Push(field);
                throw _path.Error(field.DescribeUnfillable(), ThriftStatusCode.InvalidArgument);
            }
        }

        _writer.EndStruct();
    }

    private void WriteValue(ThriftTypeSchema type, object? value)
    {
        if (value is null)
        {
            AbsentValues.WriteZero(ref _writer, type, type.Struct?.Empty ?? (type.Struct is null ? null : throw Invalid(value, type.ToString())));
            return;
        }

        switch (type.WireType)
        {
            case ThriftType.Bool: _writer.WriteBool(value is bool flag ? flag : throw Invalid(value, type.ToString())); break;
            case ThriftType.Byte: _writer.WriteByte((sbyte)Integer(type, value, sbyte.MinValue, sbyte.MaxValue)); break;
            case ThriftType.I16: _writer.WriteI16((short)Integer(type, value, short.MinValue, short.MaxValue)); break;
            case ThriftType.I32: _writer.WriteI32((int)Integer(type, value, int.MinValue, int.MaxValue)); break;
            case ThriftType.I64: _writer.WriteI64(Integer(type, value, long.MinValue, long.MaxValue)); break;
            case ThriftType.Double: _writer.WriteDouble(Double(value)); break;
            case ThriftType.String: WriteText(type, value); break;
            case ThriftType.Uuid: _writer.WriteUuid(value is Guid id ? id : throw Invalid(value, type.ToString())); break;
            case ThriftType.Struct: WriteStruct(type.Struct!, value); break;
            case ThriftType.Map: WriteMap(type, value); break;
            default: WriteList(type, value); break;
        }
    }

    private void WriteList(ThriftTypeSchema type, object value)
    {
        if (value is not IEnumerable elements || value is string or IDictionary)
        {
            throw Invalid(value, type.ToString());
        }

        int header = _writer.Position;
        _writer.WriteListHeader(type.Element!.WireType, 0);
        int count = 0;
        _path.Push(null);
        foreach (var element in elements)
        {
            _path.Set(count++);
            WriteValue(type.Element, element);
        }

        _path.Pop();
        _writer.PatchI32(header + 1, count);
    }

    private void WriteMap(ThriftTypeSchema type, object value)
    {
        if (value is not IDictionary pairs)
        {
            throw Invalid(value, type.ToString());
        }

        int header = _writer.Position;
        _writer.WriteMapHeader(type.Key!.WireType, type.Element!.WireType, 0);
        int count = 0;
        _path.Push(null);
        foreach (DictionaryEntry pair in pairs)
        {
            _path.Set(count++);
            WriteValue(type.Key, pair.Key);
            WriteValue(type.Element, pair.Value);
        }

        _path.Pop();
        _writer.PatchI32(header + 2, count);
    }

    private void WriteText(ThriftTypeSchema type, object value)
    {
        switch (value)
        {
            case string text: _writer.WriteString(text); break;
            case byte[] bytes: _writer.WriteBinary(bytes); break;
            case ReadOnlyMemory<byte> bytes: _writer.WriteBinary(bytes.Span); break;
            default: throw Invalid(value, type.ToString());
        }
    }

    private readonly long Integer(ThriftTypeSchema type, object value, long min, long max)
    {
        long number;
        switch (value)
        {
            case sbyte or byte or short or ushort or int or uint or long or System.Enum:
                number = System.Convert.ToInt64(value, CultureInfo.InvariantCulture);
                break;

            case ulong and <= long.MaxValue:
                number = (long)(ulong)value;
                break;

            case double fraction when fraction == Math.Truncate(fraction) && Math.Abs(fraction) < 1L << 53:
                number = (long)fraction;
                break;

            // Keys of a map that came through JSON.
            case string text when JsonNumbers.TryParse(Encoding.UTF8.GetBytes(text), min, max, out number):
                break;

            case string text when type.Enum is { } names && names.Values.TryGetValue(text, out int member):
                number = member;
                break;

            default:
                throw Invalid(value, type.ToString());
        }

        return number >= min && number <= max ? number : throw Invalid(value, type.ToString());
    }

    private readonly double Double(object value) => value switch
    {
        double number => number,
        float number => number,
        decimal number => (double)number,
        sbyte or byte or short or ushort or int or uint or long => System.Convert.ToDouble(value, CultureInfo.InvariantCulture),
        string text when JsonNumbers.TryParse(Encoding.UTF8.GetBytes(text), out double number) => number,
        _ => throw Invalid(value, "double"),
    };

    private readonly ThriftJsonException Invalid(object? value, string type)
        => _path.Error(
            value is null ? $"null is not a value of the type {type}" : $"The {value.GetType().Name} {Shortened(value)} is not a value of the type {type}",
            ThriftStatusCode.InvalidArgument);

    private static string Shortened(object value)
    {
        const int Shown = 40;
        string text = System.Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
        return text.Length <= Shown ? text : text[..Shown] + "…";
    }
}
