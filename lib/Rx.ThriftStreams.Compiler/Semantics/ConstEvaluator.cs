using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Runtime.CompilerServices;
using Rx.ThriftStreams.Compiler.Diagnostics;
using Rx.ThriftStreams.Compiler.Syntax;

namespace Rx.ThriftStreams.Compiler.Semantics;

/// <summary>Evaluates constants as values of their types.</summary>
internal sealed class ConstEvaluator(Binder binder)
{
    // Constants multiply: thirty lines, each naming the preceding constant twice, are a billion values.
    private const int MaxValues = 500_000;

    private int _values;

    /// <summary>Starts a file: the limit on the number of values is per file.</summary>
    public void Reset() => _values = 0;

    /// <summary>Evaluates a constant as <paramref name="type"/>; <see langword="null"/> after a report if it is not of that type.</summary>
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

    /// <summary>Evaluates an expression as <paramref name="type"/>; <see langword="null"/> after a report if it is not of that type.</summary>
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
            TypeKind.Bool => new BoolConst(value > 0),
            TypeKind.Double => new DoubleConst(value),
            TypeKind.Enum => new EnumConst(type.Enum, type.Enum.MembersByValue.TryGetValue((int)value, out var member) ? member : null, (int)value),
            _ => Mismatch(syntax, type, file),
        };
    }

    private ConstValue? EvaluateLiteral(LiteralValueSyntax literal, TypeRef type, FileSymbol file) => type.Kind switch
    {
        TypeKind.String or TypeKind.Utf8String or TypeKind.Binary or TypeKind.PooledBinary => new StringConst(literal.Value),
        TypeKind.Uuid when Guid.TryParse(literal.Value, out var guid) => new UuidConst(guid),
        _ => Mismatch(literal, type, file),
    };

    private ConstValue? EvaluateList(ListValueSyntax list, TypeRef type, FileSymbol file)
    {
        if (type.Kind is not TypeKind.List and not TypeKind.Set)
        {
            // Apache's compiler accepts [] as an empty map.
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
        var order = new List<FieldSymbol>(map.Pairs.Count);
        var values = new Dictionary<FieldSymbol, ConstValue>();
        var complete = true;
        foreach (var pair in map.Pairs)
        {
            var name = (pair.Key as LiteralValueSyntax)?.Value ?? (pair.Key as NameValueSyntax)?.Name;
            if (name is null || !type.Struct.FieldsByName.TryGetValue(name, out var field))
            {
                Mismatch(pair.Key, type, file, " The struct has no such field." + (name is null ? "" : binder.Hint(name, file, type.Struct.FieldsByName.Keys)));
                complete = false;
                continue;
            }

            if (Evaluate(pair.Value, field.Type, file) is not { } value)
            {
                complete = false;
                continue;
            }

            if (!values.ContainsKey(field))
            {
                order.Add(field);
            }

            values[field] = value;
        }

        if (type.Struct.IsUnion)
        {
            return map.Pairs.Count != 1 ? Mismatch(map, type, file, " A union has exactly one field.") : complete ? Create() : null;
        }

        foreach (var missing in fields)
        {
            if (missing.Requiredness != Requiredness.Required || missing.Syntax.Default is not null || values.ContainsKey(missing) || !complete)
            {
                continue;
            }

            // thriftgo and Apache Thrift accept this; in C# the member must be set.
            if (ZeroValue.Of(missing.Type, binder) is not { } zero)
            {
                return Mismatch(map, type, file, $" The required field \"{missing.Name}\" is missing.");
            }

            binder.Report(Rules.ConstFieldMissing, file, map.Span, missing.Name, type);
            order.Add(missing);
            values[missing] = zero;
        }

        return Create();

        StructConst Create() => new(type.Struct, order.ConvertAll(f => new KeyValuePair<FieldSymbol, ConstValue>(f, values[f])));
    }

    private ConstValue? EvaluateName(NameValueSyntax syntax, TypeRef type, FileSymbol file)
    {
        var name = syntax.Name;
        var found = new List<object>(1);
        Collect(name, file, found);

        // The prefix of an included file can contain dots.
        for (var dot = name.IndexOf('.'); dot > 0; dot = name.IndexOf('.', dot + 1))
        {
            foreach (var included in binder.Included(file, name.Substring(0, dot)))
            {
                Collect(name.Substring(dot + 1), included, found);
            }
        }

        if (ByTypeOfField(name, type, file, found) is { } value)
        {
            return value;
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

    // Apache Thrift looks up the last part of the name in the field's enum and ignores the rest.
    private static EnumConst? ByTypeOfField(string name, TypeRef type, FileSymbol file, List<object> found)
        => file.Options.Apache && type.Kind == TypeKind.Enum && !found.Exists(static f => f is ConstSymbol)
            && type.Enum.MembersByName.TryGetValue(name.Substring(name.LastIndexOf('.') + 1), out var member)
            ? new EnumConst(type.Enum, member, member.Value)
            : null;

    private void Collect(string name, FileSymbol file, List<object> found)
    {
        if (file.Members.TryGetValue(name, out var symbol) && symbol is ConstSymbol)
        {
            found.Add(symbol);
        }

        var dot = name.LastIndexOf('.');
        if (dot <= 0 || !file.Members.TryGetValue(name.Substring(0, dot), out var owner))
        {
            return;
        }

        var @enum = owner switch
        {
            EnumSymbol declared => declared,
            TypedefSymbol typedef when binder.Resolve(typedef) is { Kind: TypeKind.Enum } resolved => resolved.Enum,
            _ => null,
        };
        if (@enum is not null && @enum.MembersByName.TryGetValue(name.Substring(dot + 1), out var member))
        {
            found.Add((@enum, member));
        }
    }

    private string HintFor(string name, TypeRef type, FileSymbol file)
    {
        if (type.Kind == TypeKind.Enum)
        {
            var prefix = type.Enum.File == file ? type.Enum.Name : type.Enum.File.Source.BaseName + "." + type.Enum.Name;
            var last = name.Substring(name.LastIndexOf('.') + 1);
            if (binder.Nearest(last, type.Enum.MembersByName.Keys) is { } member)
            {
                return string.Format(CultureInfo.InvariantCulture, " Did you mean \"{0}.{1}\"?", prefix, member);
            }
        }

        return binder.Hint(name, file, file.Consts.Select(static c => c.Name).Concat(binder.Included(file).SelectMany(static i => i.Value.Consts.Select(c => i.Key + "." + c.Name))));
    }
}
