using System.Collections.Generic;
using System.Text.RegularExpressions;

namespace Rx.ThriftStreams.Compiler.Emit;

/// <summary>
/// A documentation comment split into what C# has elements for. Javadoc's block tags (<c>@param</c>, <c>@return</c>,
/// <c>@throws</c>) and inline tags (<c>{@code x}</c>, <c>{@link X}</c>) are recognized; other tags become remarks.
/// </summary>
internal sealed class DocText
{
    private static readonly Regex InlineTag = new(@"\{@(code|link|linkplain|literal)\s+([^{}]*)\}", RegexOptions.CultureInvariant);

    private readonly List<KeyValuePair<string, string>> _parameters = [];
    private readonly List<KeyValuePair<string, string>> _exceptions = [];
    private readonly List<string> _remarks = [];

    /// <summary>The text before the first tag, as XML; <see langword="null"/> if there is none.</summary>
    public string? Summary { get; private set; }

    /// <summary>The text of <c>@return</c>, as XML on one line.</summary>
    public string? Returns { get; private set; }

    /// <summary>Names and texts of <c>@param</c>, in the order of the comment.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Parameters => _parameters;

    /// <summary>Types and texts of <c>@throws</c>, in the order of the comment.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Exceptions => _exceptions;

    /// <summary>The texts of all other tags, each beginning with the tag's name.</summary>
    public IReadOnlyList<string> Remarks => _remarks;

    public static DocText Parse(string? doc)
    {
        var result = new DocText();
        if (doc is null)
        {
            return result;
        }

        var block = new List<string>();
        foreach (var line in doc.Split('\n'))
        {
            if (line.Length > 1 && line[0] == '@' && char.IsLetter(line[1]))
            {
                result.Add(block);
                block.Clear();
            }

            block.Add(line);
        }

        result.Add(block);
        return result;
    }

    /// <summary>The text of a parameter, or <see langword="null"/>.</summary>
    public string? Parameter(string name) => _parameters.Find(p => p.Key == name).Value;

    /// <summary>A text as XML: inline tags become <c>&lt;c&gt;</c>, everything else is escaped.</summary>
    public static string ToXml(string text)
        => InlineTag.Replace(CodeWriter.XmlText(text), static m => m.Groups[1].Value == "literal" ? m.Groups[2].Value : "<c>" + m.Groups[2].Value.Trim() + "</c>");

    private void Add(List<string> block)
    {
        var text = string.Join("\n", block).Trim();
        if (text.Length == 0)
        {
            return;
        }

        if (text[0] != '@' || text.Length < 2 || !char.IsLetter(text[1]))
        {
            Summary = ToXml(text);
            return;
        }

        var line = Regex.Replace(text, @"\s+", " ");
        var (tag, rest) = Split(line.Substring(1));
        switch (tag)
        {
            case "param":
                Add(_parameters, rest);
                break;
            case "throws" or "exception":
                Add(_exceptions, rest);
                break;
            case "return" or "returns":
                Returns = rest.Length == 0 ? null : ToXml(rest);
                break;
            default:
                _remarks.Add(ToXml(char.ToUpperInvariant(tag[0]) + tag.Substring(1) + (rest.Length == 0 ? "." : ": " + rest)));
                break;
        }
    }

    private static void Add(List<KeyValuePair<string, string>> list, string rest)
    {
        var (name, text) = Split(rest);
        if (name.Length > 0)
        {
            list.Add(new(name, ToXml(text)));
        }
    }

    private static (string Word, string Tail) Split(string text)
    {
        var end = text.IndexOf(' ');
        return end < 0 ? (text, "") : (text.Substring(0, end), text.Substring(end + 1));
    }
}
