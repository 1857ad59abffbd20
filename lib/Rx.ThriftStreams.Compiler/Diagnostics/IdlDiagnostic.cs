using System.Collections.Generic;
using System.Globalization;
using Rx.ThriftStreams.Compiler.Text;

namespace Rx.ThriftStreams.Compiler.Diagnostics;

internal enum IdlSeverity : byte
{
    Warning,
    Error,
}

/// <summary>A kind of diagnostic. Ids are stable: once published they keep their meaning.</summary>
internal sealed record Rule(string Id, IdlSeverity Severity, string Title, string Format);

/// <summary>Something found in a file. Equal by value, with the lines resolved, so that nothing keeps the text alive.</summary>
/// <param name="Rule">The kind.</param>
/// <param name="Message">The text.</param>
/// <param name="Path">The file.</param>
/// <param name="Span">The characters meant.</param>
/// <param name="Line">One-based line of the first character.</param>
/// <param name="Column">One-based column of the first character.</param>
/// <param name="EndLine">One-based line behind the last character.</param>
/// <param name="EndColumn">One-based column behind the last character.</param>
/// <param name="IsError">Whether it stops the build; a switch can make an error of a warning.</param>
internal sealed record IdlDiagnostic(
    Rule Rule, string Message, string Path, TextSpan Span, int Line, int Column, int EndLine, int EndColumn, bool IsError)
{
    public string Id => Rule.Id;

    public IdlSeverity Severity => IsError ? IdlSeverity.Error : IdlSeverity.Warning;

    /// <summary>The form that MSBuild and editors recognise.</summary>
    public override string ToString()
        => string.Format(CultureInfo.InvariantCulture, "{0}({1},{2}): {3} {4}: {5}", Path, Line, Column, IsError ? "error" : "warning", Id, Message);
}

/// <summary>Gathers what is found in one run.</summary>
internal sealed class DiagnosticBag
{
    private readonly List<IdlDiagnostic> _items = [];

    public int ErrorCount { get; private set; }

    public IReadOnlyList<IdlDiagnostic> Items => _items;

    public void Add(Rule rule, IdlText source, TextSpan span, params object[] args) => Add(rule, rule.Severity == IdlSeverity.Error, source, span, args);

    public void Add(Rule rule, bool isError, IdlText source, TextSpan span, params object[] args)
    {
        var (line, column) = source.Locate(span.Start);
        var (endLine, endColumn) = source.Locate(span.End);
        ErrorCount += isError ? 1 : 0;
        var message = args.Length == 0 ? rule.Format : string.Format(CultureInfo.InvariantCulture, rule.Format, args);
        _items.Add(new IdlDiagnostic(rule, message, source.Path, span, line + 1, column + 1, endLine + 1, endColumn + 1, isError));
    }
}
