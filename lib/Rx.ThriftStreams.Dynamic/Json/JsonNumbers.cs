using System;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Rx.ThriftStreams.Dynamic;

/// <summary>Numbers and Booleans of JSON in every form that Kitex takes.</summary>
internal static class JsonNumbers
{
    /// <summary>Parses the text of a number, all of it.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> text, long min, long max, out long value)
        => Utf8Parser.TryParse(text, out value, out int used) && used == text.Length && value >= min && value <= max;

    internal static bool TryParse(ReadOnlySpan<byte> text, out double value) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);

    /// <summary>Parses the name of a member of an enum.</summary>
    internal static bool TryParseName(ThriftEnumSchema? type, ReadOnlySpan<byte> text, out int value)
    {
        value = 0;
        return type is not null && type.Values.TryGetValue(Encoding.UTF8.GetString(text), out value);
    }

    /// <summary>Reads an integer: a number without a fraction, such as 100 or 1e2, or a text with an integer or the name of an enum's member.</summary>
    internal static bool TryReadInteger(ref Utf8JsonReader json, ThriftEnumSchema? type, long min, long max, out long value)
    {
        switch (json.TokenType)
        {
            case JsonTokenType.Number when json.TryGetInt64(out value):
                return value >= min && value <= max;

            case JsonTokenType.Number when json.TryGetDecimal(out decimal number) && number == decimal.Truncate(number) && number >= min && number <= max:
                value = (long)number;
                return true;

            case JsonTokenType.String when !json.ValueIsEscaped:
                if (TryParse(json.ValueSpan, min, max, out value))
                {
                    return true;
                }

                bool isName = TryParseName(type, json.ValueSpan, out int member);
                value = member;
                return isName;

            default:
                value = 0;
                return false;
        }
    }

    /// <summary>What Kitex makes of a value that is not an integer of the type: the whole part of a number, 1 for true, 0 for anything else.</summary>
    internal static long Truncated(ref Utf8JsonReader json) => json.TokenType switch
    {
        JsonTokenType.Number when json.TryGetInt64(out long value) => value,
        JsonTokenType.Number => (long)json.GetDouble(),
        JsonTokenType.True => 1,
        JsonTokenType.String when !json.ValueIsEscaped && TryParse(json.ValueSpan, long.MinValue, long.MaxValue, out long value) => value,
        _ => 0,
    };

    internal static bool TryReadBool(ref Utf8JsonReader json, out bool value)
    {
        switch (json.TokenType)
        {
            case JsonTokenType.True or JsonTokenType.False:
                value = json.TokenType == JsonTokenType.True;
                return true;

            case JsonTokenType.Number:
                value = json.GetDouble() != 0;
                return true;

            case JsonTokenType.String when !json.ValueIsEscaped:
                var text = json.ValueSpan;
                value = text.SequenceEqual("1"u8) || Ascii.EqualsIgnoreCase(text, "t"u8) || Ascii.EqualsIgnoreCase(text, "true"u8);
                return value || text.SequenceEqual("0"u8) || Ascii.EqualsIgnoreCase(text, "f"u8) || Ascii.EqualsIgnoreCase(text, "false"u8);

            default:
                value = false;
                return false;
        }
    }

    /// <summary>Reads a double: a number, or a text with one, among them NaN, Infinity and -Infinity, which JSON has no numbers for.</summary>
    internal static bool TryReadDouble(ref Utf8JsonReader json, out double value)
    {
        switch (json.TokenType)
        {
            case JsonTokenType.Number:
                value = json.GetDouble();
                return double.IsFinite(value);

            case JsonTokenType.String when !json.ValueIsEscaped:
                return TryParse(json.ValueSpan, out value);

            default:
                value = 0;
                return false;
        }
    }
}
