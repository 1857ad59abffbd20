using System.Globalization;
using System.Text;

namespace Rx.ThriftStreams.Primitives;

/// <summary>Sanitizes a peer's text: a line break in it could forge an entry of a log, and it may have any length.</summary>
internal static class PeerText
{
    /// <summary>The text with control characters as <c>\uXXXX</c>, truncated to that many characters.</summary>
    internal static string Escape(string text, int maxLength)
    {
        var first = text.AsSpan().IndexOfAnyExceptInRange(' ', '~');
        if (first < 0 && text.Length <= maxLength)
        {
            return text;
        }

        var escaped = new StringBuilder();
        foreach (var c in text.AsSpan(0, Math.Min(text.Length, maxLength)))
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

        return text.Length > maxLength ? escaped.Append('…').ToString() : escaped.ToString();
    }
}
