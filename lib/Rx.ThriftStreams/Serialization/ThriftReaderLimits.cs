namespace Rx.ThriftStreams.Serialization;

/// <summary>What a reader accepts before it calls the input hostile. Applied on top of the check that every length fits into the bytes that remain.</summary>
public sealed class ThriftReaderLimits
{
    /// <summary>The limits used where none are given.</summary>
    public static ThriftReaderLimits Default { get; } = new();

    /// <summary>How deep a message may be nested. Default 64, the recursion limit of Kitex's decoder.</summary>
    /// <remarks>
    /// Structs count, as only they let a schema recurse. Where no schema bounds a value, because it is skipped or comes over an Apache protocol, containers count as well.
    /// </remarks>
    public int MaxDepth { get; init; } = 64;

    /// <summary>The longest string or binary in bytes. Default 2 147 483 647: only the message's own size limits it.</summary>
    public int MaxStringBytes { get; init; } = int.MaxValue;

    /// <summary>The most elements of a list or set, or pairs of a map. Default 2 147 483 647: only the message's own size limits it.</summary>
    public int MaxContainerCount { get; init; } = int.MaxValue;
}
