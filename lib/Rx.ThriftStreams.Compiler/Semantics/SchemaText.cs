using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using Rx.ThriftStreams.Compiler.Syntax;

namespace Rx.ThriftStreams.Compiler.Semantics;

/// <summary>
/// Prints what the calls of services need as one IDL file: no comments, includes, typedefs and constants, and the methods that a service inherits as its own. Generated services carry
/// it, so that a server can be asked for its schema.
/// </summary>
internal sealed class SchemaText
{
    private static readonly string[] Annotations = ["go.tag", "api.js_conv"];

    private readonly Binder _binder;
    private readonly StringBuilder _text = new();
    private readonly Dictionary<Symbol, string> _names = [];
    private readonly HashSet<string> _taken;
    private readonly Queue<Symbol> _unprinted = new();

    private SchemaText(Binder binder, IEnumerable<string> services)
    {
        _binder = binder;
        _taken = new HashSet<string>(services, StringComparer.Ordinal);
    }

    /// <summary>The IDL of services of one file.</summary>
    /// <param name="services">The services; free of errors, each of another name.</param>
    /// <param name="binder">Resolves what they refer to.</param>
    /// <param name="maxLength">Where to give up.</param>
    /// <returns>The IDL; <see langword="null"/> if it is longer.</returns>
    public static string? Of(IReadOnlyList<ServiceSymbol> services, Binder binder, int maxLength = int.MaxValue)
    {
        var printer = new SchemaText(binder, services.Select(static s => s.Name));
        foreach (var service in services)
        {
            printer.PrintService(service);
            if (printer._text.Length > maxLength)
            {
                return null;
            }
        }

        while (printer._unprinted.Count > 0)
        {
            printer.PrintType(printer._unprinted.Dequeue());
            if (printer._text.Length > maxLength)
            {
                return null;
            }
        }

        return printer._text.ToString();
    }

    private void PrintService(ServiceSymbol service)
    {
        _text.Append("service ").Append(service.Name).Append(" {\n");
        foreach (var function in _binder.AllFunctionsOf(service))
        {
            _text.Append(function.IsOneway ? "oneway " : "").Append(function.ReturnType is null ? "void" : TypeName(function.ReturnType)).Append(' ').Append(function.Name).Append('(');
            PrintFields(function.Arguments, ", ", hasRequiredness: true);
            _text.Append(')');
            if (function.Throws.Count > 0)
            {
                _text.Append(" throws (");
                PrintFields(function.Throws, ", ", hasRequiredness: false);
                _text.Append(')');
            }

            var mode = function.Mode == StreamingMode.PingPong ? "" : $"streaming.mode=\"{function.Mode.ToString().ToLowerInvariant()}\"";
            var idempotent = function.IsIdempotent ? "idempotent=\"true\"" : "";
            if (mode.Length + idempotent.Length > 0)
            {
                _text.Append(" (").Append(mode).Append(mode.Length > 0 && idempotent.Length > 0 ? ", " : "").Append(idempotent).Append(')');
            }

            _text.Append('\n');
        }

        _text.Append("}\n");
    }

    private void PrintType(Symbol symbol)
    {
        if (symbol is EnumSymbol @enum)
        {
            _text.Append("enum ").Append(_names[symbol]).Append(" { ").Append(string.Join(", ", @enum.Members.Select(static m => m.Name + "=" + Number(m.Value)))).Append(" }\n");
            return;
        }

        var @struct = (StructSymbol)symbol;
        _text.Append(@struct.Kind.ToString().ToLowerInvariant()).Append(' ').Append(_names[symbol]).Append(" {\n");
        PrintFields(_binder.FieldsOf(@struct), "\n", hasRequiredness: !@struct.IsUnion);
        _text.Append("\n}\n");
    }

    private void PrintFields(List<FieldSymbol> fields, string separator, bool hasRequiredness)
    {
        for (var i = 0; i < fields.Count; i++)
        {
            var field = fields[i];
            _text.Append(i == 0 ? "" : separator).Append(Number(field.Id)).Append(": ");
            if (hasRequiredness && field.Requiredness != Requiredness.Default)
            {
                _text.Append(field.Requiredness.ToString().ToLowerInvariant()).Append(' ');
            }

            _text.Append(TypeName(field.Type)).Append(' ').Append(field.Name);
            if (field.Default is { } value)
            {
                _text.Append(" = ");
                PrintValue(value);
            }

            var annotations = field.Syntax.Annotations.Where(static a => Annotations.Contains(a.Key.Text)).Select(static a => a.Key.Text + "=" + Literal(a.Value)).ToList();
            if (annotations.Count > 0)
            {
                _text.Append(" (").Append(string.Join(", ", annotations)).Append(')');
            }
        }
    }

    private void PrintValue(ConstValue value)
    {
        switch (value)
        {
            case BoolConst it:
                _text.Append(it.Value ? "true" : "false");
                break;
            case IntConst it:
                _text.Append(Number(it.Value));
                break;
            case DoubleConst it:
                _text.Append(it.Value.ToString("R", CultureInfo.InvariantCulture));
                break;
            case StringConst it:
                _text.Append(Literal(it.Value));
                break;
            case UuidConst it:
                _text.Append(Literal(it.Value.ToString()));
                break;
            case EnumConst it:
                _text.Append(it.Member is null ? Number(it.Value) : NameOf(it.Enum) + "." + it.Member.Name);
                break;
            case ListConst it:
                PrintAll('[', it.Elements, PrintValue, ']');
                break;
            case MapConst it:
                PrintAll('{', it.Pairs, p => PrintPair(p.Key, p.Value), '}');
                break;
            case StructConst it:
                PrintAll('{', it.Fields, p => PrintPair(new StringConst(p.Key.Name), p.Value), '}');
                break;
        }
    }

    private void PrintPair(ConstValue key, ConstValue value)
    {
        PrintValue(key);
        _text.Append(": ");
        PrintValue(value);
    }

    private void PrintAll<T>(char open, IReadOnlyList<T> items, Action<T> print, char close)
    {
        _text.Append(open);
        for (var i = 0; i < items.Count; i++)
        {
            _text.Append(i == 0 ? "" : ", ");
            print(items[i]);
        }

        _text.Append(close);
    }

    private string TypeName(TypeRef type) => type.Kind switch
    {
        TypeKind.Enum => NameOf(type.Enum),
        TypeKind.Struct => NameOf(type.Struct),
        TypeKind.List => "list<" + TypeName(type.Element) + ">",
        TypeKind.Set => "set<" + TypeName(type.Element) + ">",
        TypeKind.Map => "map<" + TypeName(type.Key) + "," + TypeName(type.Element) + ">",
        TypeKind.Utf8String => $"string ({Binder.CSharpTypeKey}=\"{Binder.Utf8}\")",
        TypeKind.PooledBinary => $"binary ({Binder.CSharpTypeKey}=\"{Binder.Pooled}\")",
        _ => type.ToString(),
    };

    /// <summary>The name of a type; two files may have types of one name, of which the later gets that of its file as well.</summary>
    private string NameOf(Symbol symbol)
    {
        if (!_names.TryGetValue(symbol, out var name))
        {
            name = symbol.Name;
            for (var i = 1; !_taken.Add(name); i++)
            {
                name = Naming.Identifier(symbol.File.Source.BaseName) + "_" + symbol.Name + (i == 1 ? "" : Number(i));
            }

            _names.Add(symbol, name);
            _unprinted.Enqueue(symbol);
        }

        return name;
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Literal(string text)
    {
        var literal = new StringBuilder("\"");
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' or '\\' => literal.Append('\\').Append(c),
                >= '\ud800' and <= '\udfff' => literal.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture)),
                < ' ' or '\x7f' => literal.Append("\\x").Append(((int)c).ToString("x2", CultureInfo.InvariantCulture)),
                _ => literal.Append(c),
            };
        }

        return literal.Append('"').ToString();
    }
}
