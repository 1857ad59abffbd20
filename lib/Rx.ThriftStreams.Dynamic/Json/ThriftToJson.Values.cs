using System;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Dynamic;

internal ref partial struct ThriftToJson
{
    private void WriteValue(ThriftTypeSchema type, bool integersAreText)
    {
        switch (type.WireType)
        {
            case ThriftType.Bool: _json.WriteBooleanValue(_reader.ReadBool()); break;
            case ThriftType.Byte: _json.WriteNumberValue(_reader.ReadByte()); break;
            case ThriftType.I16: _json.WriteNumberValue(_reader.ReadI16()); break;
            case ThriftType.I32: _json.WriteNumberValue(_reader.ReadI32()); break;
            case ThriftType.I64: WriteI64(_reader.ReadI64(), integersAreText || _options.Int64AsText); break;
            case ThriftType.Double: WriteDouble(_reader.ReadDouble()); break;
            case ThriftType.String when type.IsBinary && _options.BinaryAsBase64: _json.WriteBase64StringValue(ReadBinary()); break;
            case ThriftType.String: WriteText(type.IsBinary ? ReadBinary() : _reader.ReadBytes()); break;
            case ThriftType.Uuid: _json.WriteStringValue(_reader.ReadUuid()); break;
            case ThriftType.Struct: WriteStruct(type.Struct!); break;
            case ThriftType.Map: WriteMap(type, integersAreText); break;
            default: WriteList(type, integersAreText); break;
        }
    }

    private void WriteList(ThriftTypeSchema type, bool integersAreText)
    {
        Enter();
        int count = type.WireType == ThriftType.Set ? _reader.ReadSetHeader(out var element) : _reader.ReadListHeader(out element);
        CheckElement(type.Element!, element, count);
        _json.WriteStartArray();
        Path.Push(null);
        for (int i = 0; i < count; i++)
        {
            Path.Set(i);
            WriteValue(type.Element!, integersAreText);
            CheckSize();
        }

        Path.Pop();
        _json.WriteEndArray();
        _levels--;
    }

    private void WriteMap(ThriftTypeSchema type, bool integersAreText)
    {
        Enter();
        int count = _reader.ReadMapHeader(out var key, out var value);
        CheckElement(type.Key!, key, count);
        CheckElement(type.Element!, value, count);
        _json.WriteStartObject();
        Path.Push(null);
        for (int i = 0; i < count; i++)
        {
            Path.Set(i);
            WriteKey(type.Key!);
            WriteValue(type.Element!, integersAreText);
            CheckSize();
        }

        Path.Pop();
        _json.WriteEndObject();
        _levels--;
    }

    private readonly void CheckElement(ThriftTypeSchema expected, ThriftType actual, int count)
    {
        if (count > 0 && actual != expected.WireType)
        {
            throw Invalid($"A container holds elements of the type {actual} where the schema has {expected}");
        }
    }

    private void WriteKey(ThriftTypeSchema type)
    {
        Span<byte> text = stackalloc byte[36];
        int length;
        switch (type.WireType)
        {
            case ThriftType.Bool: _json.WritePropertyName(_reader.ReadBool() ? "true"u8 : "false"u8); return;
            case ThriftType.Byte: _ = Utf8Formatter.TryFormat(_reader.ReadByte(), text, out length); break;
            case ThriftType.I16: _ = Utf8Formatter.TryFormat(_reader.ReadI16(), text, out length); break;
            case ThriftType.I32: _ = Utf8Formatter.TryFormat(_reader.ReadI32(), text, out length); break;
            case ThriftType.I64: _ = Utf8Formatter.TryFormat(_reader.ReadI64(), text, out length); break;
            case ThriftType.Double: _ = _reader.ReadDouble().TryFormat(text, out length, provider: CultureInfo.InvariantCulture); break;
            case ThriftType.Uuid: _ = Utf8Formatter.TryFormat(_reader.ReadUuid(), text, out length); break;
            case ThriftType.String: WriteTextKey(type); return;
            default: throw Invalid($"JSON cannot show a map with keys of the type {type}");
        }

        _json.WritePropertyName(text[..length]);
    }

    private void WriteTextKey(ThriftTypeSchema type)
    {
        if (type.IsBinary && _options.BinaryAsBase64)
        {
            _json.WritePropertyName(System.Convert.ToBase64String(ReadBinary()));
            return;
        }

        var key = type.IsBinary ? ReadBinary() : _reader.ReadBytes();
        if (Utf8.IsValid(key))
        {
            _json.WritePropertyName(key);
        }
        else
        {
            _json.WritePropertyName(Encoding.UTF8.GetString(key));
        }
    }

    /// <summary>A binary, which is Base64 text itself in a message that came as Apache's JSON.</summary>
    private ReadOnlySpan<byte> ReadBinary() => _reader.BinaryIsBase64 ? _reader.ReadBinary() : _reader.ReadBytes();

    private readonly void WriteText(ReadOnlySpan<byte> value)
    {
        if (Utf8.IsValid(value))
        {
            _json.WriteStringValue(value);
        }
        else
        {
            _json.WriteStringValue(Encoding.UTF8.GetString(value));
        }
    }

    private readonly void WriteI64(long value, bool asText)
    {
        if (!asText)
        {
            _json.WriteNumberValue(value);
            return;
        }

        Span<byte> text = stackalloc byte[20];
        _ = Utf8Formatter.TryFormat(value, text, out int length);
        _json.WriteStringValue(text[..length]);
    }

    private readonly void WriteDouble(double value)
    {
        if (!double.IsFinite(value))
        {
            throw Invalid($"{value.ToString(CultureInfo.InvariantCulture)} cannot be written as a JSON number");
        }

        _json.WriteNumberValue(value);
    }
}
