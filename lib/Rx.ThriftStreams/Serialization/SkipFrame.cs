namespace Rx.ThriftStreams.Serialization;

/// <summary>A struct or container that is being skipped: what a reader keeps instead of recursing.</summary>
internal struct SkipFrame
{
    /// <summary>How many frames are kept on the stack before an array is needed.</summary>
    public const int InlineCount = 64;

    /// <summary>The element type, or a map's key type. <see cref="ThriftType.Stop"/> marks a struct.</summary>
    public ThriftType First;

    /// <summary>A map's value type; the same as <see cref="First"/> for lists and sets.</summary>
    public ThriftType Second;

    /// <summary>How many values are still to come; keys and values count one each.</summary>
    public int Remaining;

    public static SkipFrame Struct => default;

    public readonly bool IsStruct => First == ThriftType.Stop;

    public static SkipFrame Elements(ThriftType type, int count) => new() { First = type, Second = type, Remaining = count };

    /// <summary>The pairs were checked to have two bytes at least, so twice their number does not overflow.</summary>
    public static SkipFrame Pairs(ThriftType key, ThriftType value, int count) => new() { First = key, Second = value, Remaining = 2 * count };

    /// <summary>The type of the next value, which is counted as taken.</summary>
    public ThriftType Next() => (--Remaining & 1) != 0 ? First : Second;
}
