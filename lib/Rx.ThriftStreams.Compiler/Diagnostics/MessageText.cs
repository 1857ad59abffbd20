using System.Globalization;
using System.Text;

namespace Rx.ThriftStreams.Compiler.Diagnostics;

/// <summary>Makes text from a file fit to be shown: a message is one line, of bounded length, without characters that steer a terminal.</summary>
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

    // Controls, invisible format characters (such as those that turn the direction of text), and halves of surrogate pairs.
    private static bool NeedsEscape(string text, int index) => char.GetUnicodeCategory(text[index]) switch
    {
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => true,
        UnicodeCategory.Surrogate => !(char.IsHighSurrogate(text[index]) ? index + 1 < text.Length && char.IsLowSurrogate(text[index + 1]) : index > 0 && char.IsHighSurrogate(text[index - 1])),
        _ => false,
    };
}
