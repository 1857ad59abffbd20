using System.Globalization;
using System.Text;

namespace Rx.ThriftStreams.Compiler.Diagnostics;

/// <summary>Prepares text from a file for a message: one line of bounded length, without characters that control a terminal.</summary>
internal static class MessageText
{
    private const int MaxLength = 300;

    public static string Clean(string text)
    {
        var shortened = text.Length <= MaxLength ? text : text.Substring(0, MaxLength) + "…";
        for (var i = 0; i < shortened.Length; i++)
        {
            if (NeedsEscape(shortened, i))
            {
                return Escape(shortened);
            }
        }

        return shortened;
    }

    private static string Escape(string text)
    {
        var builder = new StringBuilder(text.Length + 16);
        for (var i = 0; i < text.Length; i++)
        {
            if (NeedsEscape(text, i))
            {
                builder.Append("\\u").Append(((int)text[i]).ToString("X4", CultureInfo.InvariantCulture));
            }
            else
            {
                builder.Append(text[i]);
            }
        }

        return builder.ToString();
    }

    // Control characters, invisible format characters (such as those that reverse the direction of text), and lone surrogates.
    private static bool NeedsEscape(string text, int index) => char.GetUnicodeCategory(text[index]) switch
    {
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => true,
        UnicodeCategory.Surrogate => !(char.IsHighSurrogate(text[index]) ? index + 1 < text.Length && char.IsLowSurrogate(text[index + 1]) : index > 0 && char.IsHighSurrogate(text[index - 1])),
        _ => false,
    };
}
