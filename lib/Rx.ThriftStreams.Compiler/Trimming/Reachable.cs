using System.Collections.Generic;
using Rx.ThriftStreams.Compiler.Semantics;
using Rx.ThriftStreams.Compiler.Syntax;

namespace Rx.ThriftStreams.Compiler.Trimming;

/// <summary>The declarations that some functions need: types, the constants in their defaults, base services.</summary>
internal sealed class Reachable(Binder binder)
{
    private readonly HashSet<Symbol> _symbols = [];
    private readonly HashSet<FunctionSymbol> _functions = [];
    private readonly Queue<Symbol> _open = new();

    public bool Contains(Symbol symbol) => _symbols.Contains(symbol);

    public bool Contains(FunctionSymbol function) => _functions.Contains(function);

    /// <summary>Adds a function, called through a service that declares or inherits it, and all that it needs.</summary>
    public void Add(ServiceSymbol service, FunctionSymbol function)
    {
        Add(service);
        _functions.Add(function);
        var file = function.Service.File;
        if (function.Syntax.ReturnType is { } type)
        {
            AddType(type, file);
        }

        AddFields(function.Syntax.Arguments, file);
        AddFields(function.Syntax.Throws, file);
        while (_open.Count > 0)
        {
            Follow(_open.Dequeue());
        }
    }

    private void Add(Symbol symbol)
    {
        if (_symbols.Add(symbol))
        {
            _open.Enqueue(symbol);
        }
    }

    private void Follow(Symbol symbol)
    {
        switch (symbol)
        {
            case StructSymbol @struct:
                AddFields(@struct.Syntax.Fields, @struct.File);
                break;
            case TypedefSymbol { Target: { } target }:
                AddType(target, symbol.File);
                break;
            case ConstSymbol constant:
                AddType(constant.Syntax.Type, constant.File);
                AddValue(constant.Syntax.Value, constant.File);
                break;
            case ServiceSymbol { Base: { } parent }:
                Add(parent);
                break;
        }
    }

    private void AddFields(IReadOnlyList<FieldSyntax> fields, FileSymbol file)
    {
        foreach (var field in fields)
        {
            AddType(field.Type, file);
            if (field.Default is { } value)
            {
                AddValue(value, file);
            }
        }
    }

    private void AddType(TypeSyntax type, FileSymbol file)
    {
        if (type.Kind == TypeSyntaxKind.Named)
        {
            if (binder.TryFind(type.Name, type.Span, file, out var symbol) && symbol is not null)
            {
                Add(symbol);
            }

            return;
        }

        AddType(type.First!, file);
        if (type.Second is { } second)
        {
            AddType(second, file);
        }
    }

    private void AddValue(ConstValueSyntax value, FileSymbol file)
    {
        switch (value)
        {
            case NameValueSyntax name:
                AddNamed(name.Name, file);
                for (var dot = name.Name.IndexOf('.'); dot > 0; dot = name.Name.IndexOf('.', dot + 1))
                {
                    foreach (var included in binder.Included(file, name.Name.Substring(0, dot)))
                    {
                        AddNamed(name.Name.Substring(dot + 1), included);
                    }
                }

                break;
            case ListValueSyntax list:
                foreach (var element in list.Elements)
                {
                    AddValue(element, file);
                }

                break;
            case MapValueSyntax map:
                foreach (var pair in map.Pairs)
                {
                    AddValue(pair.Key, file);
                    AddValue(pair.Value, file);
                }

                break;
        }
    }

    // A constant, or the enum (or its typedef) before the name of a value.
    private void AddNamed(string name, FileSymbol file)
    {
        var dot = name.LastIndexOf('.');
        if (file.Members.TryGetValue(name, out var symbol) || (dot > 0 && file.Members.TryGetValue(name.Substring(0, dot), out symbol)))
        {
            Add(symbol);
        }
    }
}
