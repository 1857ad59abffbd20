using System;
using System.Collections.Generic;
using System.Linq;
using Rx.ThriftStreams.Compiler.Semantics;
using Rx.ThriftStreams.Compiler.Syntax;

namespace Rx.ThriftStreams.Dynamic;

/// <summary>Turns bound symbols into schemas. Structs are made when they are first mentioned and filled later, since they may contain themselves.</summary>
internal sealed class SchemaBuilder(Binder binder, bool useGoTags)
{
    private readonly Dictionary<StructSymbol, ThriftStructSchema> _structs = [];
    private readonly Dictionary<EnumSymbol, ThriftEnumSchema> _enums = [];
    private readonly Queue<StructSymbol> _unfilled = new();
    private readonly List<(ThriftFieldSchema Field, FieldSymbol Symbol)> _defaults = [];

    internal ThriftStructSchema Struct(StructSymbol symbol)
    {
        if (!_structs.TryGetValue(symbol, out var schema))
        {
            var kind = symbol.Kind switch
            {
                StructKind.Union => ThriftStructKind.Union,
                StructKind.Exception => ThriftStructKind.Exception,
                _ => ThriftStructKind.Struct,
            };
            schema = new ThriftStructSchema(symbol.Name, kind) { Documentation = symbol.Doc };
            _structs.Add(symbol, schema);
            _unfilled.Enqueue(symbol);
        }

        return schema;
    }

    internal ThriftServiceSchema Service(ServiceSymbol symbol)
    {
        var package = symbol.File.Package;
        var methods = binder.AllFunctionsOf(symbol).Select(function => Method(package, symbol.Name, function));
        return new ThriftServiceSchema(package, symbol.Name, [.. methods], new Lazy<string>(() => IdlOf(symbol))) { Documentation = symbol.Doc };
    }

    /// <summary>Fills all structs, and then the defaults, which may contain any of them.</summary>
    internal void Complete()
    {
        while (_unfilled.TryDequeue(out var symbol))
        {
            _structs[symbol].SetFields(Fields(binder.FieldsOf(symbol), symbol.IsUnion));
        }

        foreach (var (field, symbol) in _defaults)
        {
            field.DefaultValue = ConstBytes.Of(symbol.Type, symbol.Default!);
        }
    }

    // A binder is not thread-safe.
    private string IdlOf(ServiceSymbol service)
    {
        lock (binder)
        {
            return SchemaText.Of([service], binder)!;
        }
    }

    private ThriftMethodSchema Method(string package, string service, FunctionSymbol function)
    {
        ThriftStructSchema request;
        ThriftStructSchema response;
        if (function.IsStreaming)
        {
            request = Struct(function.Arguments[0].Type.Struct);
            response = Struct(function.ReturnType!.Struct);
        }
        else
        {
            request = new ThriftStructSchema(function.Name, ThriftStructKind.Arguments);
            request.SetFields(Fields(function.Arguments, areOptional: false));
            response = new ThriftStructSchema(function.Name, ThriftStructKind.Result);
            var exceptions = Fields(function.Throws, areOptional: true);
            response.SetFields(function.ReturnType is null
                ? exceptions
                : exceptions.Prepend(new ThriftFieldSchema(0, "success", "success", Type(function.ReturnType), ThriftRequiredness.Optional)));
        }

        var method = new Contracts.ThriftMethod<ThriftDynamicMessage, ThriftDynamicMessage>(package, service, function.Name, (Contracts.ThriftStreamingMode)(int)function.Mode, function.IsOneway)
        {
            IsIdempotent = function.IsIdempotent,
        };
        return new ThriftMethodSchema(method, request, response)
        {
            Documentation = function.Doc,
        };
    }

    private List<ThriftFieldSchema> Fields(IEnumerable<FieldSymbol> symbols, bool areOptional)
    {
        var fields = new List<ThriftFieldSchema>();
        foreach (var symbol in symbols)
        {
            var annotations = symbol.Syntax.Annotations;
            var tag = useGoTags ? annotations.LastOrDefault(static annotation => annotation.Key.Text == "go.tag")?.Value : null;
            var field = new ThriftFieldSchema(
                symbol.Id,
                symbol.Name,
                (tag is null ? null : GoTag.JsonName(tag)) ?? symbol.Name,
                Type(symbol.Type),
                areOptional ? ThriftRequiredness.Optional : (ThriftRequiredness)(int)symbol.Requiredness)
            {
                Documentation = symbol.Doc,
                IntegersAreText = annotations.Any(static annotation => annotation.Key.Text == "api.js_conv"),
            };
            if (symbol.Default is not null)
            {
                // A mark until the value is there: which fields have one decides how structs are filled.
                field.DefaultValue = [];
                _defaults.Add((field, symbol));
            }

            fields.Add(field);
        }

        return fields;
    }

    private ThriftTypeSchema Type(TypeRef type) => new(
        ConstBytes.WireType(type),
        isBinary: type.Kind is TypeKind.Binary or TypeKind.PooledBinary,
        @enum: type.Kind == TypeKind.Enum ? Enum(type.Enum) : null,
        @struct: type.Kind == TypeKind.Struct ? Struct(type.Struct) : null,
        key: type.Kind == TypeKind.Map ? Type(type.Key) : null,
        element: type.Kind is TypeKind.List or TypeKind.Set or TypeKind.Map ? Type(type.Element) : null);

    private ThriftEnumSchema Enum(EnumSymbol symbol)
    {
        if (!_enums.TryGetValue(symbol, out var schema))
        {
            schema = new ThriftEnumSchema(symbol.Name, symbol.Members.ToDictionary(static member => member.Name, static member => member.Value, StringComparer.Ordinal));
            _enums.Add(symbol, schema);
        }

        return schema;
    }
}
