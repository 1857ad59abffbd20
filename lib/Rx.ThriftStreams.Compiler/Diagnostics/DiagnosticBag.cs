using System;
using System.Collections.Generic;
using Rx.ThriftStreams.Compiler.Text;

namespace Rx.ThriftStreams.Compiler.Diagnostics;

/// <summary>Collects findings, up to a limit per file: a hostile file can have as many errors as characters.</summary>
internal sealed class DiagnosticBag
{
    /// <summary>How many errors of one file are kept, and how many warnings.</summary>
    public const int MaxPerFile = 200;

    private readonly Dictionary<string, FileFindings> _files = new(StringComparer.Ordinal);

    /// <summary>All errors, also those that were not kept.</summary>
    public int ErrorCount { get; private set; }

    public void Add(Rule rule, IdlText source, TextSpan span, params object[] args) => Add(rule, rule.Severity == IdlSeverity.Error, source, span, args);

    public void Add(Rule rule, bool isError, IdlText source, TextSpan span, params object[] args)
    {
        ErrorCount += isError ? 1 : 0;
        if (!_files.TryGetValue(source.Path, out var file))
        {
            _files.Add(source.Path, file = new FileFindings());
        }

        if (isError ? ++file.Errors <= MaxPerFile : ++file.Warnings <= MaxPerFile)
        {
            file.Kept.Add(IdlDiagnostic.Create(rule, isError, IdlLocation.Of(source, span), args));
        }
    }

    /// <summary>Whether further errors of the file are dropped, so that their messages need not be computed.</summary>
    public bool IsFull(string path) => _files.TryGetValue(path, out var file) && file.Errors >= MaxPerFile;

    /// <summary>The findings of a file, merged with earlier ones, in the order of the file.</summary>
    public IReadOnlyList<IdlDiagnostic> Of(IdlText source, IReadOnlyList<IdlDiagnostic>? before = null)
    {
        var all = new List<IdlDiagnostic>(before ?? []);
        var dropped = all.RemoveAll(static d => d.Rule == Rules.TooManyFindings) > 0;
        if (_files.TryGetValue(source.Path, out var file))
        {
            all.AddRange(file.Kept);
            dropped |= file.Errors > MaxPerFile || file.Warnings > MaxPerFile;
        }

        // Stable, so that findings at one place keep the order in which they were made.
        var sorted = new IdlDiagnostic[all.Count];
        var keys = new (int Start, string Id, int Index)[all.Count];
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = (all[i].Span.Start, all[i].Id, i);
        }

        Array.Sort(keys, static (a, b) => a.Start != b.Start ? a.Start.CompareTo(b.Start) : string.CompareOrdinal(a.Id, b.Id) is var order and not 0 ? order : a.Index.CompareTo(b.Index));
        for (var i = 0; i < keys.Length; i++)
        {
            sorted[i] = all[keys[i].Index];
        }

        return Limit(source, sorted, dropped);
    }

    private static List<IdlDiagnostic> Limit(IdlText source, IdlDiagnostic[] sorted, bool dropped)
    {
        var kept = new List<IdlDiagnostic>(sorted.Length);
        var (errors, warnings) = (0, 0);
        foreach (var found in sorted)
        {
            if (found.IsError ? ++errors <= MaxPerFile : ++warnings <= MaxPerFile)
            {
                kept.Add(found);
            }
        }

        if (dropped || kept.Count < sorted.Length)
        {
            var last = kept.Count == 0 ? default : kept[kept.Count - 1].Span;
            kept.Add(IdlDiagnostic.Create(Rules.TooManyFindings, isError: false, IdlLocation.Of(source, last), MaxPerFile));
        }

        return kept;
    }

    private sealed class FileFindings
    {
        public List<IdlDiagnostic> Kept { get; } = [];

        public int Errors { get; set; }

        public int Warnings { get; set; }
    }
}
