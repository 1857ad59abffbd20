using System;
using System.Collections.Generic;
using System.Linq;
using Rx.ThriftStreams.Compiler.Diagnostics;
using Rx.ThriftStreams.Compiler.Syntax;
using Rx.ThriftStreams.Compiler.Text;

namespace Rx.ThriftStreams.Compiler.Semantics;

/// <summary>
/// Gives names their meaning: one file is bound whole, with every check; what it includes only as far as it is used.
/// Findings in other files are dropped, since each file is bound in its own turn.
/// </summary>
internal sealed partial class Binder
{
    private readonly SourceSet _sources;
    private readonly DiagnosticBag _diagnostics = new();
    private readonly Dictionary<string, FileSymbol> _files = new(StringComparer.Ordinal);

    private Binder(SourceSet sources)
    {
        _sources = sources;
        Constants = new ConstEvaluator(this);
    }

    public ConstEvaluator Constants { get; }

    /// <summary>Binds a file.</summary>
    public static BoundFile Bind(SourceFile source, SourceSet sources)
    {
        var binder = new Binder(sources);
        var file = binder.Declare(source);
        var complete = binder.TryBindAll(file);
        var found = source.Syntax.Diagnostics.Concat(binder._diagnostics.Items.Where(d => d.Path == source.Path)).ToList();
        found.Sort(static (a, b) => a.Span.Start != b.Span.Start ? a.Span.Start.CompareTo(b.Span.Start) : string.CompareOrdinal(a.Id, b.Id));
        return new BoundFile(file, binder, found, complete);
    }

    public void Report(Rule rule, FileSymbol file, TextSpan span, params object[] args) => _diagnostics.Add(rule, file.Source, span, args);

    private FileSymbol Declare(SourceFile source)
    {
        if (_files.TryGetValue(source.Path, out var known))
        {
            return known;
        }

        var file = Declarer.Declare(source, _diagnostics);
        _files.Add(source.Path, file);
        foreach (var include in source.Syntax.Includes)
        {
            var target = _sources.Resolve(source.Path, include.Path);
            if (target is null)
            {
                Report(Rules.IncludeNotFound, file, include.Span, include.Path, _sources.MissingIncludeHint(source.Path, include.Path));
                continue;
            }

            var included = Declare(target);
            if (!file.Includes.TryGetValue(included.Source.BaseName, out var other))
            {
                file.Includes.Add(included.Source.BaseName, included);
            }
            else if (other != included)
            {
                Report(Rules.DuplicateInclude, file, include.Span, included.Source.BaseName);
            }
        }

        return file;
    }

    // A chain of thousands of typedefs, constants or services is no IDL, but it must not end the process either.
    private bool TryBindAll(FileSymbol file)
    {
        try
        {
            BindAll(file);
            return true;
        }
        catch (InsufficientExecutionStackException)
        {
            Report(Rules.NestedTooDeep, file, default, Parser.MaxDepth);
            return false;
        }
    }

    private void BindAll(FileSymbol file)
    {
        CheckCycles(file);
        foreach (var symbol in file.Members.Values)
        {
            WarnAboutMisplacedMode(symbol);
        }

        foreach (var typedef in file.Typedefs)
        {
            Resolve(typedef);
        }

        foreach (var constant in file.Consts)
        {
            constant.Type = ResolveType(constant.Syntax.Type, file);
            constant.Value = Constants.Evaluate(constant, constant.Type);
        }

        foreach (var symbol in file.Structs)
        {
            FieldsOf(symbol);
        }

        foreach (var symbol in file.Structs)
        {
            CheckEndlessDefaults(symbol);
        }

        foreach (var service in file.Services)
        {
            FunctionsOf(service);
        }
    }

    private void CheckCycles(FileSymbol file)
    {
        foreach (var include in file.Syntax.Includes)
        {
            if (_sources.Resolve(file.Path, include.Path) is { } target && FindWay(target, file.Path, [file.Source.BaseName], []) is { } way)
            {
                Report(Rules.IncludeCycle, file, include.Span, string.Join(" → ", way));
            }
        }
    }

    private List<string>? FindWay(SourceFile from, string to, List<string> way, HashSet<string> seen)
    {
        way.Add(from.Syntax.Source.BaseName);
        if (from.Path == to)
        {
            return way;
        }

        if (seen.Add(from.Path))
        {
            foreach (var include in from.Syntax.Includes)
            {
                if (_sources.Resolve(from.Path, include.Path) is { } next && FindWay(next, to, way, seen) is { } found)
                {
                    return found;
                }
            }
        }

        way.RemoveAt(way.Count - 1);
        return null;
    }

    private void WarnAboutMisplacedMode(Symbol symbol)
    {
        foreach (var annotation in symbol.Annotations)
        {
            WarnIfMode(annotation, symbol.File);
        }
    }

    private void WarnIfMode(AnnotationSyntax annotation, FileSymbol file)
    {
        if (annotation.Key.Text == StreamingModeKey)
        {
            Report(Rules.StreamingModeMisplaced, file, annotation.Key.Span);
        }
    }
}

/// <summary>A file with its meaning, and what was found in it.</summary>
/// <param name="File">The file.</param>
/// <param name="Binder">Knows what its declarations refer to.</param>
/// <param name="Diagnostics">What was found, in the order of the file.</param>
/// <param name="IsComplete">Whether all of it was bound, so that code can be made of it.</param>
internal sealed record BoundFile(FileSymbol File, Binder Binder, IReadOnlyList<IdlDiagnostic> Diagnostics, bool IsComplete)
{
    public bool HasErrors => Diagnostics.Any(static d => d.IsError);
}
