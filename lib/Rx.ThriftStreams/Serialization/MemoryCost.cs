namespace Rx.ThriftStreams.Serialization;

/// <summary>Estimates of the memory that decoded values take on a 64-bit machine, for <see cref="ThriftReaderLimits.MaxMemory"/>.</summary>
internal static class MemoryCost
{
    /// <summary>The size of a struct whose type does not state one.</summary>
    public const int UnknownStruct = 64;

    /// <summary>The size of an unknown value without its content: its entry in a growing list, and the box of a primitive.</summary>
    public const int UnknownValue = 64;

    private const int EmptyList = 32;
    private const int EmptySet = 64;
    private const int EmptyMap = 80;
    private const int EmptyString = 24;
    private const int ArrayHeader = 24;

    // A hash code, a link and a bucket for each key.
    private const int HashEntry = 12;

    // A string or binary inside a container: the larger of a reference and a ReadOnlyMemory<byte>.
    private static ReadOnlySpan<byte> ElementSize => [0, 0, 1, 1, 8, 0, 2, 0, 4, 0, 8, 16, 8, 8, 8, 8, 16];

    public static long String(int utf8Length) => EmptyString + (2L * utf8Length);

    public static long Binary(int length) => EmptyString + (long)length;

    // Beyond a binary, the object that returns the array.
    public static long PooledBinary(int length) => Binary(length) + 32;

    public static long List(ThriftType element, int count) => EmptyList + (count == 0 ? 0 : ArrayHeader + ((long)count * ElementSize[(int)element]));

    public static long Set(ThriftType element, int count) => EmptySet + HashTable(count, ElementSize[(int)element]);

    public static long Map(ThriftType key, ThriftType value, int count) => EmptyMap + HashTable(count, ElementSize[(int)key] + ElementSize[(int)value]);

    private static long HashTable(int count, int entry) => count == 0 ? 0 : (2 * ArrayHeader) + ((long)count * (HashEntry + entry));
}
