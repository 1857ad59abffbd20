using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Runtime.CompilerServices;
using Rx.ThriftStreams.Compiler.Diagnostics;
using Rx.ThriftStreams.Compiler.Syntax;

namespace Rx.ThriftStreams.Compiler.Semantics;

/// <summary>Turns written constants into values of the types they are meant for.</summary>
internal sealed class ConstEvaluator(Binder binder)
{
    // Constants that name constants multiply: thirty lines, each naming the one before twice, would be a billion values.
    private const int MaxValues = 500_000;

    private int _values;

    /// <summary>The value of a named constant as a value of <paramref name="type"/>; <see langword="null"/>, once reported, if it is none.</summary>
    public ConstValue? Evaluate(ConstSymbol constant, TypeRef type)
    {
        if (constant.Evaluating)
        {
            binder.Report(Rules.ConstCycle, constant.File, constant.NameSpan, constant.Name);
            return null;
        }

        constant.Evaluating = true;
        try
        {
            return Evaluate(constant.Syntax.Value, type, constant.File);
        }
        finally
        {
            constant.Evaluating = false;
        }
    }

    /// <summary>A written value as a value of <paramref name="type"/>; <see langword="null"/>, once reported, if it is none.</summary>
    public ConstValue? Evaluate(ConstValueSyntax syntax, TypeRef type, FileSymbol file)
    {
        if (type.Kind == TypeKind.Error)
        {
            return null;
        }

        RuntimeHelpers.EnsureSufficientExecutionStack();
        if (++_values > MaxValues)
        {
            if (_values == MaxValues + 1)
            {
                binder.Report(Rules.ConstTooLarge, file, syntax.Span, MaxValues);
            }

            return null;
        }

        return syntax switch
        {
            NameValueSyntax name => EvaluateName(name, type, file),
            IntValueSyntax integer => EvaluateInt(integer.Value, syntax, type, file),
            DoubleValueSyntax number => type.Kind == TypeKind.Double ? new DoubleConst(number.Value) : Mismatch(syntax, type, file),
            LiteralValueSyntax literal => EvaluateLiteral(literal, type, file),
            ListValueSyntax list => EvaluateList(list, type, file),
            MapValueSyntax map => EvaluateMap(map, type, file),
            _ => null,
        };
    }

    private ConstValue? Mismatch(ConstValueSyntax syntax, TypeRef type, FileSymbol file, string hint = "")
    {
        var written = file.Source.Slice(syntax.Span);
        binder.Report(Rules.ConstTypeMismatch, file, syntax.Span, written.Length <= 40 ? written : written.Substring(0, 40) + "…", type, hint);
        return null;
    }

    private ConstValue? EvaluateInt(long value, ConstValueSyntax syntax, TypeRef type, FileSymbol file)
    {
        var (minimum, maximum) = type.Kind switch
        {
            TypeKind.Byte => (sbyte.MinValue, (long)sbyte.MaxValue),
            TypeKind.I16 => (short.MinValue, short.MaxValue),
            TypeKind.I32 or TypeKind.Enum => (int.MinValue, int.MaxValue),
            TypeKind.Bool => (0, 1),
            _ => (long.MinValue, long.MaxValue),
        };
        if (value < minimum || value > maximum)
        {
            binder.Report(Rules.ConstOutOfRange, file, syntax.Span, value, type);
            return null;
        }

        return type.Kind switch
        {
            TypeKind.Byte or TypeKind.I16 or TypeKind.I32 or TypeKind.I64 => new IntConst(value),
            TypeKind.Bool => new BoolConst(value == 1),
            TypeKind.Double => new DoubleConst(value),
            TypeKind.Enum => new EnumConst(type.Enum, type.Enum.Members.Find(m => m.Value == value), (int)value),
            _ => Mismatch(syntax, type, file),
        };
    }

    private ConstValue? EvaluateLiteral(LiteralValueSyntax literal, TypeRef type, FileSymbol file) => type.Kind switch
    {
        TypeKind.String or TypeKind.Binary => new StringConst(literal.Value),
        TypeKind.Uuid when Guid.TryParse(literal.Value, out var guid) => new UuidConst(guid),
        _ => Mismatch(literal, type, file),
    };

    private ConstValue? EvaluateList(ListValueSyntax list, TypeRef type, FileSymbol file)
    {
        if (type.Kind is not TypeKind.List and not TypeKind.Set)
        {
            // Apache's compiler takes [] for an empty map as well.
            return type.Kind == TypeKind.Map && list.Elements.Count == 0 ? new MapConst([]) : Mismatch(list, type, file);
        }

        var elements = new List<ConstValue>(list.Elements.Count);
        foreach (var element in list.Elements)
        {
            if (_values > MaxValues)
            {
                break;
            }

            if (Evaluate(element, type.Element, file) is { } value)
            {
                elements.Add(value);
            }
        }

        return new ListConst(elements);
    }

    private ConstValue? EvaluateMap(MapValueSyntax map, TypeRef type, FileSymbol file)
    {
        if (type.Kind == TypeKind.Struct)
        {
            return EvaluateStruct(map, type, file);
        }

        if (type.Kind is not TypeKind.Map)
        {
            return type.Kind is TypeKind.List or TypeKind.Set && map.Pairs.Count == 0 ? new ListConst([]) : Mismatch(map, type, file);
        }

        var pairs = new List<KeyValuePair<ConstValue, ConstValue>>(map.Pairs.Count);
        foreach (var pair in map.Pairs)
        {
            var key = Evaluate(pair.Key, type.Key, file);
            var value = Evaluate(pair.Value, type.Element, file);
            if (key is not null && value is not null)
            {
                pairs.Add(new(key, value));
            }
        }

        return new MapConst(pairs);
    }

    private ConstValue? EvaluateStruct(MapValueSyntax map, TypeRef type, FileSymbol file)
    {
        var fields = binder.FieldsOf(type.Struct);
        var values = new List<KeyValuePair<FieldSymbol, ConstValue>>(map.Pairs.Count);
        foreach (var pair in map.Pairs)
        {
            var name = (pair.Key as LiteralValueSyntax)?.Value ?? (pair.Key as NameValueSyntax)?.Name;
            var field = name is null ? null : fields.Find(f => f.Name == name);
            if (field is null)
            {
                Mismatch(pair.Key, type, file, " It is no field of the struct." + (name is null ? "" : Hints.DidYouMean(name, fields.Select(static f => f.Name))));
                continue;
            }

            if (Evaluate(pair.Value, field.Type, file) is { } value)
            {
                values.RemoveAll(v => v.Key == field);
                values.Add(new(field, value));
            }
        }

        if (type.Struct.IsUnion && map.Pairs.Count != 1)
        {
            return Mismatch(map, type, file, " A union has exactly one field.");
        }

        if (values.Count == map.Pairs.Count && fields.Find(f => f.Requiredness == Requiredness.Required && f.Syntax.Default is null && !values.Exists(v => v.Key == f)) is { } missing)
        {
            return Mismatch(map, type, file, $" The required field \"{missing.Name}\" is missing.");
        }

        return type.Struct.IsUnion && values.Count != 1 ? null : new StructConst(type.Struct, values);
    }

    private ConstValue? EvaluateName(NameValueSyntax syntax, TypeRef type, FileSymbol file)
    {
        var name = syntax.Name;
        var found = new List<object>(1);
        Collect(name, file, found);
        var dot = name.IndexOf('.');
        if (dot > 0)
        {
            // The prefix of an included file may itself hold dots.
            for (; dot > 0; dot = name.IndexOf('.', dot + 1))
            {
                if (file.Includes.TryGetValue(name.Substring(0, dot), out var included))
                {
                    Collect(name.Substring(dot + 1), included, found);
                }
            }
        }

        if (found.Count > 1)
        {
            binder.Report(Rules.AmbiguousValue, file, syntax.Span, name, found.Count);
            return null;
        }

        if (found.Count == 0)
        {
            if (name is "true" or "false")
            {
                return type.Kind == TypeKind.Bool ? new BoolConst(name == "true") : EvaluateInt(name == "true" ? 1 : 0, syntax, type, file);
            }

            binder.Report(Rules.UndefinedValue, file, syntax.Span, name, HintFor(name, type, file));
            return null;
        }

        if (found[0] is ConstSymbol constant)
        {
            return Evaluate(constant, type);
        }

        var (@enum, member) = ((EnumSymbol, EnumMemberSymbol))found[0];
        return type.Kind switch
        {
            TypeKind.Enum when type.Enum == @enum => new EnumConst(@enum, member, member.Value),
            TypeKind.I32 or TypeKind.I64 or TypeKind.I16 or TypeKind.Byte or TypeKind.Double => EvaluateInt(member.Value, syntax, type, file),
            _ => Mismatch(syntax, type, file),
        };
    }

    private static void Collect(string name, FileSymbol file, List<object> found)
    {
        if (file.Members.TryGetValue(name, out var symbol) && symbol is ConstSymbol)
        {
            found.Add(symbol);
        }

        var dot = name.LastIndexOf('.');
        if (dot > 0 && file.Members.TryGetValue(name.Substring(0, dot), out var owner))
        {
            // A typedef of an enum stands for the enum.
            for (var i = 0; i < 16 && owner is TypedefSymbol { Target: { Kind: TypeSyntaxKind.Named } target } && file.Members.TryGetValue(target.Name, out var next); i++)
            {
                owner = next;
            }

            if (owner is EnumSymbol @enum && @enum.Members.Find(m => m.Name == name.Substring(dot + 1)) is { } member)
            {
                found.Add((@enum, member));
            }
        }
    }

    private static string HintFor(string name, TypeRef type, FileSymbol file)
    {
        if (type.Kind == TypeKind.Enum)
        {
            var prefix = type.Enum.File == file ? type.Enum.Name : type.Enum.File.Source.BaseName + "." + type.Enum.Name;
            var last = name.Substring(name.LastIndexOf('.') + 1);
            if (Hints.Nearest(last, type.Enum.Members.Select(static m => m.Name)) is { } member)
            {
                return string.Format(CultureInfo.InvariantCulture, " Did you mean \"{0}.{1}\"?", prefix, member);
            }
        }

        return Hints.DidYouMean(name, file.Consts.Select(static c => c.Name).Concat(file.Includes.SelectMany(static i => i.Value.Consts.Select(c => i.Key + "." + c.Name))));
    }
}
