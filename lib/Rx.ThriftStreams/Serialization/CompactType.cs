namespace Rx.ThriftStreams.Serialization;

/// <summary>The type codes that the Compact protocol puts on the wire, and how they map to <see cref="ThriftType"/>.</summary>
internal static class CompactType
{
    /// <summary>In a field header: a bool that is true. In a container header: bools.</summary>
    public const int BoolTrue = 1;

    /// <summary>In a field header: a bool that is false. Some peers use it for bools in container headers.</summary>
    public const int BoolFalse = 2;

    private static ReadOnlySpan<byte> FromThrift => [0, 0, BoolTrue, 3, 7, 0, 4, 0, 5, 0, 6, 8, 12, 11, 10, 9, 13];

    private static ReadOnlySpan<byte> ToThrift =>
    [
        (byte)ThriftType.Stop, (byte)ThriftType.Bool, (byte)ThriftType.Bool, (byte)ThriftType.Byte, (byte)ThriftType.I16, (byte)ThriftType.I32, (byte)ThriftType.I64,
        (byte)ThriftType.Double, (byte)ThriftType.String, (byte)ThriftType.List, (byte)ThriftType.Set, (byte)ThriftType.Map, (byte)ThriftType.Struct, (byte)ThriftType.Uuid, 0, 0,
    ];

    /// <summary>The code of a type; 0 if the type has no code.</summary>
    public static int Of(ThriftType type) => (uint)type < (uint)FromThrift.Length ? FromThrift[(int)type] : 0;

    /// <summary>The type of the four low bits; <see cref="ThriftType.Stop"/> if the code is unassigned.</summary>
    public static ThriftType ToThriftType(int code) => (ThriftType)ToThrift[code & 0x0F];
}
