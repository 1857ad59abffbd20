using System;
using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using System.Text.Unicode;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Dynamic;

internal ref partial struct JsonToThrift
{
    /// <summary>Writes the value at the current token, and leaves the reader at its last token. Null is zero: it stands in containers alone.</summary>
    private void WriteValue(ThriftTypeSchema type)
    {
        if (_json.TokenType == JsonTokenType.Null && type.WireType != ThriftType.Struct)
        {
            AbsentValues.WriteZero(ref _writer, type, null);
            return;
        }

        switch (type.WireType)
        {
            case ThriftType.Bool: _writer.WriteBool(ReadBool()); break;
            case ThriftType.Byte: _writer.WriteByte((sbyte)ReadInteger(type, sbyte.MinValue, sbyte.MaxValue)); break;
            case ThriftType.I16: _writer.WriteI16((short)ReadInteger(type, short.MinValue, short.MaxValue)); break;
            case ThriftType.I32: _writer.WriteI32((int)ReadInteger(type, int.MinValue, int.MaxValue)); break;
            case ThriftType.I64: _writer.WriteI64(ReadInteger(type, long.MinValue, long.MaxValue)); break;
            case ThriftType.Double: _writer.WriteDouble(ReadDouble()); break;
            case ThriftType.String when type.IsBinary && _options.BinaryAsBase64: WriteBase64(); break;
            case ThriftType.String: WriteText(); break;
            case ThriftType.Uuid: _writer.WriteUuid(ReadUuid()); break;
            case ThriftType.Struct: WriteStruct(type.Struct!); break;
            case ThriftType.Map: WriteMap(type); break;
            default: WriteList(type.Element!); break;
        }
    }

    private void WriteList(ThriftTypeSchema element)
    {
        int header = _writer.Position;
        _writer.WriteListHeader(element.WireType, 1);
        Path.Push(null);
        if (_json.TokenType != JsonTokenType.StartArray)
        {
            // One element, as in Kitex.
            WriteValue(element);
            Path.Pop();
            return;
        }

        int count = 0;
        while (Advance() && _json.TokenType != JsonTokenType.EndArray)
        {
            Path.Set(count++);
            WriteValue(element);
            CheckSize();
        }

        Path.Pop();
        _writer.PatchI32(header + 1, count);
    }

    private void WriteMap(ThriftTypeSchema type)
    {
        int header = _writer.Position;
        _writer.WriteMapHeader(type.Key!.WireType, type.Element!.WireType, 0);
        if (_json.TokenType != JsonTokenType.StartObject)
        {
            if (!_options.Lenient)
            {
                throw Invalid($"A JSON object is needed for {type}, not {Described()}");
            }

            _json.Skip();
            return;
        }

        int count = 0;
        Path.Push(null);
        while (Advance() && _json.TokenType == JsonTokenType.PropertyName)
        {
            Path.Set(count++);
            WriteKey(type.Key);
            Advance();
            WriteValue(type.Element);
            CheckSize();
        }

        Path.Pop();
        _writer.PatchI32(header + 2, count);
    }

    private void WriteKey(ThriftTypeSchema type)
    {
        if (type.WireType == ThriftType.String)
        {
            if (type.IsBinary && _options.BinaryAsBase64)
            {
                WriteBase64();
            }
            else
            {
                WriteText();
            }

            return;
        }

        var text = _scratch.Bytes(_json.ValueSpan.Length);
        text = text[..Unescape(text)];
        switch (type.WireType)
        {
            case ThriftType.Bool when text.SequenceEqual("true"u8): _writer.WriteBool(true); break;
            case ThriftType.Bool when text.SequenceEqual("false"u8): _writer.WriteBool(false); break;
            case ThriftType.Byte when JsonNumbers.TryParse(text, sbyte.MinValue, sbyte.MaxValue, out long value): _writer.WriteByte((sbyte)value); break;
            case ThriftType.I16 when JsonNumbers.TryParse(text, short.MinValue, short.MaxValue, out long value): _writer.WriteI16((short)value); break;
            case ThriftType.I32 when JsonNumbers.TryParse(text, int.MinValue, int.MaxValue, out long value): _writer.WriteI32((int)value); break;
            case ThriftType.I32 when JsonNumbers.TryParseName(type.Enum, text, out int value): _writer.WriteI32(value); break;
            case ThriftType.I64 when JsonNumbers.TryParse(text, long.MinValue, long.MaxValue, out long value): _writer.WriteI64(value); break;
            case ThriftType.Double when JsonNumbers.TryParse(text, out double value): _writer.WriteDouble(value); break;
            case ThriftType.Uuid when Utf8Parser.TryParse(text, out Guid value, out int used) && used == text.Length: _writer.WriteUuid(value); break;
            default: throw Invalid($"The name of a member cannot be a key of the type {type}");
        }
    }

    private bool ReadBool()
    {
        if (JsonNumbers.TryReadBool(ref _json, out bool value))
        {
            return value;
        }

        return Fallback() ? false : throw Invalid($"{Described()} is not a bool");
    }

    private long ReadInteger(ThriftTypeSchema type, long min, long max)
    {
        if (JsonNumbers.TryReadInteger(ref _json, type.Enum, min, max, out long value))
        {
            return value;
        }

        if (_options.Lenient)
        {
            value = JsonNumbers.Truncated(ref _json);
            _json.Skip();
            return value;
        }

        throw Invalid(_json.TokenType is JsonTokenType.Number or JsonTokenType.String
            ? $"The value is not a whole number within the range of {type}"
            : $"{Described()} is not a value of the type {type}");
    }

    private double ReadDouble()
    {
        if (JsonNumbers.TryReadDouble(ref _json, out double value))
        {
            return value;
        }

        return Fallback() ? 0 : throw Invalid($"{Described()} is not a double");
    }

    private Guid ReadUuid()
        => _json.TokenType == JsonTokenType.String && _json.TryGetGuid(out var value) ? value : throw Invalid("The value is not a UUID in the form 8-4-4-4-12");

    /// <summary>Passes over a value that does not fit, if that is allowed.</summary>
    private bool Fallback()
    {
        if (_options.Lenient)
        {
            _json.Skip();
        }

        return _options.Lenient;
    }

    private void WriteText()
    {
        if (_json.TokenType is JsonTokenType.String or JsonTokenType.PropertyName)
        {
            var value = _json.ValueSpan;
            if (_json.ValueIsEscaped)
            {
                _writer.EndBytes(Unescape(_writer.BeginBytes(value.Length)));
            }
            else if (Utf8.IsValid(value))
            {
                _writer.WriteBinary(value);
            }
            else
            {
                throw Invalid("The text is not valid UTF-8");
            }
        }
        else
        {
            WriteSourceText();
        }
    }

    /// <summary>A number, a literal, an object or an array where text is expected: its source text, as in Kitex.</summary>
    private void WriteSourceText()
    {
        var rest = _source[(int)_json.TokenStartIndex..];
        _json.Skip();
        _writer.WriteBinary(rest[..(int)(_json.BytesConsumed - (_source.Length - rest.Length))]);
    }

    private void WriteBase64()
    {
        if (_json.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName))
        {
            throw Invalid($"{Described()} is not Base64 text");
        }

        var text = _json.ValueSpan;
        if (_json.ValueIsEscaped)
        {
            var plain = _scratch.Bytes(text.Length);
            text = plain[..Unescape(plain)];
        }

        var bytes = _writer.BeginBytes(Base64.GetMaxDecodedFromUtf8Length(text.Length));
        if (Base64.DecodeFromUtf8(text, bytes, out _, out int written) != OperationStatus.Done)
        {
            throw Invalid("The text is not Base64 with padding");
        }

        _writer.EndBytes(written);
    }

    private int Unescape(Span<byte> destination)
    {
        try
        {
            return _json.CopyString(destination);
        }
        catch (InvalidOperationException)
        {
            throw Invalid("The text has half a surrogate pair, or is not valid UTF-8");
        }
    }
}
