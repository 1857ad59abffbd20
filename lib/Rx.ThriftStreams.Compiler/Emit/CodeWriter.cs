using System;
using System.Text;

namespace Rx.ThriftStreams.Compiler.Emit;

/// <summary>Writes indented C#. Lines end in <c>\n</c> on every system, so that the output is the same everywhere.</summary>
internal sealed class CodeWriter
{
    private static readonly string Spaces = new(' ', 64);

    private readonly StringBuilder _builder = new(4096);
    private int _indent;

    public void Line(string text)
    {
        _builder.Append(Spaces, 0, Math.Min(_indent * 4, Spaces.Length)).Append(text).Append('\n');
    }

    public void Line() => _builder.Append('\n');

    public void Open()
    {
        Line("{");
        _indent++;
    }

    public void Open(string header)
    {
        Line(header);
        Open();
    }

    public void Close(string suffix = "")
    {
        _indent--;
        Line("}" + suffix);
    }

    public void Indent() => _indent++;

    public void Unindent() => _indent--;

    /// <summary>The summary and remarks of a declaration, taken from the comment of the IDL where there is one.</summary>
    public void Doc(string? comment, string fallback) => Doc(DocText.Parse(comment), fallback);

    /// <summary>The summary and remarks of a declaration.</summary>
    public void Doc(DocText doc, string fallback)
    {
        var lines = (doc.Summary ?? fallback).Split('\n');
        if (lines.Length == 1)
        {
            Line("/// <summary>" + lines[0] + "</summary>");
        }
        else
        {
            Line("/// <summary>");
            foreach (var line in lines)
            {
                Line(line.Length == 0 ? "/// <para/>" : "/// " + line);
            }

            Line("/// </summary>");
        }

        if (doc.Remarks.Count > 0)
        {
            Line("/// <remarks>" + string.Join(" ", doc.Remarks) + "</remarks>");
        }
    }

    public override string ToString() => _builder.ToString();

    public static string XmlText(string text)
    {
        var builder = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            switch (c)
            {
                case '&':
                    builder.Append("&amp;");
                    break;
                case '<':
                    builder.Append("&lt;");
                    break;
                case '>':
                    builder.Append("&gt;");
                    break;
                case '\n':
                    builder.Append(c);
                    break;
                default:
                    // Other line terminators of C# would end the comment, and XML does not allow control characters.
                    builder.Append(char.IsControl(c) || c is '\u2028' or '\u2029' or '\uFFFE' or '\uFFFF' ? ' ' : c);
                    break;
            }
        }

        return builder.ToString();
    }
}
