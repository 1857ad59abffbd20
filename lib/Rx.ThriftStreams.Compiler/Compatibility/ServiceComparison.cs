using System;
using System.Collections.Generic;
using System.Linq;
using Rx.ThriftStreams.Compiler.Emit;
using Rx.ThriftStreams.Compiler.Semantics;

namespace Rx.ThriftStreams.Compiler.Compatibility;

/// <summary>Compares services function by function, inherited ones included: a base service is invisible on the wire.</summary>
internal sealed class ServiceComparison(ChangeReport report, StructComparison structs)
{
    public void Compare(ServiceSymbol old, ServiceSymbol current, Binder oldBinder, Binder newBinder)
    {
        if (old.File.Package != current.File.Package)
        {
            report.Add(BreakingRules.ServicePackage, Place.Of(current), old.Name, old.Name, old.File.Package, current.File.Package);
        }

        var before = new ServiceModel(old, oldBinder).Functions;
        var after = new ServiceModel(current, newBinder).Functions.ToDictionary(static f => f.Symbol.Name);
        foreach (var function in before)
        {
            var element = old.Name + "." + function.Symbol.Name;
            if (!after.TryGetValue(function.Symbol.Name, out var successor))
            {
                report.Add(BreakingRules.FunctionRemoved, Place.Of(current), element, element);
                continue;
            }

            var syntax = successor.Symbol.Syntax;
            var at = Place.Of(successor.Symbol.Service, syntax.Name, syntax.Annotations);
            if (IsSameCall(element, function.Symbol, successor.Symbol, at, oldBinder, newBinder))
            {
                structs.CompareArguments(function.Symbol, successor.Symbol, element, oldBinder, newBinder);
                CompareSignatures(element, function, successor, at);
            }
        }
    }

    private bool IsSameCall(string element, FunctionSymbol old, FunctionSymbol current, Place at, Binder oldBinder, Binder newBinder)
    {
        if (old.Mode != current.Mode)
        {
            report.Add(BreakingRules.FunctionMode, at, element, element, Mode(old), Mode(current));
            return false;
        }

        if (old.IsOneway != current.IsOneway)
        {
            report.Add(BreakingRules.FunctionOneway, at, element, element, current.IsOneway ? "became" : "is no longer");
            return false;
        }

        var later = new List<(StructSymbol, StructSymbol)>();
        var same = old.ReturnType is null
            ? current.ReturnType is null
            : current.ReturnType is not null && StructComparison.SameOnTheWire(old.ReturnType, current.ReturnType, (x, y) => later.Add((x, y)));
        if (!same)
        {
            report.Add(BreakingRules.FunctionReturn, at, element, element, old.ReturnType?.ToString() ?? "void", current.ReturnType?.ToString() ?? "void");
            return false;
        }

        later.ForEach(pair => structs.Compare(pair.Item1, pair.Item2, oldBinder, newBinder));
        if (old.ReturnType is null && !old.IsOneway)
        {
            CompareThrows(element, old, current, at);
        }

        return true;
    }

    private void CompareThrows(string element, FunctionSymbol old, FunctionSymbol current, Place at)
    {
        var (before, after) = (old.Throws.ToDictionary(static t => t.Id), current.Throws.ToDictionary(static t => t.Id));
        foreach (var id in before.Keys.Union(after.Keys).Where(id => before.ContainsKey(id) != after.ContainsKey(id)).OrderBy(static id => id))
        {
            report.Add(BreakingRules.VoidThrows, at, element, element, (before.TryGetValue(id, out var thrown) ? thrown : after[id]).Type);
        }
    }

    private void CompareSignatures(string element, FunctionModel old, FunctionModel current, Place at)
    {
        var (before, after) = (StructComparison.Unqualified(old.Signature), StructComparison.Unqualified(current.Signature));
        if (!string.Equals(before, after, StringComparison.Ordinal))
        {
            report.Add(BreakingRules.Signature, at, element, element, before, after);
        }
    }

    private static string Mode(FunctionSymbol function) => function.Mode == StreamingMode.PingPong ? "a call without streams" : function.Mode.ToString().ToLowerInvariant() + " streaming";
}
