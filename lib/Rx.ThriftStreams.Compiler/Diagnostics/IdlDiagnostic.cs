using System.Globalization;
using Rx.ThriftStreams.Compiler.Text;

namespace Rx.ThriftStreams.Compiler.Diagnostics;

/// <summary>A place in a file, with its lines resolved so that it does not keep the text alive. Lines and columns count from 1.</summary>
internal sealed record IdlLocation(string Path, TextSpan Span, int Line, int Column, int EndLine, int EndColumn)
{
    public static IdlLocation Of(IdlText source, TextSpan span)
    {
        var (line, column) = source.Locate(span.Start);
        var (endLine, endColumn) = source.Locate(span.End);
        return new IdlLocation(source.Path, span, line + 1, column + 1, endLine + 1, endColumn + 1);
    }
}

/// <summary>A finding in a file. Equal by value.</summary>
/// <param name="Rule">The kind.</param>
/// <param name="Message">The text.</param>
/// <param name="Location">The place.</param>
/// <param name="IsError">Whether it stops the build; some rules are errors or warnings depending on the options.</param>
internal sealed record IdlDiagnostic(Rule Rule, string Message, IdlLocation Location, bool IsError)
{
    public string Id => Rule.Id;

    public IdlSeverity Severity => IsError ? IdlSeverity.Error : IdlSeverity.Warning;

    public string Path => Location.Path;

    public TextSpan Span => Location.Span;

    public int Line => Location.Line;

    public int Column => Location.Column;

    /// <summary>A finding with the message of its rule; text from the file is shortened and escaped.</summary>
    public static IdlDiagnostic Create(Rule rule, bool isError, IdlLocation location, params object[] args)
    {
        var texts = new object[args.Length];
        for (var i = 0; i < args.Length; i++)
        {
            texts[i] = MessageText.Clean(System.Convert.ToString(args[i], CultureInfo.InvariantCulture) ?? "");
        }

        return new IdlDiagnostic(rule, string.Format(CultureInfo.InvariantCulture, rule.Format, texts), location, isError);
    }

    /// <summary>The form that MSBuild and editors recognize.</summary>
    public override string ToString()
        => string.Format(CultureInfo.InvariantCulture, "{0}({1},{2}): {3} {4}: {5}", Path, Line, Column, IsError ? "error" : "warning", Id, Message);
}
