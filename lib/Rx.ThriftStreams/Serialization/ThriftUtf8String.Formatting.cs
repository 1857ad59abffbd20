using System.Text;
using System.Text.Unicode;

namespace Rx.ThriftStreams;

// Conversions to text. Interpolated strings, Utf8.TryWrite and StringBuilder use TryFormat, which creates no string.
public readonly partial struct ThriftUtf8String : ISpanFormattable, IUtf8SpanFormattable
{
    /// <summary>The text. Each call creates a string; bytes that are not UTF-8 become U+FFFD.</summary>
    public override string ToString() => Encoding.UTF8.GetString(Span);

    /// <inheritdoc/>
    /// <remarks>Format and provider are ignored.</remarks>
    string IFormattable.ToString(string? format, IFormatProvider? formatProvider) => ToString();

    /// <inheritdoc/>
    /// <remarks>Format and provider are ignored.</remarks>
    bool ISpanFormattable.TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider)
        => Encoding.UTF8.TryGetChars(Span, destination, out charsWritten);

    /// <inheritdoc/>
    /// <remarks>Format and provider are ignored.</remarks>
    bool IUtf8SpanFormattable.TryFormat(Span<byte> utf8Destination, out int bytesWritten, ReadOnlySpan<char> format, IFormatProvider? provider)
    {
        if (!Utf8.IsValid(Span))
        {
            return Encoding.UTF8.TryGetBytes(ToString(), utf8Destination, out bytesWritten);
        }

        bytesWritten = Span.TryCopyTo(utf8Destination) ? Length : 0;
        return bytesWritten == Length;
    }
}
