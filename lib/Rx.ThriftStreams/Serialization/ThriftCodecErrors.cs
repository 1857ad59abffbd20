using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Rx.ThriftStreams.Serialization;

/// <summary>The codec's errors. Each is thrown out of line, so that the code that checks stays small enough to inline.</summary>
internal static class ThriftCodecErrors
{
    /// <summary>Means "no field" where ids are kept as <see cref="int"/>; outside the range of every id.</summary>
    public const int NoField = int.MinValue;

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Truncated(long needed, int offset, int remaining, int fieldId)
        => throw Error($"The message is truncated: {needed} more bytes are needed and {remaining} remain", offset, fieldId);

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void StringLength(int length, int offset, int remaining, int limit, int fieldId)
        => throw Error(
            length < 0 ? $"The length of a string or binary is negative ({length})"
            : length > remaining ? $"A string or binary claims {length} bytes and {remaining} remain"
            : $"A string or binary has {length} bytes; the limit {nameof(ThriftReaderLimits.MaxStringBytes)} is {limit}",
            offset,
            fieldId,
            overLimit: (uint)length <= (uint)remaining);

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Count(int count, int minimumElementSize, int offset, int remaining, int limit, int fieldId)
        => throw Error(
            count < 0 ? $"The element count of a container is negative ({count})"
            : (long)count * minimumElementSize > remaining ? $"A container claims {count} elements of at least {minimumElementSize} bytes and {remaining} bytes remain"
            : $"A container has {count} elements; the limit {nameof(ThriftReaderLimits.MaxContainerCount)} is {limit}",
            offset,
            fieldId,
            overLimit: count >= 0 && (long)count * minimumElementSize <= remaining);

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void ElementType(ThriftType expected, ThriftType actual, int offset, int fieldId)
        => throw Error($"A container holds elements of type {Name(actual)} where the schema has {Name(expected)}", offset, fieldId);

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void UnknownType(int type, int offset, int fieldId)
        => throw Error($"{type} is not a Thrift type", offset, fieldId);

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void TooDeep(int limit, int offset, int fieldId)
        => throw Error($"The message is nested deeper than the limit {nameof(ThriftReaderLimits.MaxDepth)} of {limit}", offset, fieldId);

    /// <summary>Enters a struct below the default depth, down to which every thread's stack suffices.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void CheckDepth(int depth, int limit, int offset, int fieldId)
    {
        if (depth >= limit)
        {
            TooDeep(limit, offset, fieldId);
        }

        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw Error($"The message is nested {depth} levels deep, for which the thread's stack is too small", offset, fieldId);
        }
    }

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Memory(long limit, int offset, int fieldId)
        => throw Error($"The values of the message take more than {limit} bytes of memory, the limit {nameof(ThriftReaderLimits.MaxMemory)} (of a call: MaxReceiveMessageMemory)", offset, fieldId, overLimit: true);

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void WriteTooDeep(int limit, int offset)
        => throw Error($"The value is nested deeper than the limit of {limit} structs, or contains itself", offset, NoField);

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Varint(int bits, int offset, int fieldId)
        => throw Error($"A variable-length integer does not end or does not fit into {bits} bits", offset, fieldId);

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void NotBase64(int offset, int fieldId)
        => throw Error("A binary is not Base64 text", offset, fieldId);

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Json(string what, int offset, int fieldId)
        => throw Error($"{what} in JSON is not written as Apache Thrift writes it", offset, fieldId);

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void JsonToken(char expected, byte actual, int offset, int fieldId)
        => throw Error($"The JSON has the byte 0x{actual:x2} where '{expected}' must be", offset, fieldId);

    private static ThriftProtocolException Error(string what, int offset, int fieldId, bool overLimit = false)
        => fieldId == NoField
            ? new($"{what} (at byte {offset}).", offset) { IsOverLimit = overLimit }
            : new($"{what} (at byte {offset}, field {fieldId}).", offset, (short)fieldId) { IsOverLimit = overLimit };

    private static string Name(ThriftType type) => Enum.IsDefined(type) ? type.ToString() : ((int)type).ToString(System.Globalization.CultureInfo.InvariantCulture);
}
