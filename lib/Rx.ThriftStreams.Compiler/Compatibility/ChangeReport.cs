using System.Collections.Generic;
using System.Linq;
using Rx.ThriftStreams.Compiler.Diagnostics;
using Rx.ThriftStreams.Compiler.Semantics;
using Rx.ThriftStreams.Compiler.Syntax;
using Rx.ThriftStreams.Compiler.Text;

namespace Rx.ThriftStreams.Compiler.Compatibility;

/// <summary>Collects breaking changes up to a level, and marks those that annotations ignore.</summary>
internal sealed class ChangeReport(CompatibilityLevel level, IReadOnlyList<IgnoreRule> ignored)
{
    private readonly List<BreakingChange> _changes = [];
    private readonly HashSet<(string Id, string Element, string Message)> _seen = [];
    private readonly HashSet<AnnotationSyntax> _checked = [];

    /// <summary>The changes in the order of files and places.</summary>
    public IReadOnlyList<BreakingChange> Changes
        => [.. _changes.OrderBy(static c => c.Diagnostic.Path, System.StringComparer.Ordinal).ThenBy(static c => c.Diagnostic.Span.Start).ThenBy(static c => c.Diagnostic.Id, System.StringComparer.Ordinal)];

    /// <summary>Whether changes of a level are looked for.</summary>
    public bool Wants(CompatibilityLevel wanted) => wanted <= level;

    /// <summary>Reports a change at a place of a new file.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="place">Where, with the annotations that apply there.</param>
    /// <param name="element">The declaration.</param>
    /// <param name="args">The values of the rule's message.</param>
    public void Add(BreakingRule rule, Place place, string element, params object[] args)
    {
        if (!Wants(rule.Level))
        {
            return;
        }

        var diagnostic = IdlDiagnostic.Create(rule.Rule, isError: true, place.Location, args);
        if (_seen.Add((diagnostic.Id, element, diagnostic.Message)))
        {
            _changes.Add(new BreakingChange(diagnostic, element, rule.Level, ReasonToIgnore(diagnostic.Id, element, place)));
        }
    }

    private string? ReasonToIgnore(string id, string element, Place place)
    {
        foreach (var rule in ignored)
        {
            if (rule.Covers(id, element))
            {
                return rule.Reason;
            }
        }

        foreach (var annotation in place.Annotations)
        {
            if (IgnoreRule.Parse(annotation.Value) is { } rule)
            {
                if (rule.Covers(id, element))
                {
                    return rule.Reason;
                }
            }
            else if (_checked.Add(annotation))
            {
                var location = IdlLocation.Of(place.Source, annotation.ValueSpan);
                _changes.Add(new BreakingChange(IdlDiagnostic.Create(BreakingRules.IgnoreWithoutReason.Rule, isError: true, location, annotation.Value), element, CompatibilityLevel.Wire, null));
            }
        }

        return null;
    }
}

/// <summary>A place with the ignore annotations of the element there and of what it is part of.</summary>
internal sealed class Place
{
    private Place(IdlText source, TextSpan span, IEnumerable<AnnotationSyntax> annotations)
    {
        Source = source;
        Location = IdlLocation.Of(source, span);
        Annotations = [.. annotations.Where(static a => a.Key.Text == IgnoreRule.Annotation)];
    }

    public IdlText Source { get; }

    public IdlLocation Location { get; }

    public IReadOnlyList<AnnotationSyntax> Annotations { get; }

    public static Place Of(FileSymbol file) => new(file.Source, default, OfFile(file));

    public static Place Of(Symbol symbol) => new(symbol.File.Source, symbol.NameSpan, symbol.Annotations.Concat(OfFile(symbol.File)));

    public static Place Of(Symbol owner, NameSyntax name, IEnumerable<AnnotationSyntax> annotations)
        => new(owner.File.Source, name.Span, annotations.Concat(owner.Annotations).Concat(OfFile(owner.File)));

    private static IEnumerable<AnnotationSyntax> OfFile(FileSymbol file) => file.Syntax.Namespaces.SelectMany(static n => n.Annotations);
}
