using System.Collections.Generic;
using System.Linq;
using System.Runtime.CompilerServices;
using Rx.ThriftStreams.Compiler.Diagnostics;
using Rx.ThriftStreams.Compiler.Syntax;

namespace Rx.ThriftStreams.Compiler.Semantics;

internal sealed partial class Binder
{
    private const int MaxTypeSize = 256;

    private static readonly string[] BaseTypeNames = ["bool", "byte", "i8", "i16", "i32", "i64", "double", "string", "binary", "uuid"];

    /// <summary>The type that is written in a file; <see cref="TypeRef.Error"/>, once reported, if there is none.</summary>
    public TypeRef ResolveType(TypeSyntax syntax, FileSymbol file)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        foreach (var annotation in syntax.Annotations)
        {
            WarnIfMode(annotation, file);
        }

        switch (syntax.Kind)
        {
            case TypeSyntaxKind.List or TypeSyntaxKind.Set:
                var element = ResolveType(syntax.First!, file);
                return element.Kind == TypeKind.Error ? element : Limited(syntax.Kind == TypeSyntaxKind.List ? TypeRef.List(element) : TypeRef.Set(element), syntax, file);
            case TypeSyntaxKind.Map:
                var key = ResolveType(syntax.First!, file);
                var value = ResolveType(syntax.Second!, file);
                return key.Kind == TypeKind.Error ? key : value.Kind == TypeKind.Error ? value : Limited(TypeRef.Map(key, value), syntax, file);
        }

        if (TypeRef.Base(syntax.Name) is { } known)
        {
            return known;
        }

        var symbol = Find(syntax.Name, file);
        switch (symbol)
        {
            case EnumSymbol @enum:
                return TypeRef.Of(@enum);
            case StructSymbol @struct:
                return TypeRef.Of(@struct);
            case TypedefSymbol typedef:
                return Resolve(typedef);
            case not null:
                Report(Rules.InvalidTypeName, file, syntax.Span, syntax.Name);
                return TypeRef.Error;
        }

        // Words that only some compilers know as types, unless somebody declared them.
        switch (syntax.Name)
        {
            case "uuid":
                return TypeRef.Uuid;
            case "slist":
                Report(Rules.ObsoleteConstruct, file, syntax.Span, "slist", "read as \"string\"");
                return TypeRef.String;
        }

        var rule = syntax.Name[syntax.Name.Length - 1] == '.' ? Rules.InvalidTypeName : Rules.UndefinedType;
        Report(rule, file, syntax.Span, syntax.Name, rule == Rules.UndefinedType ? Hints.DidYouMean(syntax.Name, TypeNames(file)) : "");
        return TypeRef.Error;
    }

    // Typedefs multiply: thirty lines, each a map of the one before to itself, would be a billion types.
    private TypeRef Limited(TypeRef type, TypeSyntax syntax, FileSymbol file)
    {
        if (type.Size <= MaxTypeSize)
        {
            return type;
        }

        Report(Rules.TypeTooLarge, file, syntax.Span, MaxTypeSize);
        return TypeRef.Error;
    }

    private static IEnumerable<string> TypeNames(FileSymbol file)
        => BaseTypeNames
            .Concat(file.Members.Values.Where(static m => m is EnumSymbol or StructSymbol or TypedefSymbol).Select(static m => m.Name))
            .Concat(file.Includes.SelectMany(static i => i.Value.Members.Values.Where(static m => m is EnumSymbol or StructSymbol or TypedefSymbol).Select(m => i.Key + "." + m.Name)));

    /// <summary>A declaration by its name: of this file, or behind the prefix of an included one, split at the last dot.</summary>
    private static Symbol? Find(string name, FileSymbol file)
    {
        if (file.Members.TryGetValue(name, out var symbol))
        {
            return symbol;
        }

        var dot = name.LastIndexOf('.');
        return dot > 0 && file.Includes.TryGetValue(name.Substring(0, dot), out var included) && included.Members.TryGetValue(name.Substring(dot + 1), out symbol)
            ? symbol
            : null;
    }

    private TypeRef Resolve(TypedefSymbol typedef)
    {
        if (typedef.Resolved is not null)
        {
            return typedef.Resolved;
        }

        if (typedef.Resolving)
        {
            Report(Rules.TypedefLoop, typedef.File, typedef.NameSpan, typedef.Name);
            return TypeRef.Error;
        }

        typedef.Resolving = true;
        var resolved = typedef.Target is null ? TypeRef.String : ResolveType(typedef.Target, typedef.File);
        typedef.Resolving = false;
        return typedef.Resolved = resolved;
    }

    /// <summary>The fields of a struct, bound on first use; their defaults come later, since they may mention the struct itself.</summary>
    public List<FieldSymbol> FieldsOf(StructSymbol symbol)
    {
        if (symbol.BoundFields is { } bound)
        {
            return bound;
        }

        var kind = symbol.Kind switch
        {
            StructKind.Union => "union",
            StructKind.Exception => "exception",
            _ => "struct",
        };
        var fields = BindFields(symbol.Syntax.Fields, symbol.File, kind, symbol.Name, symbol.IsUnion ? FieldPlace.Union : FieldPlace.Struct);
        symbol.BoundFields = fields;
        MemberNames.Assign(symbol, fields);
        var defaults = 0;
        foreach (var field in fields)
        {
            if (field.Syntax.Default is { } value)
            {
                field.Default = Constants.Evaluate(value, field.Type, symbol.File);
                if (symbol.IsUnion && ++defaults > 1)
                {
                    Report(Rules.UnionTwoDefaults, symbol.File, value.Span, field.Name, symbol.Name, Declarer.FileName(symbol.File));
                }
            }
        }

        return fields;
    }

    private enum FieldPlace
    {
        Struct,
        Union,
        Arguments,
        Throws,
    }

    private List<FieldSymbol> BindFields(IReadOnlyList<FieldSyntax> syntaxes, FileSymbol file, string kind, string owner, FieldPlace place)
    {
        var fields = new List<FieldSymbol>(syntaxes.Count);
        var ids = new HashSet<long>();
        var names = new HashSet<string>();
        long previous = 0;
        long nextImplicit = -1;
        foreach (var syntax in syntaxes)
        {
            var id = BindId(syntax, file, kind, owner, ref previous, ref nextImplicit);
            var type = ResolveType(syntax.Type, file);
            if (!names.Add(syntax.Name.Text))
            {
                Report(Rules.DuplicateFieldName, file, syntax.Name.Span, syntax.Name.Text, kind, owner, Declarer.FileName(file));
                continue;
            }

            if (!ids.Add(id))
            {
                Report(Rules.DuplicateFieldId, file, syntax.Id?.Span ?? syntax.Name.Span, id, kind, owner, Declarer.FileName(file));
                continue;
            }

            foreach (var annotation in syntax.Annotations)
            {
                WarnIfMode(annotation, file);
            }

            if (type.Kind == TypeKind.Error)
            {
                // Reported; the rest of the struct is still worth its code.
                continue;
            }

            fields.Add(new FieldSymbol(syntax, (short)id, type, BindRequiredness(syntax, file, owner, place)));
        }

        return fields;
    }

    private short BindId(FieldSyntax syntax, FileSymbol file, string kind, string owner, ref long previous, ref long nextImplicit)
    {
        var apache = file.Options.Apache;
        long id;
        if (syntax.Id is null)
        {
            var counted = previous + 1;
            var down = nextImplicit--;
            id = apache ? down : counted;
            Report(Rules.ImplicitId, file, syntax.Name.Span, syntax.Name.Text, id, apache ? "thriftgo" : "Apache Thrift", apache ? counted : down);
        }
        else if (syntax.Id.IsDecimal || syntax.Id.Value == 0)
        {
            id = syntax.Id.Value;
            if (id <= 0)
            {
                Report(Rules.NonPositiveId, file, syntax.Id.Span, id, syntax.Name.Text, kind, owner);
            }
        }
        else
        {
            id = apache ? syntax.Id.Value : 0;
            Report(Rules.NonDecimalId, file, syntax.Id.Span, file.Source.Slice(syntax.Id.Span), syntax.Name.Text, syntax.Id.Value, id);
        }

        if (id is < short.MinValue or > short.MaxValue)
        {
            Report(Rules.IdOutOfRange, file, syntax.Id?.Span ?? syntax.Name.Span, id, syntax.Name.Text);
            id = 0;
        }

        previous = id;
        return (short)id;
    }

    private Requiredness BindRequiredness(FieldSyntax syntax, FileSymbol file, string owner, FieldPlace place)
    {
        switch (place)
        {
            case FieldPlace.Union:
                if (syntax.Requiredness == Requiredness.Required)
                {
                    Report(Rules.UnionMemberRequired, file, syntax.RequirednessSpan, owner, syntax.Name.Text);
                }

                return Requiredness.Optional;
            case FieldPlace.Throws:
                return Requiredness.Optional;
            case FieldPlace.Arguments when syntax.Requiredness == Requiredness.Optional:
                Report(Rules.OptionalArgument, file, syntax.RequirednessSpan);
                return Requiredness.Default;
            default:
                return syntax.Requiredness;
        }
    }

    private void CheckEndlessDefaults(StructSymbol symbol)
    {
        foreach (var field in symbol.BoundFields!)
        {
            if (field.Default is not null && Creates(field.Default, symbol, []))
            {
                Report(Rules.EndlessDefault, symbol.File, field.Syntax.Default!.Span, field.Name, symbol.Name);
            }
        }
    }

    /// <summary>Whether making the value makes a <paramref name="target"/>, directly or through the defaults of what it makes.</summary>
    private bool Creates(ConstValue value, StructSymbol target, HashSet<StructSymbol> seen) => value switch
    {
        StructConst made => made.Struct == target
            || made.Fields.Any(f => Creates(f.Value, target, seen))
            || (seen.Add(made.Struct) && FieldsOf(made.Struct).Any(f => f.Default is not null && Creates(f.Default, target, seen))),
        ListConst list => list.Elements.Any(e => Creates(e, target, seen)),
        MapConst map => map.Pairs.Any(p => Creates(p.Key, target, seen) || Creates(p.Value, target, seen)),
        _ => false,
    };
}
