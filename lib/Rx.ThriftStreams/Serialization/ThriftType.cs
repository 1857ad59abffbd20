namespace Rx.ThriftStreams.Serialization;

/// <summary>The type codes of the Thrift protocols, with the numbers that the Binary protocol puts on the wire.</summary>
public enum ThriftType : byte
{
    /// <summary>End of a struct's fields.</summary>
    Stop = 0,

    /// <summary><c>bool</c>: one byte, 1 for true.</summary>
    Bool = 2,

    /// <summary><c>byte</c> or <c>i8</c>: one signed byte.</summary>
    Byte = 3,

    /// <summary><c>double</c>: IEEE 754, eight bytes.</summary>
    Double = 4,

    /// <summary><c>i16</c>: two bytes.</summary>
    I16 = 6,

    /// <summary><c>i32</c> and every enum: four bytes.</summary>
    I32 = 8,

    /// <summary><c>i64</c>: eight bytes.</summary>
    I64 = 10,

    /// <summary><c>string</c> (UTF-8) and <c>binary</c>: a length and that many bytes.</summary>
    String = 11,

    /// <summary>Structs, unions and exceptions: fields, then <see cref="Stop"/>.</summary>
    Struct = 12,

    /// <summary><c>map</c>: key type, value type, count, then the pairs.</summary>
    Map = 13,

    /// <summary><c>set</c>: laid out as <see cref="List"/>.</summary>
    Set = 14,

    /// <summary><c>list</c>: element type, count, then the elements.</summary>
    List = 15,

    /// <summary><c>uuid</c>: sixteen bytes in network order.</summary>
    Uuid = 16,
}
