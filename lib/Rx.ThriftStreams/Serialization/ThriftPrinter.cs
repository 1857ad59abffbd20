using System.Collections;
using System.ComponentModel;
using System.Globalization;
using System.Text;

namespace Rx.ThriftStreams.Serialization;

/// <summary>Formats a message for people: <c>Request { Message = "hi", Ids = [1, 2] }</c>. Used by generated code.</summary>
/// <remarks>Long binaries and containers are cut short; fields that are not set are left out.</remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
public struct ThriftPrinter
{
    private const int MaxElements = 20;
    private const int MaxBytes = 32;

    private readonly StringBuilder _builder;
    private bool _any;

    /// <summary>Starts the text with the name of the type.</summary>
    /// <param name="typeName">The message's type.</param>
    public ThriftPrinter(string typeName)
    {
        _builder = new StringBuilder(typeName);
    }

    /// <summary>Adds a field unless it is <see langword="null"/>.</summary>
    /// <param name="name">The field.</param>
    /// <param name="value">Its value.</param>
    public void Add<T>(string name, T value)
    {
        if (value is null)
        {
            return;
        }

        _builder.Append(_any ? ", " : " { ").Append(name).Append(" = ");
        _any = true;
        Append(value);
    }

    /// <summary>Returns the whole text.</summary>
    public override readonly string ToString() => _builder.Append(_any ? " }" : " { }").ToString();

    private readonly void Append(object? value)
    {
        switch (value)
        {
            case null:
                _builder.Append("null");
                break;
            case string text:
                _builder.Append('"').Append(text).Append('"');
                break;
            case ThriftUtf8String text:
                _builder.Append('"').Append(text).Append('"');
                break;
            case bool flag:
                _builder.Append(flag ? "true" : "false");
                break;
            case ReadOnlyMemory<byte> bytes:
                _builder.Append(Text(bytes.Span));
                break;
            case ThriftPooledBinary binary:
                _builder.Append(binary);
                break;
            case IDictionary map:
                AppendMap(map);
                break;
            case IFormattable number:
                _builder.Append(number.ToString(null, CultureInfo.InvariantCulture));
                break;
            case IEnumerable list:
                AppendList(list);
                break;
            default:
                _builder.Append(value);
                break;
        }
    }

    /// <summary>The beginning of bytes, in hexadecimal digits.</summary>
    internal static string Text(ReadOnlySpan<byte> bytes)
        => bytes.Length <= MaxBytes
            ? $"0x{Convert.ToHexStringLower(bytes)}"
            : string.Create(CultureInfo.InvariantCulture, $"0x{Convert.ToHexStringLower(bytes[..MaxBytes])}… ({bytes.Length} bytes)");

    private readonly void AppendList(IEnumerable list)
    {
        _builder.Append('[');
        var count = 0;
        foreach (var item in list)
        {
            if (count == MaxElements)
            {
                _builder.Append(", …");
                break;
            }

            _builder.Append(count++ > 0 ? ", " : "");
            Append(item);
        }

        _builder.Append(']');
    }

    private readonly void AppendMap(IDictionary map)
    {
        _builder.Append('{');
        var count = 0;
        foreach (DictionaryEntry pair in map)
        {
            if (count == MaxElements)
            {
                _builder.Append(", …");
                break;
            }

            _builder.Append(count++ > 0 ? ", " : "");
            Append(pair.Key);
            _builder.Append(": ");
            Append(pair.Value);
        }

        _builder.Append('}');
    }
}
