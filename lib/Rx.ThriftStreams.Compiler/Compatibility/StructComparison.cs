using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;
using Rx.ThriftStreams.Compiler.Emit;
using Rx.ThriftStreams.Compiler.Semantics;
using Rx.ThriftStreams.Compiler.Syntax;

namespace Rx.ThriftStreams.Compiler.Compatibility;

/// <summary>Compares structs, unions, exceptions and argument lists, field by field; ids decide which fields belong together.</summary>
internal sealed class StructComparison(ChangeReport report)
{
    private static readonly Regex Qualifier = new(@"global::(?:[\w@]+\.)*", RegexOptions.CultureInvariant);

    private readonly HashSet<(StructSymbol, StructSymbol)> _compared = [];

    /// <summary>A C# type or signature without namespaces: that a type moved is reported once, for the type.</summary>
    public static string Unqualified(string code) => Qualifier.Replace(code, "");

    /// <summary>Compares two structs and, on the wire, the structs that their fields hold.</summary>
    public void Compare(StructSymbol old, StructSymbol current, Binder oldBinder, Binder newBinder)
    {
        // A queue, since structs refer to each other in chains of any length.
        var open = new Queue<(StructSymbol, StructSymbol)>();
        Enqueue(old, current);
        while (open.Count > 0)
        {
            var (x, y) = open.Dequeue();
            CompareFields(x.Name, y, oldBinder.FieldsOf(x), newBinder.FieldsOf(y), x.IsUnion && y.IsUnion, inSource: x.Name == y.Name, Enqueue);
        }

        void Enqueue(StructSymbol x, StructSymbol y)
        {
            if (_compared.Add((x, y)))
            {
                open.Enqueue((x, y));
            }
        }
    }

    /// <summary>Compares the arguments of a function.</summary>
    public void CompareArguments(FunctionSymbol old, FunctionSymbol current, string element, Binder oldBinder, Binder newBinder)
    {
        var structs = new List<(StructSymbol, StructSymbol)>();
        CompareFields(element, current.Service, old.Arguments, current.Arguments, isUnion: false, inSource: false, (x, y) => structs.Add((x, y)));
        structs.ForEach(pair => Compare(pair.Item1, pair.Item2, oldBinder, newBinder));
    }

    /// <summary>Whether values of two types look the same on the wire; the structs in them are compared later.</summary>
    public static bool SameOnTheWire(TypeRef old, TypeRef current, System.Action<StructSymbol, StructSymbol> compareLater)
    {
        if (WireKind(old) != WireKind(current))
        {
            return false;
        }

        if (old.Kind == Semantics.TypeKind.Struct)
        {
            compareLater(old.Struct, current.Struct);
        }

        return !old.IsContainer || (SameOnTheWire(old.Element, current.Element, compareLater)
            && (old.Kind != Semantics.TypeKind.Map || SameOnTheWire(old.Key, current.Key, compareLater)));
    }

    private static Semantics.TypeKind WireKind(TypeRef type) => type.Kind switch
    {
        Semantics.TypeKind.Enum => Semantics.TypeKind.I32,
        Semantics.TypeKind.Utf8String or Semantics.TypeKind.Binary or Semantics.TypeKind.PooledBinary => Semantics.TypeKind.String,
        _ => type.Kind,
    };

    private void CompareFields(
        string owner, Symbol place, List<FieldSymbol> old, List<FieldSymbol> current, bool isUnion, bool inSource, System.Action<StructSymbol, StructSymbol> compareLater)
    {
        var byId = current.ToDictionary(static f => f.Id);
        var byName = current.ToDictionary(static f => f.Name);
        foreach (var field in old)
        {
            var element = owner + "." + field.Name;
            if (byId.TryGetValue(field.Id, out var successor))
            {
                CompareField(element, field, successor, place, inSource, compareLater);
            }
            else if (byName.TryGetValue(field.Name, out var renumbered))
            {
                report.Add(BreakingRules.FieldId, At(place, renumbered), element, element, field.Id, renumbered.Id);
            }
            else
            {
                Removed(element, field, place, isUnion, inSource);
            }
        }

        var oldIds = new HashSet<short>(old.Select(static f => f.Id));
        var oldNames = new HashSet<string>(old.Select(static f => f.Name));
        foreach (var field in current.Where(f => !oldIds.Contains(f.Id) && !oldNames.Contains(f.Name)))
        {
            var element = owner + "." + field.Name;
            if (field.Requiredness == Requiredness.Required)
            {
                report.Add(BreakingRules.RequiredAdded, At(place, field), element, element);
            }
            else if (isUnion && inSource)
            {
                report.Add(BreakingRules.UnionCaseAdded, At(place, field), element, element);
            }
        }
    }

    private static Place At(Symbol owner, FieldSymbol field) => Place.Of(owner, field.Syntax.Name, field.Syntax.Annotations);

    private void Removed(string element, FieldSymbol field, Symbol place, bool isUnion, bool inSource)
    {
        if (isUnion)
        {
            report.Add(BreakingRules.UnionCaseRemoved, Place.Of(place), element, element);
        }
        else if (field.Requiredness == Requiredness.Required)
        {
            report.Add(BreakingRules.RequiredRemoved, Place.Of(place), element, element);
        }
        else if (inSource)
        {
            report.Add(BreakingRules.FieldRemoved, Place.Of(place), element, element, field.Id);
        }
    }

    private void CompareField(string element, FieldSymbol old, FieldSymbol current, Symbol place, bool inSource, System.Action<StructSymbol, StructSymbol> compareLater)
    {
        var at = At(place, current);
        if (!SameOnTheWire(old.Type, current.Type, compareLater))
        {
            report.Add(BreakingRules.FieldType, at, element, element, old.Type, current.Type);
            return;
        }

        CompareRequiredness(element, old, current, at);
        if (!inSource)
        {
            return;
        }

        if (old.CSharpName != current.CSharpName)
        {
            report.Add(BreakingRules.FieldRenamed, at, element, element, old.CSharpName, current.CSharpName);
        }

        var (before, after) = (new MemberField(old, 0), new MemberField(current, 0));
        if (Unqualified(before.CSharpType) != Unqualified(after.CSharpType))
        {
            report.Add(BreakingRules.PropertyType, at, element, element, Unqualified(before.CSharpType), Unqualified(after.CSharpType));
        }
        else if (after.IsRequiredMember && !before.IsRequiredMember)
        {
            report.Add(BreakingRules.RequiredMember, at, element, element);
        }
    }

    private void CompareRequiredness(string element, FieldSymbol old, FieldSymbol current, Place at)
    {
        var (before, after) = (old.Requiredness, current.Requiredness);
        if (before != Requiredness.Required && after == Requiredness.Required)
        {
            report.Add(BreakingRules.BecameRequired, at, element, element);
        }
        else if (before == Requiredness.Required && (after == Requiredness.Optional || (after == Requiredness.Default && current.Type.Kind == Semantics.TypeKind.Struct)))
        {
            // A field without requiredness is always written, unless it is a struct that is null.
            report.Add(BreakingRules.NoLongerRequired, at, element, element);
        }

        if (before == Requiredness.Optional && after == Requiredness.Optional && Text(old) != Text(current))
        {
            report.Add(BreakingRules.DefaultChanged, at, element, element);
        }

        static string Text(FieldSymbol field) => field.Default switch
        {
            null => "",
            StringConst text => CSharp.Literal(text.Value),
            { } value => Unqualified(CSharp.Value(value, field.Type)),
        };
    }
}
