using System.Text;

namespace Rx.ThriftStreams.Wire;

/// <summary>What a field of a connection's messages held last. As a rule it holds the same again, which then needs no new string. Not thread-safe.</summary>
internal struct LastText
{
    private const int LargestKept = 256;

    private string? _text;

    /// <summary>The text of the field in a message.</summary>
    internal string Read(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty)
        {
            return string.Empty;
        }

        // Only ASCII compares equal.
        if (_text is { } last && Ascii.Equals(utf8, last))
        {
            return last;
        }

        var text = Encoding.UTF8.GetString(utf8);
        if (text.Length <= LargestKept)
        {
            _text = text;
        }

        return text;
    }
}
