namespace Rx.ThriftStreams.Serialization;

/// <summary>Keeps one buffer or builder of a kind for each thread, so that encoding a message allocates none.</summary>
/// <remarks>
/// Rent it, use it without awaiting, and dispose the rental. Until then it belongs to its user: nested code, such as a message that
/// serializes another one, rents a second. Each thread keeps one, unless it has grown beyond <see cref="PerThread.LargestKept"/>.
/// </remarks>
internal static class PerThread<T>
    where T : class, IPerThread, new()
{
    [ThreadStatic]
    private static T? t_kept;

    /// <summary>Takes what the thread keeps; give it back with <see cref="Return"/>.</summary>
    internal static T Take()
    {
        T? kept = t_kept;
        t_kept = null;
        return kept ?? new T();
    }

    internal static void Return(T value)
    {
        value.Recycle(PerThread.LargestKept);
        t_kept = value;
    }

    /// <summary>Takes what the thread keeps for the scope of a <c>using</c>.</summary>
    internal static Rented Rent() => new(Take());

    /// <summary>What was rented, until it is disposed of.</summary>
    internal readonly ref struct Rented(T value)
    {
        internal T Value { get; } = value;

        public void Dispose() => Return(Value);
    }
}

/// <summary>The policy of everything that is kept for each thread.</summary>
internal static class PerThread
{
    /// <summary>The most bytes that a thread keeps in a buffer between messages.</summary>
    internal const int LargestKept = 256 * 1024;
}

/// <summary>Something that <see cref="PerThread{T}"/> keeps.</summary>
internal interface IPerThread
{
    /// <summary>Discards its content, and its memory where that is larger than <paramref name="largestKept"/> bytes.</summary>
    void Recycle(int largestKept);
}
