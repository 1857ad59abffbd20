using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Tests.Recordings;

/// <summary>Writes a Thrift Binary struct without its schema, in the JSON form of the notes: <c>[{"f":"1:string","v":"hi"}]</c>.</summary>
internal sealed class ThriftText
{
    private const int LongText = 4096;
    private const int LongTextShown = 100;

    private readonly byte[] _bytes;
    private readonly StringBuilder _text = new();
    private int _position;

    private ThriftText(byte[] bytes) => _bytes = bytes;

    /// <summary>The text of the one struct that <paramref name="bytes"/> are.</summary>
    public static string OfStruct(byte[] bytes)
    {
        var text = new ThriftText(bytes);
        text.Struct();
        Assert.Equal(bytes.Length, text._position);
        return text._text.ToString();
    }

    public static string Quote(string value) => new StringBuilder().Append('"').Append(value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)).Append('"').ToString();

    private static string Name(ThriftType type) => type switch
    {
        ThriftType.Bool => "bool",
        ThriftType.Byte => "byte",
        ThriftType.Double => "double",
        ThriftType.I16 => "i16",
        ThriftType.I32 => "i32",
        ThriftType.I64 => "i64",
        ThriftType.String => "string",
        ThriftType.Struct => "struct",
        ThriftType.Map => "map",
        ThriftType.Set => "set",
        ThriftType.List => "list",
        _ => throw new FormatException($"unknown type {type}"),
    };

    private ReadOnlySpan<byte> Take(int count) => _bytes.AsSpan((_position += count) - count, count);

    private int Int32() => BinaryPrimitives.ReadInt32BigEndian(Take(4));

    private void Struct()
    {
        _text.Append('[');
        for (string separator = ""; (ThriftType)Take(1)[0] is var type && type != ThriftType.Stop; separator = ",")
        {
            short id = BinaryPrimitives.ReadInt16BigEndian(Take(2));
            _text.Append(separator).Append(CultureInfo.InvariantCulture, $"{{\"f\":\"{id}:{Name(type)}\",\"v\":");
            Value(type);
            _text.Append('}');
        }

        _text.Append(']');
    }

    private void Value(ThriftType type)
    {
        switch (type)
        {
            case ThriftType.Bool:
                _text.Append(Take(1)[0]);
                break;
            case ThriftType.Byte:
                _text.Append((sbyte)Take(1)[0]);
                break;
            case ThriftType.I16:
                _text.Append(BinaryPrimitives.ReadInt16BigEndian(Take(2)));
                break;
            case ThriftType.I32:
                _text.Append(Int32());
                break;
            case ThriftType.I64:
                _text.Append(BinaryPrimitives.ReadInt64BigEndian(Take(8)));
                break;
            case ThriftType.Double:
                _text.Append(BinaryPrimitives.ReadDoubleBigEndian(Take(8)).ToString("R", CultureInfo.InvariantCulture).Replace('E', 'e'));
                break;
            case ThriftType.String:
                Text(Take(Int32()));
                break;
            case ThriftType.Struct:
                Struct();
                break;
            default:
                Container(type);
                break;
        }
    }

    private void Container(ThriftType type)
    {
        var first = (ThriftType)Take(1)[0];
        ThriftType second = type == ThriftType.Map ? (ThriftType)Take(1)[0] : first;
        int count = Int32();
        _text.Append("{\"").Append(Name(type)).Append('<').Append(Name(first));
        _text.Append(type == ThriftType.Map ? "," + Name(second) : "").Append(">\":").Append(count == 0 ? "null" : "[");
        for (int i = 0; i < count; i++)
        {
            _text.Append(i == 0 ? "" : ",").Append(type == ThriftType.Map ? "[" : "");
            Value(first);
            if (type == ThriftType.Map)
            {
                _text.Append(',');
                Value(second);
                _text.Append(']');
            }
        }

        _text.Append(count == 0 ? "}" : "]}");
    }

    // The notes show bytes that are not plain text as hex, and cut long texts.
    private void Text(ReadOnlySpan<byte> bytes)
    {
        string text = Encoding.UTF8.GetString(bytes);
        if (bytes.Length > LongText)
        {
            text = $"{text[..LongTextShown]}...({bytes.Length} bytes)";
        }

        bool plain = !text.Any(c => char.IsControl(c) || c == '\uFFFD');
        _text.Append(plain ? Quote(text) : $"\"0x{Convert.ToHexStringLower(bytes)}\"");
    }
}
