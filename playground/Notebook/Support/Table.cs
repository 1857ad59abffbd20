using System.Globalization;
using System.Net;
using System.Reflection;
using System.Text;

namespace Rx.ThriftStreams.Playground;

/// <summary>Messages as rows, their properties as columns.</summary>
internal sealed class Table
{
    private readonly string[] _columns;
    private readonly List<string[]> _rows;
    private readonly string? _caption;

    private Table(string[] columns, List<string[]> rows, string? caption)
    {
        _columns = columns;
        _rows = rows;
        _caption = caption;
    }

    internal static Table Of<T>(IReadOnlyCollection<T> items, string? caption = null)
    {
        var properties = IsValue(typeof(T)) ? [] : typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(static p => p.GetIndexParameters().Length == 0).ToArray();
        return properties.Length == 0
            ? new(["value"], [.. items.Select(static item => new[] { Text(item) })], caption)
            : new(
                [.. properties.Select(static property => property.Name)],
                [.. items.Select(item => properties.Select(property => Text(property.GetValue(item))).ToArray())],
                caption);
    }

    internal string ToHtml()
    {
        var html = new StringBuilder("<table>");
        if (_caption is not null)
        {
            html.Append("<caption>").Append(WebUtility.HtmlEncode(_caption)).Append("</caption>");
        }

        html.Append("<thead>");
        AppendRow(html, "th", _columns);
        html.Append("</thead><tbody>");
        foreach (var row in _rows)
        {
            AppendRow(html, "td", row);
        }

        return html.Append("</tbody></table>").ToString();
    }

    public override string ToString()
    {
        var widths = _columns.Select((column, index) => _rows.Select(row => row[index].Length).Append(column.Length).Max()).ToArray();
        var lines = _rows.Prepend(_columns).Select(row => string.Join("  ", row.Select((cell, index) => cell.PadRight(widths[index]))).TrimEnd());
        return string.Join(Environment.NewLine, _caption is null ? lines : lines.Append(_caption));
    }

    private static void AppendRow(StringBuilder html, string tag, string[] cells)
    {
        html.Append("<tr>");
        foreach (var cell in cells)
        {
            html.Append('<').Append(tag).Append('>').Append(WebUtility.HtmlEncode(cell)).Append("</").Append(tag).Append('>');
        }

        html.Append("</tr>");
    }

    private static bool IsValue(Type type) => type.IsPrimitive || type == typeof(string);

    private static string Text(object? value) => Convert.ToString(value, CultureInfo.InvariantCulture) ?? string.Empty;
}
