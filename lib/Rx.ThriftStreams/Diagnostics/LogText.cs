using System.Globalization;
using System.Text;

namespace Rx.ThriftStreams.Diagnostics;

/// <summary>Sanitizes a peer's text for the log: a line break in it could forge an entry, and it may have any length.</summary>
internal static class LogText
{
    private const int MaxLength = 1024;

    /// <summary>The text with control characters as <c>\uXXXX</c>, truncated to 1,024 characters.</summary>
    internal static string Escape(string text)
    {
        var first = text.AsSpan().IndexOfAnyExceptInRange(' ', '~');
        if (first < 0 && text.Length <= MaxLength)
        {
            return text;
        }

        var escaped = new StringBuilder();
        foreach (var c in text.AsSpan(0, Math.Min(text.Length, MaxLength)))
        {
            if (char.IsControl(c) || char.GetUnicodeCategory(c) is UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Format)
            {
                escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}");
            }
            else
            {
                escaped.Append(c);
            }
        }

        return text.Length > MaxLength ? escaped.Append('…').ToString() : escaped.ToString();
    }
}
