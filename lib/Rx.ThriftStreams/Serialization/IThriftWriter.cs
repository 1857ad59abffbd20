namespace Rx.ThriftStreams.Serialization;

/// <summary>Writes Thrift values of one protocol. Implemented by <see langword="ref struct"/>s; generated code is generic over it.</summary>
/// <remarks>Not thread-safe. Nothing is visible outside until the owner flushes the writer.</remarks>
public interface IThriftWriter
{
    /// <summary>Enters a struct. Fails when structs are nested deeper than the limit.</summary>
    void BeginStruct();

    /// <summary>Writes the stop and leaves the struct.</summary>
    void EndStruct();

    /// <summary>Writes the header of a struct, list, set or map field; the value follows.</summary>
    void WriteFieldHeader(ThriftType type, short id);

    /// <summary>Writes a whole <c>bool</c> field.</summary>
    void WriteBoolField(short id, bool value);

    /// <summary>Writes a whole <c>byte</c> field.</summary>
    void WriteByteField(short id, sbyte value);

    /// <summary>Writes a whole <c>i16</c> field.</summary>
    void WriteI16Field(short id, short value);

    /// <summary>Writes a whole <c>i32</c> or enum field.</summary>
    void WriteI32Field(short id, int value);

    /// <summary>Writes a whole <c>i64</c> field.</summary>
    void WriteI64Field(short id, long value);

    /// <summary>Writes a whole <c>double</c> field.</summary>
    void WriteDoubleField(short id, double value);

    /// <summary>Writes a whole <c>string</c> field.</summary>
    void WriteStringField(short id, string value);

    /// <summary>Writes a whole <c>string</c> field that is UTF-8 already.</summary>
    void WriteUtf8StringField(short id, ThriftUtf8String value);

    /// <summary>Writes a whole <c>binary</c> field.</summary>
    void WriteBinaryField(short id, ReadOnlySpan<byte> value);

    /// <summary>Writes a whole <c>uuid</c> field.</summary>
    void WriteUuidField(short id, Guid value);

    /// <summary>Writes a <c>bool</c> element.</summary>
    void WriteBool(bool value);

    /// <summary>Writes a <c>byte</c> element.</summary>
    void WriteByte(sbyte value);

    /// <summary>Writes an <c>i16</c> element.</summary>
    void WriteI16(short value);

    /// <summary>Writes an <c>i32</c> or enum element.</summary>
    void WriteI32(int value);

    /// <summary>Writes an <c>i64</c> element.</summary>
    void WriteI64(long value);

    /// <summary>Writes a <c>double</c> element.</summary>
    void WriteDouble(double value);

    /// <summary>Writes a <c>string</c> element.</summary>
    void WriteString(string value);

    /// <summary>Writes a <c>string</c> element that is UTF-8 already.</summary>
    void WriteUtf8String(ThriftUtf8String value);

    /// <summary>Writes a <c>binary</c> element.</summary>
    void WriteBinary(ReadOnlySpan<byte> value);

    /// <summary>Writes a <c>uuid</c> element.</summary>
    void WriteUuid(Guid value);

    /// <summary>Writes a list's header; <paramref name="count"/> elements follow.</summary>
    void WriteListHeader(ThriftType elementType, int count);

    /// <summary>Writes a set's header; <paramref name="count"/> elements follow.</summary>
    void WriteSetHeader(ThriftType elementType, int count);

    /// <summary>Writes a map's header; <paramref name="count"/> pairs follow, each key then value.</summary>
    void WriteMapHeader(ThriftType keyType, ThriftType valueType, int count);

    /// <summary>Writes all elements of a <c>list&lt;i16&gt;</c> whose header was written.</summary>
    void WriteI16Elements(ReadOnlySpan<short> values);

    /// <summary>Writes all elements of a <c>list&lt;i32&gt;</c> whose header was written.</summary>
    void WriteI32Elements(ReadOnlySpan<int> values);

    /// <summary>Writes all elements of a <c>list&lt;i64&gt;</c> whose header was written.</summary>
    void WriteI64Elements(ReadOnlySpan<long> values);

    /// <summary>Writes all elements of a <c>list&lt;double&gt;</c> whose header was written.</summary>
    void WriteDoubleElements(ReadOnlySpan<double> values);
}
