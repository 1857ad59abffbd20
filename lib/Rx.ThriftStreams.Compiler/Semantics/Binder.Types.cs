using System.Collections.Generic;
using System.Linq;
using System.Runtime.CompilerServices;
using Rx.ThriftStreams.Compiler.Diagnostics;
using Rx.ThriftStreams.Compiler.Syntax;
using Rx.ThriftStreams.Compiler.Text;

namespace Rx.ThriftStreams.Compiler.Semantics;

internal sealed partial class Binder
{
    private const int MaxTypeSize = 256;

    private static readonly string[] BaseTypeNames = ["bool", "byte", "i8", "i16", "i32", "i64", "double", "string", "binary", "uuid"];

    /// <summary>The type written in a file; <see cref="TypeRef.Error"/> after a report if it does not exist.</summary>
    public TypeRef ResolveType(TypeSyntax syntax, FileSymbol file)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        foreach (var annotation in syntax.Annotations)
        {
            WarnIfMode(annotation, file);
        }

        WarnIfMisspelt(syntax.Annotations, file);
        return Annotated(ResolveName(syntax, file), syntax.Annotations, file);
    }

    private TypeRef ResolveName(TypeSyntax syntax, FileSymbol file)
    {
        switch (syntax.Kind)
        {
            case TypeSyntaxKind.List or TypeSyntaxKind.Set:
                var element = ResolveType(syntax.First!, file);
                if (syntax.Kind == TypeSyntaxKind.Set)
                {
                    RefusePooled(element, syntax.First!, file);
                }

                return element.Kind == TypeKind.Error ? element : Limited(syntax.Kind == TypeSyntaxKind.List ? TypeRef.List(element) : TypeRef.Set(element), syntax, file);
            case TypeSyntaxKind.Map:
                var key = ResolveType(syntax.First!, file);
                var value = ResolveType(syntax.Second!, file);
                RefusePooled(key, syntax.First!, file);
                return key.Kind == TypeKind.Error ? key : value.Kind == TypeKind.Error ? value : Limited(TypeRef.Map(key, value), syntax, file);
        }

        if (TypeRef.Base(syntax.Name) is { } known)
        {
            return known;
        }

        if (!TryFind(syntax.Name, syntax.Span, file, out var symbol))
        {
            return TypeRef.Error;
        }

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

        // Types of some compilers only, unless the file declares the name.
        switch (syntax.Name)
        {
            case "uuid":
                return TypeRef.Uuid;
            case "slist":
                Report(Rules.ObsoleteConstruct, file, syntax.Span, "slist", "read as \"string\"");
                return TypeRef.String;
        }

        var rule = syntax.Name[syntax.Name.Length - 1] == '.' ? Rules.InvalidTypeName : Rules.UndefinedType;
        Report(rule, file, syntax.Span, syntax.Name, rule == Rules.UndefinedType ? Hint(syntax.Name, file, TypeNames(file)) : "");
        return TypeRef.Error;
    }

    // Typedefs multiply: thirty lines, each a map of the preceding type to itself, are a billion types.
    private TypeRef Limited(TypeRef type, TypeSyntax syntax, FileSymbol file)
    {
        if (type.Size <= MaxTypeSize)
        {
            return type;
        }

        Report(Rules.TypeTooLarge, file, syntax.Span, MaxTypeSize);
        return TypeRef.Error;
    }

    private IEnumerable<string> TypeNames(FileSymbol file)
        => BaseTypeNames
            .Concat(file.Members.Values.Where(static m => m is EnumSymbol or StructSymbol or TypedefSymbol).Select(static m => m.Name))
            .Concat(Included(file).SelectMany(static i => i.Value.Members.Values.Where(static m => m is EnumSymbol or StructSymbol or TypedefSymbol).Select(m => i.Key + "." + m.Name)));

    /// <summary>Finds a declaration by its name: of this file, or after the prefix of an included one, split at the last dot.</summary>
    /// <returns><see langword="false"/>, once reported, if two included files declare it.</returns>
    public bool TryFind(string name, TextSpan span, FileSymbol file, out Symbol? symbol)
    {
        if (file.Members.TryGetValue(name, out symbol))
        {
            return true;
        }

        var dot = name.LastIndexOf('.');
        if (dot <= 0)
        {
            return true;
        }

        foreach (var included in Included(file, name.Substring(0, dot)))
        {
            if (!included.Members.TryGetValue(name.Substring(dot + 1), out var found))
            {
                continue;
            }

            if (symbol is not null)
            {
                Report(Rules.DuplicateInclude, file, span, name, symbol.File.Path, found.File.Path);
                return false;
            }

            symbol = found;
        }

        return true;
    }

    /// <summary>The type that a typedef stands for.</summary>
    public TypeRef Resolve(TypedefSymbol typedef)
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
        try
        {
            var target = typedef.Target is null ? TypeRef.String : ResolveType(typedef.Target, typedef.File);
            return typedef.Resolved = Annotated(target, typedef.Annotations, typedef.File);
        }
        finally
        {
            typedef.Resolving = false;
        }
    }

    /// <summary>The fields of a struct, bound on first use; their defaults are bound afterwards, since they can refer to the struct itself.</summary>
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
        foreach (var field in fields)
        {
            symbol.FieldsByName.Add(field.Name, field);
        }

        MemberNames.Assign(symbol, fields, this);
        var defaults = 0;
        foreach (var field in fields)
        {
            if (field.Syntax.Default is { } value)
            {
                field.Default = Constants.Evaluate(value, field.Type, symbol.File);
                if (symbol.IsUnion && ++defaults > 1)
                {
                    Report(Rules.UnionTwoDefaults, symbol.File, value.Span, field.Name, symbol.Name);
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
            var type = Annotated(ResolveType(syntax.Type, file), syntax.Annotations, file);
            if (!names.Add(syntax.Name.Text))
            {
                Report(Rules.DuplicateFieldName, file, syntax.Name.Span, syntax.Name.Text, kind, owner);
                continue;
            }

            if (!ids.Add(id))
            {
                Report(Rules.DuplicateFieldId, file, syntax.Id?.Span ?? syntax.Name.Span, id, kind, owner);
                continue;
            }

            foreach (var annotation in syntax.Annotations)
            {
                WarnIfMode(annotation, file);
            }

            WarnIfMisspelt(syntax.Annotations, file);
            if (type.Kind == TypeKind.Error)
            {
                // Already reported; code for the other fields is still generated.
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

    // Linear: a struct whose defaults are known to end is not visited again.
    private void CheckEndlessDefaults(StructSymbol symbol)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        symbol.DefaultsCheck = DefaultsCheck.Running;
        foreach (var field in FieldsOf(symbol))
        {
            if (field.Default is not null && Made(field.Default).FirstOrDefault(IsEndless) is { } endless)
            {
                Report(Rules.EndlessDefault, symbol.File, field.Syntax.Default!.Span, field.Name, endless.Name);
            }
        }

        symbol.DefaultsCheck = DefaultsCheck.Done;
    }

    private bool IsEndless(StructSymbol made)
    {
        if (made.DefaultsCheck == DefaultsCheck.None)
        {
            CheckEndlessDefaults(made);
        }

        return made.DefaultsCheck == DefaultsCheck.Running;
    }

    /// <summary>The structs that are created with a value, apart from those that their defaults create.</summary>
    private static IEnumerable<StructSymbol> Made(ConstValue value) => value switch
    {
        StructConst made => made.Fields.SelectMany(static f => Made(f.Value)).Prepend(made.Struct),
        ListConst list => list.Elements.SelectMany(Made),
        MapConst map => map.Pairs.SelectMany(static p => Made(p.Key).Concat(Made(p.Value))),
        _ => [],
    };
}
