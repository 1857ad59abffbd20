namespace Rx.ThriftStreams.Serialization;

/// <summary>What a reader accepts. Applied in addition to the check that every length and count fits into the bytes that remain.</summary>
public sealed class ThriftReaderLimits
{
    internal const int DefaultDepth = 64;

    private const long DefaultMemory = 64 * 1024 * 1024;
    private const long DefaultMemoryPerByte = 16;

    private readonly long? _maxMemory;

    /// <summary>The default limits.</summary>
    public static ThriftReaderLimits Default { get; } = new();

    /// <summary>How deep a message may be nested. Default 64, the recursion limit of Kitex's decoder.</summary>
    /// <remarks>
    /// Structs count, because only structs let a schema recurse. Where no schema bounds a value, because it is skipped or is read over an Apache protocol, containers count as well.
    /// Reading recurses: a message nested deeper than 64 levels, for which the thread's stack is too small, fails like one that exceeds this limit.
    /// </remarks>
    public int MaxDepth { get; init; } = DefaultDepth;

    /// <summary>The longest string or binary in bytes. Default 2 147 483 647: only the message's own size limits it.</summary>
    public int MaxStringBytes { get; init; } = int.MaxValue;

    /// <summary>The most elements of a list or set, or pairs of a map. Default 2 147 483 647: only the message's own size limits it.</summary>
    public int MaxContainerCount { get; init; } = int.MaxValue;

    /// <summary>
    /// The most memory that the objects of one message may take, in bytes. Default <see langword="null"/>: 64 MiB, or sixteen times
    /// the size of the message if that is more. <see cref="long.MaxValue"/> switches the limit off.
    /// </summary>
    /// <remarks>
    /// A few bytes on the wire can become large objects: a struct of which no field was sent is one byte. Reading counts an estimate of what
    /// each object takes (structs by their fields, strings by two bytes per character, containers by their element type and count) before it
    /// allocates the object. A message that takes more fails with a <see cref="ThriftProtocolException"/> whose status is
    /// <see cref="ThriftStatusCode.ResourceExhausted"/>. Skipped fields do not count.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">The value is zero or negative.</exception>
    public long? MaxMemory
    {
        get => _maxMemory;
        init
        {
            if (value is { } bytes)
            {
                ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes, nameof(MaxMemory));
            }

            _maxMemory = value;
        }
    }

    /// <summary>The memory that a message of <paramref name="length"/> bytes may take.</summary>
    internal long MemoryFor(int length) => _maxMemory ?? Math.Max(DefaultMemory, DefaultMemoryPerByte * length);
}
