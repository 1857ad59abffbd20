using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Rx.ThriftStreams.Serialization;

// The tokens of JSON, and what separates values.
internal ref partial struct ThriftJsonReader
{
    // The digits of \uXXXX.
    private const int UnitLength = 4;

    private static readonly SearchValues<byte> s_quoteOrEscape = SearchValues.Create("\"\\"u8);
    private static readonly SearchValues<byte> s_number = SearchValues.Create("+-.0123456789Ee"u8);
    private static readonly SearchValues<byte> s_structure = SearchValues.Create("\"[]{},:"u8);
    private static readonly SearchValues<byte> s_whiteSpace = SearchValues.Create(" \t\r\n"u8);

    /// <summary>Reads what separates a value from the one before it.</summary>
    private void BeginValue()
    {
        ref var level = ref _levels.Top;
        switch (level.Kind)
        {
            case JsonLevelKind.Elements:
                Expect(',');
                break;

            case JsonLevelKind.Pairs when level.IsKey:
                if (!level.IsFirst)
                {
                    Expect(',');
                }

                break;

            case JsonLevelKind.Pairs:
                Expect(':');
                break;
        }
    }

    /// <summary>Reads the end of the field that a value is in, or of the containers of which it is the last.</summary>
    private void EndValue()
    {
        while (true)
        {
            ref var level = ref _levels.Top;
            switch (level.Kind)
            {
                case JsonLevelKind.Field:
                    Expect('}');
                    _levels.Pop();
                    return;

                case JsonLevelKind.Elements or JsonLevelKind.Pairs:
                    level.IsFirst = false;
                    level.Remaining--;
                    if (level.Remaining > 0)
                    {
                        return;
                    }

                    if (level.Kind == JsonLevelKind.Pairs)
                    {
                        Expect('}');
                    }

                    Expect(']');
                    _levels.Pop();
                    break;

                default:
                    return;
            }
        }
    }

    /// <summary>Passes white space.</summary>
    /// <returns>The next byte, which is not taken.</returns>
    private byte Peek()
    {
        var next = _data[_position..].IndexOfAnyExcept(s_whiteSpace);
        _position = next < 0 ? _data.Length : _position + next;
        if (next < 0)
        {
            ThriftCodecErrors.Truncated(1, _position, 0, _fieldId);
        }

        return _data[_position];
    }

    private void Expect(char token)
    {
        if (Peek() != token)
        {
            ThriftCodecErrors.JsonToken(token, _data[_position], _position, _fieldId);
        }

        _position++;
    }

    /// <summary>Reads a text that may be long.</summary>
    private ReadOnlySpan<byte> ReadText(out bool hasEscapes)
    {
        var offset = _position;
        var raw = ReadQuoted(out hasEscapes);
        if (raw.Length > _maxString)
        {
            ThriftCodecErrors.StringLength(raw.Length, offset, _data.Length - offset, _maxString, _fieldId);
        }

        return raw;
    }

    /// <summary>Reads what is between quotation marks, as it is.</summary>
    private ReadOnlySpan<byte> ReadQuoted(out bool hasEscapes)
    {
        Expect('"');
        hasEscapes = false;
        var start = _position;
        while (true)
        {
            var next = _data[_position..].IndexOfAny(s_quoteOrEscape);
            if (next < 0)
            {
                ThriftCodecErrors.Truncated(1, _data.Length, 0, _fieldId);
            }

            _position += next;
            if (_data[_position] == '"')
            {
                _position++;
                return _data[start..(_position - 1)];
            }

            hasEscapes = true;
            _position += 2;
            if (_position > _data.Length)
            {
                ThriftCodecErrors.Truncated(1, _data.Length, 0, _fieldId);
            }
        }
    }

    private ReadOnlySpan<byte> ReadNumber()
    {
        _ = Peek();
        var rest = _data[_position..];
        var length = rest.IndexOfAnyExcept(s_number);
        var token = length < 0 ? rest : rest[..length];
        _position += token.Length;
        return token;
    }

    private ThriftType ReadTypeName()
    {
        var offset = _position;
        var type = JsonType.Of(ReadQuoted(out _));
        if (type == ThriftType.Stop)
        {
            ThriftCodecErrors.Json("The name of a type", offset, _fieldId);
        }

        return type;
    }

    /// <summary>The bytes that a text with escapes stands for. A lone surrogate becomes U+FFFD.</summary>
    private readonly ReadOnlySpan<byte> Unescape(scoped ReadOnlySpan<byte> raw)
    {
        // An escape is longer than what it stands for.
        var text = new byte[raw.Length];
        var length = 0;
        while (true)
        {
            var escape = raw.IndexOf((byte)'\\');
            var plain = escape < 0 ? raw : raw[..escape];
            plain.CopyTo(text.AsSpan(length));
            length += plain.Length;
            if (escape < 0)
            {
                return text.AsSpan(0, length);
            }

            var kind = raw[escape + 1];
            raw = raw[(escape + 2)..];
            switch (kind)
            {
                case (byte)'"' or (byte)'\\' or (byte)'/':
                    text[length++] = kind;
                    break;
                case (byte)'b':
                    text[length++] = (byte)'\b';
                    break;
                case (byte)'f':
                    text[length++] = (byte)'\f';
                    break;
                case (byte)'n':
                    text[length++] = (byte)'\n';
                    break;
                case (byte)'r':
                    text[length++] = (byte)'\r';
                    break;
                case (byte)'t':
                    text[length++] = (byte)'\t';
                    break;
                case (byte)'u' when TryReadUnit(raw, out var unit):
                    raw = raw[UnitLength..];
                    length += ReadRune(unit, ref raw).EncodeToUtf8(text.AsSpan(length));
                    break;
                default:
                    ThriftCodecErrors.Json("An escape in a text", _position, _fieldId);
                    break;
            }
        }
    }

    // Two escapes in a row may be the halves of one code point.
    private static Rune ReadRune(char unit, scoped ref ReadOnlySpan<byte> raw)
    {
        if (char.IsHighSurrogate(unit) && raw.StartsWith("\\u"u8) && TryReadUnit(raw[2..], out var low) && Rune.TryCreate(unit, low, out var pair))
        {
            raw = raw[(2 + UnitLength)..];
            return pair;
        }

        return Rune.TryCreate(unit, out var rune) ? rune : Rune.ReplacementChar;
    }

    private static bool TryReadUnit(scoped ReadOnlySpan<byte> raw, out char unit)
    {
        var isUnit = Utf8Parser.TryParse(raw[..Math.Min(raw.Length, UnitLength)], out ushort value, out var used, 'x') && used == UnitLength;
        unit = (char)value;
        return isUnit;
    }
}
