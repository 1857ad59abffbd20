namespace Rx.ThriftStreams.Serialization;

/// <summary>Reads Thrift values of one protocol from memory. Implemented by <see langword="ref struct"/>s; generated code is generic over it.</summary>
/// <remarks>
/// Every length and count is checked against the bytes that remain before anything is allocated.
/// All members throw <see cref="ThriftProtocolException"/> on input that the protocol does not allow or that exceeds <see cref="ThriftReaderLimits"/>. Not thread-safe.
/// </remarks>
public interface IThriftReader
{
    /// <summary>Enters a struct. Fails when structs are nested deeper than the limit, or when the message takes more memory than the limit.</summary>
    /// <param name="memory">How many bytes of memory the object takes without what its fields refer to. Call this before creating the object.</param>
    void BeginStruct(int memory = MemoryCost.UnknownStruct);

    /// <summary>Counts memory that the caller is about to allocate for a value which the reader does not know of. Fails when the message takes more than the limit.</summary>
    /// <param name="memory">How many bytes.</param>
    void ChargeMemory(long memory);

    /// <summary>Leaves a struct whose stop has been read.</summary>
    void EndStruct();

    /// <summary>Reads the header of the next field.</summary>
    /// <returns><see langword="false"/> when the stop was read instead.</returns>
    bool ReadFieldHeader(out ThriftType type, out short id);

    /// <summary>Reads the header of the next field if it is exactly this one; otherwise reads nothing. The fast path of generated code.</summary>
    bool TryReadFieldHeader(ThriftType type, short id);

    /// <summary>Reads the stop if the next struct has no fields, without <see cref="BeginStruct"/>; otherwise reads nothing.</summary>
    /// <remarks>Kitex writes a nil struct or union as an empty one; this distinguishes it from a real one.</remarks>
    bool TryReadEmptyStruct();

    /// <summary>Skips a value of that type with everything inside it.</summary>
    void Skip(ThriftType type);

    /// <summary>Reads a <c>bool</c>.</summary>
    bool ReadBool();

    /// <summary>Reads a <c>byte</c>.</summary>
    sbyte ReadByte();

    /// <summary>Reads an <c>i16</c>.</summary>
    short ReadI16();

    /// <summary>Reads an <c>i32</c>.</summary>
    int ReadI32();

    /// <summary>Reads an <c>i64</c>.</summary>
    long ReadI64();

    /// <summary>Reads a <c>double</c>.</summary>
    double ReadDouble();

    /// <summary>Reads a <c>string</c>.</summary>
    string ReadString();

    /// <summary>Reads a <c>string</c> as its bytes, into newly allocated memory of that size.</summary>
    ThriftUtf8String ReadUtf8String();

    /// <summary>Reads a <c>binary</c> into newly allocated memory.</summary>
    byte[] ReadBinary();

    /// <summary>Reads a <c>binary</c> into memory of the shared pool. The receiver of the message may return it.</summary>
    ThriftPooledBinary ReadPooledBinary();

    /// <summary>Reads a <c>uuid</c>.</summary>
    Guid ReadUuid();

    /// <summary>Reads a list's header and counts the memory of a list with that many elements.</summary>
    /// <param name="elementType">The element type of the schema. A different type on the wire is an error unless the list is empty.</param>
    /// <returns>The number of elements. The remaining bytes can hold that many.</returns>
    int ReadListHeader(ThriftType elementType);

    /// <summary>Reads a set's header; as <see cref="ReadListHeader(ThriftType)"/>.</summary>
    int ReadSetHeader(ThriftType elementType);

    /// <summary>Reads a map's header; as <see cref="ReadListHeader(ThriftType)"/>.</summary>
    int ReadMapHeader(ThriftType keyType, ThriftType valueType);

    /// <summary>Reads a list's header when there is no schema for its elements, and counts no memory. The element type of an empty list may be anything.</summary>
    int ReadListHeader(out ThriftType elementType);

    /// <summary>Reads a set's header when there is no schema for its elements; as <see cref="ReadListHeader(out ThriftType)"/>.</summary>
    int ReadSetHeader(out ThriftType elementType);

    /// <summary>Reads a map's header when there is no schema for its keys and values; as <see cref="ReadListHeader(out ThriftType)"/>.</summary>
    int ReadMapHeader(out ThriftType keyType, out ThriftType valueType);

    /// <summary>Fills <paramref name="destination"/> with the elements of a <c>list&lt;i16&gt;</c> whose header was read.</summary>
    void ReadI16Elements(Span<short> destination);

    /// <summary>Fills <paramref name="destination"/> with the elements of a <c>list&lt;i32&gt;</c> whose header was read.</summary>
    void ReadI32Elements(Span<int> destination);

    /// <summary>Fills <paramref name="destination"/> with the elements of a <c>list&lt;i64&gt;</c> whose header was read.</summary>
    void ReadI64Elements(Span<long> destination);

    /// <summary>Fills <paramref name="destination"/> with the elements of a <c>list&lt;double&gt;</c> whose header was read.</summary>
    void ReadDoubleElements(Span<double> destination);
}
