using System;

namespace Rx.ThriftStreams.Dynamic;

/// <summary>The <c>go.tag</c> annotation, whose value is a Go struct tag.</summary>
internal static class GoTag
{
    /// <summary>The name in <c>json:"name,omitempty"</c>; <see langword="null"/> if the tag has none. Kitex ignores what follows the comma, and so does this.</summary>
    internal static string? JsonName(string tag)
    {
        const string Key = "json:\"";
        int start = tag.IndexOf(Key, StringComparison.Ordinal);
        if (start < 0 || (start > 0 && tag[start - 1] != ' '))
        {
            return null;
        }

        start += Key.Length;
        int end = tag.AsSpan(start).IndexOfAny(',', '"');
        return end <= 0 ? null : tag.Substring(start, end);
    }
}
