namespace Rx.ThriftStreams.Sockets;

/// <summary>Cuts what is written into parts, and measures the part under way: each part that ends shows that the peer still reads.</summary>
/// <remarks>One write at a time; <see cref="StalledFor"/> may be read by any thread.</remarks>
internal struct WriteProgress(TimeProvider clock)
{
    private const int LargestPart = 1024 * 1024;

    private long _since;

    /// <summary>How long the current write has made no progress; zero if there is none.</summary>
    internal TimeSpan StalledFor => Volatile.Read(ref _since) is var since and not 0 ? clock.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>Begins to write.</summary>
    /// <param name="rest">What is not written yet.</param>
    /// <returns>The part to write now.</returns>
    internal ReadOnlyMemory<byte> Begin(ReadOnlyMemory<byte> rest)
    {
        Volatile.Write(ref _since, Math.Max(1, clock.GetTimestamp()));
        return rest[..Math.Min(rest.Length, LargestPart)];
    }

    /// <summary>Nothing is being written.</summary>
    internal void End() => Volatile.Write(ref _since, 0);
}
