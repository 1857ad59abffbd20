using System.Globalization;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Dynamic;

/// <summary>A type of a schema, with typedefs resolved.</summary>
public sealed class ThriftTypeSchema : IStringTypes
{
    internal ThriftTypeSchema(
        ThriftType wireType,
        bool isBinary = false,
        ThriftEnumSchema? @enum = null,
        ThriftStructSchema? @struct = null,
        ThriftTypeSchema? key = null,
        ThriftTypeSchema? element = null)
    {
        WireType = wireType;
        IsBinary = isBinary;
        Enum = @enum;
        Struct = @struct;
        Key = key;
        Element = element;
    }

    /// <summary>The type on the wire.</summary>
    public ThriftType WireType { get; }

    /// <summary>Whether the type is <c>binary</c>, which looks like a string on the wire.</summary>
    public bool IsBinary { get; }

    /// <summary>The enum, if the type is one.</summary>
    public ThriftEnumSchema? Enum { get; }

    /// <summary>The struct, union or exception, if the type is one.</summary>
    public ThriftStructSchema? Struct { get; }

    /// <summary>The key of a map; otherwise <see langword="null"/>.</summary>
    public ThriftTypeSchema? Key { get; }

    /// <summary>The element of a list or set, the value of a map; otherwise <see langword="null"/>.</summary>
    public ThriftTypeSchema? Element { get; }

    IStringTypes? IStringTypes.Key => Key;

    IStringTypes? IStringTypes.Element => Element;

    IStringTypes? IStringTypes.Field(short id, ref int guess) => Struct?.FindType(id, ref guess);

    /// <summary>The type in IDL.</summary>
    public override string ToString() => WireType switch
    {
        ThriftType.List => $"list<{Element}>",
        ThriftType.Set => $"set<{Element}>",
        ThriftType.Map => $"map<{Key}, {Element}>",
        ThriftType.Struct => Struct!.Name,
        ThriftType.String when IsBinary => "binary",
        _ => Enum?.Name ?? WireType.ToString().ToLower(CultureInfo.InvariantCulture),
    };
}
