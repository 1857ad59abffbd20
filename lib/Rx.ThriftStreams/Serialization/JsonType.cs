namespace Rx.ThriftStreams.Serialization;

/// <summary>The names that Apache's JSON protocol has for types.</summary>
internal static class JsonType
{
    /// <summary>The name of a type.</summary>
    public static ReadOnlySpan<byte> NameOf(ThriftType type) => type switch
    {
        ThriftType.Bool => "tf"u8,
        ThriftType.Byte => "i8"u8,
        ThriftType.I16 => "i16"u8,
        ThriftType.I32 => "i32"u8,
        ThriftType.I64 => "i64"u8,
        ThriftType.Double => "dbl"u8,
        ThriftType.String => "str"u8,
        ThriftType.Struct => "rec"u8,
        ThriftType.Map => "map"u8,
        ThriftType.Set => "set"u8,
        ThriftType.List => "lst"u8,
        ThriftType.Uuid => "uid"u8,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "It is not a type of values."),
    };

    /// <summary>The type with a name; <see cref="ThriftType.Stop"/> if there is none.</summary>
    public static ThriftType Of(ReadOnlySpan<byte> name) => name switch
    {
        [(byte)'t', (byte)'f'] => ThriftType.Bool,
        [(byte)'i', (byte)'8'] => ThriftType.Byte,
        [(byte)'i', (byte)'1', (byte)'6'] => ThriftType.I16,
        [(byte)'i', (byte)'3', (byte)'2'] => ThriftType.I32,
        [(byte)'i', (byte)'6', (byte)'4'] => ThriftType.I64,
        [(byte)'d', (byte)'b', (byte)'l'] => ThriftType.Double,
        [(byte)'s', (byte)'t', (byte)'r'] => ThriftType.String,
        [(byte)'r', (byte)'e', (byte)'c'] => ThriftType.Struct,
        [(byte)'m', (byte)'a', (byte)'p'] => ThriftType.Map,
        [(byte)'s', (byte)'e', (byte)'t'] => ThriftType.Set,
        [(byte)'l', (byte)'s', (byte)'t'] => ThriftType.List,
        [(byte)'u', (byte)'i', (byte)'d'] => ThriftType.Uuid,
        _ => ThriftType.Stop,
    };
}
