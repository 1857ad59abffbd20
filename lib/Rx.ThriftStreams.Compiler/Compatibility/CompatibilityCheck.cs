using System;
using System.Collections.Generic;
using System.Linq;
using Rx.ThriftStreams.Compiler.Emit;
using Rx.ThriftStreams.Compiler.Semantics;

namespace Rx.ThriftStreams.Compiler.Compatibility;

/// <summary>A file of one version, under the name by which the versions are compared.</summary>
internal sealed record VersionedFile(string Name, BoundFile File);

/// <summary>Compares two versions of an IDL: every declaration of the old one with its successor in the new one.</summary>
internal sealed class CompatibilityCheck
{
    private readonly DeclarationIndex _new;
    private readonly ChangeReport _report;
    private readonly StructComparison _structs;
    private readonly ServiceComparison _services;

    private CompatibilityCheck(IReadOnlyList<VersionedFile> newFiles, ChangeReport report)
    {
        _new = new DeclarationIndex(newFiles);
        _report = report;
        _structs = new StructComparison(report);
        _services = new ServiceComparison(report, _structs);
    }

    /// <summary>Finds what breaks.</summary>
    /// <param name="old">The files of the old version; free of errors.</param>
    /// <param name="current">The files of the new version; free of errors.</param>
    /// <param name="level">What has to keep working.</param>
    /// <param name="ignored">Rules that do not count, besides those that annotations of the new version name.</param>
    public static IReadOnlyList<BreakingChange> Run(
        IReadOnlyList<VersionedFile> old, IReadOnlyList<VersionedFile> current, CompatibilityLevel level, IReadOnlyList<IgnoreRule>? ignored = null)
    {
        var report = new ChangeReport(level, ignored ?? []);
        var check = new CompatibilityCheck(current, report);
        foreach (var file in old.OrderBy(static f => f.Name, StringComparer.Ordinal))
        {
            check.Compare(file);
        }

        return report.Changes;
    }

    private void Compare(VersionedFile old)
    {
        var successor = _new.File(old.Name);
        if (successor is null)
        {
            _report.Add(BreakingRules.FileRemoved, Place.Of(old.File.File), old.Name, old.Name);
        }
        else
        {
            CompareNamespaces(old.File.File, successor);
        }

        // Where a declaration was removed there is no better place than its file.
        var place = Place.Of(successor ?? old.File.File);
        foreach (var symbol in old.File.File.Members.Values)
        {
            if (_new.Successor(old.Name, symbol) is not { } found)
            {
                Removed(symbol, place);
                continue;
            }

            if (found.File != old.Name)
            {
                _report.Add(BreakingRules.Moved, Place.Of(found.Symbol), symbol.Name, symbol.Name, old.Name, found.File);
            }

            Compare(symbol, found.Symbol, old.File.Binder, _new.BinderOf(found.Symbol));
        }
    }

    private void CompareNamespaces(FileSymbol old, FileSymbol current)
    {
        foreach (var scope in old.Syntax.Namespaces.Select(static n => n.Scope.Text).Distinct())
        {
            var (before, after) = (Of(old, scope), Of(current, scope));
            if (before != after)
            {
                _report.Add(BreakingRules.Namespace, Place.Of(current), scope, scope, before ?? "", after ?? "");
            }
        }

        static string? Of(FileSymbol file, string scope) => file.Syntax.Namespaces.LastOrDefault(n => n.Scope.Text == scope)?.Name.Text;
    }

    private void Removed(Symbol symbol, Place place)
    {
        var rule = symbol switch
        {
            ServiceSymbol => BreakingRules.ServiceRemoved,
            ConstSymbol => BreakingRules.ConstantRemoved,
            TypedefSymbol => BreakingRules.TypedefRemoved,
            _ => BreakingRules.TypeRemoved,
        };
        _report.Add(rule, place, symbol.Name, symbol.Name);
    }

    private void Compare(Symbol old, Symbol current, Binder oldBinder, Binder newBinder)
    {
        if (KindOf(old) != KindOf(current))
        {
            _report.Add(BreakingRules.TypeKind, Place.Of(current), old.Name, old.Name, KindOf(old), KindOf(current));
        }

        if (old is not ConstSymbol and not TypedefSymbol && FullName(old) != FullName(current))
        {
            _report.Add(BreakingRules.TypeRenamed, Place.Of(current), old.Name, old.Name, FullName(old), FullName(current));
        }

        switch (old, current)
        {
            case (StructSymbol x, StructSymbol y):
                _structs.Compare(x, y, oldBinder, newBinder);
                break;
            case (EnumSymbol x, EnumSymbol y):
                CompareEnums(x, y);
                break;
            case (ServiceSymbol x, ServiceSymbol y):
                _services.Compare(x, y, oldBinder, newBinder);
                break;
            case (ConstSymbol { Value: { } before } x, ConstSymbol { Value: { } after } y):
                CompareConstants(x, before, y, after);
                break;
        }
    }

    private void CompareEnums(EnumSymbol old, EnumSymbol current)
    {
        foreach (var member in old.Members)
        {
            var element = old.Name + "." + member.Name;
            if (!current.MembersByName.TryGetValue(member.Name, out var successor))
            {
                _report.Add(BreakingRules.EnumValueRemoved, Place.Of(current), element, element);
            }
            else if (successor.Value != member.Value)
            {
                _report.Add(BreakingRules.EnumNumber, Place.Of(current, successor.Syntax.Name, successor.Syntax.Annotations), element, element, member.Value, successor.Value);
            }
        }
    }

    private void CompareConstants(ConstSymbol old, ConstValue before, ConstSymbol current, ConstValue after)
    {
        var (x, y) = (CSharp.Type(old.Type) + " " + CSharp.Value(before, old.Type), CSharp.Type(current.Type) + " " + CSharp.Value(after, current.Type));
        if (x != y || old.CSharpName != current.CSharpName)
        {
            _report.Add(
                BreakingRules.ConstantChanged, Place.Of(current), old.Name, old.Name, old.File.Source.Slice(old.Syntax.Value.Span), current.File.Source.Slice(current.Syntax.Value.Span));
        }
    }

    private static string FullName(Symbol symbol) => symbol.GlobalName.Replace("global::", "");

    private static string KindOf(Symbol symbol) => symbol switch
    {
        StructSymbol s => s.Kind.ToString().ToLowerInvariant(),
        EnumSymbol => "enum",
        ServiceSymbol => "service",
        ConstSymbol => "const",
        _ => "typedef",
    };
}
