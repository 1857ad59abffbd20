namespace Rx.ThriftStreams.Serialization;

/// <summary>A struct or container that is being skipped. Readers keep a stack of these instead of recursing.</summary>
internal struct SkipFrame
{
    /// <summary>How many frames fit on the stack before an array is needed.</summary>
    public const int InlineCount = 64;

    /// <summary>The element type, or a map's key type. <see cref="ThriftType.Stop"/> marks a struct.</summary>
    public ThriftType First;

    /// <summary>A map's value type; the same as <see cref="First"/> for lists and sets.</summary>
    public ThriftType Second;

    /// <summary>How many values remain; a pair counts as two.</summary>
    public int Remaining;

    public static SkipFrame Struct => default;

    public readonly bool IsStruct => First == ThriftType.Stop;

    public static SkipFrame Elements(ThriftType type, int count) => new() { First = type, Second = type, Remaining = count };

    /// <summary>The count was checked against the remaining bytes at two bytes a pair or more, so doubling it does not overflow.</summary>
    public static SkipFrame Pairs(ThriftType key, ThriftType value, int count) => new() { First = key, Second = value, Remaining = 2 * count };

    /// <summary>Takes the next value and returns its type.</summary>
    public ThriftType Next() => (--Remaining & 1) != 0 ? First : Second;
}
