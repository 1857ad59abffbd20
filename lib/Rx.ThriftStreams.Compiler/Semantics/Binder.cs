using System;
using System.Collections.Generic;
using System.Linq;
using Rx.ThriftStreams.Compiler.Diagnostics;
using Rx.ThriftStreams.Compiler.Syntax;
using Rx.ThriftStreams.Compiler.Text;

namespace Rx.ThriftStreams.Compiler.Semantics;

/// <summary>
/// Resolves names. A file is bound completely, with every check; the files that it includes are bound only as far as
/// they are used. One binder serves all files of a set, so that each is declared once. Not safe for concurrent use.
/// </summary>
internal sealed partial class Binder
{
    private readonly SourceSet _sources;
    private readonly DiagnosticBag _diagnostics = new();
    private readonly Dictionary<SourceFile, FileSymbol> _files = [];
    private int _hintBudget;

    public Binder(SourceSet sources)
    {
        _sources = sources;
        Constants = new ConstEvaluator(this);
    }

    public ConstEvaluator Constants { get; }

    /// <summary>Binds a file of a set.</summary>
    public static BoundFile Bind(SourceFile source, SourceSet sources) => new Binder(sources).Bind(source);

    /// <summary>Binds a file.</summary>
    public BoundFile Bind(SourceFile source)
    {
        _hintBudget = Hints.BudgetPerFile;
        Constants.Reset();
        var file = Declare(source);
        var complete = TryBindAll(file);
        return new BoundFile(file, this, _diagnostics.Of(source.Syntax.Source, source.Syntax.Diagnostics), complete);
    }

    public void Report(Rule rule, FileSymbol file, TextSpan span, params object[] args) => _diagnostics.Add(rule, file.Source, span, args);

    /// <summary><c> Did you mean "x"?</c>; empty once the limit on findings is reached.</summary>
    public string Hint(string written, FileSymbol file, IEnumerable<string> candidates)
        => _diagnostics.IsFull(file.Path) ? "" : Hints.DidYouMean(written, candidates, ref _hintBudget);

    /// <summary>The nearest of some names, or <see langword="null"/>.</summary>
    public string? Nearest(string written, IEnumerable<string> candidates) => Hints.Nearest(written, candidates, ref _hintBudget);

    /// <summary>The included files whose symbols have a prefix: usually one.</summary>
    public IEnumerable<FileSymbol> Included(FileSymbol file, string prefix)
        => file.Includes.TryGetValue(prefix, out var targets) ? targets.Select(Declare) : [];

    /// <summary>All included files with their prefixes.</summary>
    public IEnumerable<KeyValuePair<string, FileSymbol>> Included(FileSymbol file)
        => file.Includes.SelectMany(i => i.Value.Select(target => new KeyValuePair<string, FileSymbol>(i.Key, Declare(target))));

    private FileSymbol Declare(SourceFile source)
    {
        if (_files.TryGetValue(source, out var known))
        {
            return known;
        }

        var file = Declarer.Declare(source, _diagnostics);
        _files.Add(source, file);
        foreach (var include in _sources.Includes.Of(source))
        {
            if (include.Target is not { } target)
            {
                Report(Rules.IncludeNotFound, file, include.Syntax.Span, include.Syntax.Path, _sources.MissingIncludeHint(source.Path, include.Syntax.Path));
                continue;
            }

            var prefix = target.Syntax.Source.BaseName;
            if (!file.Includes.TryGetValue(prefix, out var targets))
            {
                file.Includes.Add(prefix, targets = []);
            }

            if (!targets.Contains(target))
            {
                targets.Add(target);
            }
        }

        return file;
    }

    // A chain of thousands of typedefs or constants must not overflow the stack.
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
            WarnAboutMisplaced(symbol);
            WarnIfMisspelt(symbol.Annotations, file);
        }

        foreach (var @namespace in file.Syntax.Namespaces)
        {
            WarnIfMisspelt(@namespace.Annotations, file);
        }

        foreach (var member in file.Enums.SelectMany(static e => e.Members))
        {
            WarnIfMisspelt(member.Syntax.Annotations, file);
        }

        foreach (var typedef in file.Typedefs)
        {
            Resolve(typedef);
        }

        foreach (var constant in file.Consts)
        {
            constant.Type = Annotated(ResolveType(constant.Syntax.Type, file), constant.Annotations, file);
            constant.Value = Constants.Evaluate(constant, constant.Type);
        }

        foreach (var symbol in file.Structs)
        {
            FieldsOf(symbol);
        }

        foreach (var symbol in file.Structs)
        {
            if (symbol.DefaultsCheck == DefaultsCheck.None)
            {
                CheckEndlessDefaults(symbol);
            }
        }

        foreach (var service in file.Services)
        {
            FunctionsOf(service);
        }
    }

    private void CheckCycles(FileSymbol file)
    {
        foreach (var include in _sources.Includes.Of(file.SourceFile))
        {
            if (include.Target is { } target && _sources.Includes.CycleThrough(file.SourceFile, target) is { } way)
            {
                Report(Rules.IncludeCycle, file, include.Syntax.Span, way);
            }
        }
    }

    private void WarnAboutMisplaced(Symbol symbol)
    {
        foreach (var annotation in symbol.Annotations)
        {
            WarnIfMode(annotation, symbol.File);
            if (symbol is not TypedefSymbol and not ConstSymbol)
            {
                WarnIfCSharpType(annotation, symbol.File);
            }
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

/// <summary>A bound file with its diagnostics.</summary>
/// <param name="File">The file.</param>
/// <param name="Binder">Resolves what its declarations refer to.</param>
/// <param name="Diagnostics">The diagnostics in the order of the file.</param>
/// <param name="IsComplete">Whether the file was bound to the end, so that code can be generated.</param>
internal sealed record BoundFile(FileSymbol File, Binder Binder, IReadOnlyList<IdlDiagnostic> Diagnostics, bool IsComplete)
{
    public bool HasErrors => Diagnostics.Any(static d => d.IsError);
}
