using System;
using System.Collections.Generic;
using System.Linq;
using Rx.ThriftStreams.Compiler.Semantics;
using Rx.ThriftStreams.Compiler.Syntax;
using Rx.ThriftStreams.Serialization;

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

        return new ThriftMethodSchema(package, service, function.Name, (Contracts.StreamingMode)(int)function.Mode, function.IsOneway, request, response)
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

    private ThriftTypeSchema Type(TypeRef type) => type.Kind switch
    {
        TypeKind.Bool => new(ThriftType.Bool),
        TypeKind.Byte => new(ThriftType.Byte),
        TypeKind.I16 => new(ThriftType.I16),
        TypeKind.I32 => new(ThriftType.I32),
        TypeKind.I64 => new(ThriftType.I64),
        TypeKind.Double => new(ThriftType.Double),
        TypeKind.String => new(ThriftType.String),
        TypeKind.Binary => new(ThriftType.String, isBinary: true),
        TypeKind.Uuid => new(ThriftType.Uuid),
        TypeKind.Enum => new(ThriftType.I32, @enum: Enum(type.Enum)),
        TypeKind.Struct => new(ThriftType.Struct, @struct: Struct(type.Struct)),
        TypeKind.List => new(ThriftType.List, element: Type(type.Element)),
        TypeKind.Set => new(ThriftType.Set, element: Type(type.Element)),
        TypeKind.Map => new(ThriftType.Map, key: Type(type.Key), element: Type(type.Element)),
        _ => throw new InvalidOperationException($"A bound schema has a type of the kind {type.Kind}."),
    };

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
