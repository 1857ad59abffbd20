using System;
using System.Collections.Generic;
using System.Linq;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Dynamic;

/// <summary>What a struct of a schema stands for.</summary>
public enum ThriftStructKind
{
    /// <summary>A <c>struct</c>.</summary>
    Struct,

    /// <summary>A <c>union</c>.</summary>
    Union,

    /// <summary>An <c>exception</c>.</summary>
    Exception,

    /// <summary>The arguments of a unary or ping-pong method.</summary>
    Arguments,

    /// <summary>The result of a unary or ping-pong method: its value as field 0, or one of the exceptions that it declares.</summary>
    Result,
}

/// <summary>A struct, union or exception of a schema, or the arguments or result of a method.</summary>
public sealed class ThriftStructSchema : IStringTypes
{
    private ThriftFieldSchema[] _fields = [];
    private FieldNames _names = FieldNames.Empty;
    private byte[]? _empty;

    internal ThriftStructSchema(string name, ThriftStructKind kind)
    {
        Name = name;
        Kind = kind;
    }

    /// <summary>The name in the IDL; that of the method for arguments and results.</summary>
    public string Name { get; }

    /// <summary>What it is.</summary>
    public ThriftStructKind Kind { get; }

    /// <summary>The fields in the order of their ids.</summary>
    public IReadOnlyList<ThriftFieldSchema> Fields => _fields;

    /// <summary>The documentation comment in the IDL, if there is one.</summary>
    public string? Documentation { get; internal init; }

    /// <summary>The fields that are written although nothing sets them.</summary>
    internal ThriftFieldSchema[] WrittenWhenAbsent { get; private set; } = [];

    /// <summary>The fields for which a reader has something to do if they do not arrive: it fails, or takes the default.</summary>
    internal ThriftFieldSchema[] NoticedWhenAbsent { get; private set; } = [];

    /// <summary>Whether JSON and objects show the value of <see cref="Lone"/>, or null, instead of the struct around it.</summary>
    internal bool IsWrapper => Kind == ThriftStructKind.Result || (Kind == ThriftStructKind.Arguments && _fields.Length == 1);

    /// <summary>The only argument, or the value of a result; <see langword="null"/> for a void result, and for what is not a wrapper.</summary>
    internal ThriftFieldSchema? Lone => !IsWrapper ? null : Kind == ThriftStructKind.Result ? Find(0, 0) : _fields[0];

    bool IStringTypes.IsBinary => false;

    IStringTypes? IStringTypes.Key => null;

    IStringTypes? IStringTypes.Element => null;

    IStringTypes? IStringTypes.Field(short id, ref int guess) => FindType(id, ref guess);

    /// <summary>Finds the type of a field, and leaves the position of the field after it for the next search.</summary>
    internal ThriftTypeSchema? FindType(short id, ref int guess)
    {
        var field = Find(id, guess);
        guess = field is null ? guess : field.Ordinal + 1;
        return field?.Type;
    }

    /// <summary>Finds a field by its id.</summary>
    internal ThriftFieldSchema? Find(short id, int guess)
    {
        if ((uint)guess < (uint)_fields.Length && _fields[guess].Id == id)
        {
            return _fields[guess];
        }

        int low = 0;
        int high = _fields.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >> 1;
            if (_fields[middle].Id == id)
            {
                return _fields[middle];
            }

            if (_fields[middle].Id < id)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return null;
    }

    /// <summary>Finds a field by its name in JSON, in UTF-8.</summary>
    internal ThriftFieldSchema? Find(ReadOnlySpan<byte> name, int guess)
        => (uint)guess < (uint)_fields.Length && name.SequenceEqual(_fields[guess].Utf8JsonName.Span) ? _fields[guess] : _names.Find(name);

    /// <summary>The value of a struct of which no field is set, with its stop; <see langword="null"/> if that cannot be written.</summary>
    internal byte[]? Empty => _empty ??= AbsentValues.EmptyOf(this, depth: 0);

    internal void SetFields(IEnumerable<ThriftFieldSchema> fields)
    {
        _fields = [.. fields.OrderBy(static field => field.Id)];
        for (int i = 0; i < _fields.Length; i++)
        {
            _fields[i].Ordinal = i;
        }

        _names = new FieldNames(_fields);
        if (Kind is ThriftStructKind.Union or ThriftStructKind.Result)
        {
            return;
        }

        WrittenWhenAbsent = [.. _fields.Where(static field => field.Requiredness switch
        {
            ThriftRequiredness.Required => true,
            ThriftRequiredness.Optional => false,
            _ => field.HasDefault || field.Type.WireType != ThriftType.Struct,
        })];
        NoticedWhenAbsent = [.. _fields.Where(static field => field.HasDefault || field.Requiredness == ThriftRequiredness.Required)];
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
