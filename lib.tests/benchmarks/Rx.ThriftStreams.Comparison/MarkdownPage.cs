namespace Rx.ThriftStreams.Comparison;

/// <summary>A page that holds what the program measured, between marks.</summary>
internal static class MarkdownPage
{
    /// <summary>Replaces what is between <c>&lt;!-- mark --&gt;</c> and <c>&lt;!-- /mark --&gt;</c>.</summary>
    internal static async Task ReplaceAsync(string page, string mark, string content)
    {
        var text = await File.ReadAllTextAsync(page);
        var (open, close) = ($"<!-- {mark} -->", $"<!-- /{mark} -->");
        var begin = text.IndexOf(open, StringComparison.Ordinal);
        var end = text.IndexOf(close, StringComparison.Ordinal);
        if (begin < 0 || end < begin)
        {
            throw new InvalidDataException($"{page} has no \"{open}\" and \"{close}\".");
        }

        await File.WriteAllTextAsync(page, $"{text[..(begin + open.Length)]}\n{content}{text[end..]}");
    }
}
