namespace Rx.ThriftStreams.Diagnostics;

/// <summary>
/// Finds out whether one direction of a call stands still for long, by looking at it now and then. A field that is never copied: one thread at a time moves the direction, and another,
/// the watch, looks.
/// </summary>
/// <remarks>
/// Standing and moving only write a number, so that they cost nothing worth mentioning. The mover may therefore miss an episode that the watch reports at that moment; the watch looks again
/// after its report and at its next turn, and ends the episode itself.
/// </remarks>
internal struct Stall
{
    // Odd while the direction stands still.
    private long _step;

    // Used only by the watch.
    private long _seenStep;
    private long _seenAt;

    private int _reported;

    /// <summary>Whether the direction stands still now.</summary>
    internal readonly bool Stands => (Volatile.Read(in _step) & 1) != 0;

    /// <summary>The direction stands still from now on.</summary>
    internal void Stand()
    {
        if (!Stands)
        {
            Volatile.Write(ref _step, _step + 1);
        }
    }

    /// <summary>The direction moves on.</summary>
    /// <returns>Whether that ends an episode that was reported.</returns>
    internal bool Move()
    {
        if (!Stands)
        {
            return false;
        }

        Volatile.Write(ref _step, _step + 1);
        return TryEnd();
    }

    /// <summary>Whether the direction has stood still for so long, and that was not reported. Called by the watch.</summary>
    internal bool IsLong(TimeSpan limit, TimeProvider clock, long now)
    {
        var step = Volatile.Read(ref _step);
        if ((step & 1) == 0 || step != _seenStep)
        {
            _seenStep = step;
            _seenAt = now;
            return false;
        }

        return Volatile.Read(ref _reported) == 0 && clock.GetElapsedTime(_seenAt, now) >= limit;
    }

    /// <summary>The watch has reported that the direction stands still.</summary>
    internal void SetReported() => Interlocked.Exchange(ref _reported, 1);

    /// <summary>Whether an episode was reported and the mover has missed it. Called by the watch.</summary>
    internal bool IsOver() => Volatile.Read(ref _reported) != 0 && Volatile.Read(ref _step) != _seenStep && TryEnd();

    private bool TryEnd() => Volatile.Read(ref _reported) != 0 && Interlocked.Exchange(ref _reported, 0) != 0;
}
