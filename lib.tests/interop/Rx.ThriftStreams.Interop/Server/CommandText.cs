using System.Globalization;

namespace Rx.ThriftStreams.InteropProgram.Server;

/// <summary>The arguments of commands.</summary>
internal static class CommandText
{
    internal static int Number(string text, int otherwise = 0)
        => int.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : otherwise;

    /// <summary><c>CODE:text</c>.</summary>
    internal static (int Code, string Text) CodeAndText(string arguments)
    {
        var parts = arguments.Split(':', 2);
        return (Number(parts[0]), parts.Length > 1 ? parts[1] : string.Empty);
    }

    /// <summary><c>k=v,k=v</c>; of a key that stands there twice the last value counts.</summary>
    internal static Dictionary<string, string> Pairs(string text)
        => text.Split(',', StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => pair.Split('=', 2))
            .GroupBy(pair => pair[0], (_, same) => same.Last())
            .ToDictionary(pair => pair[0], pair => pair.Length > 1 ? pair[1] : string.Empty, StringComparer.Ordinal);
}
