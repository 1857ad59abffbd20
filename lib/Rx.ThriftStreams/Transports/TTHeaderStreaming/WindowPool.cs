namespace Rx.ThriftStreams.Transports.TTHeaderStreaming;

/// <summary>
/// Shares half of a connection's memory among its streams as windows; the other half is reserved for the messages that overdraw them. Streams start with a
/// small window, and only those whose messages are consumed get a larger one: a caller that leaves any number of streams unread does not use up the room
/// that its other streams need.
/// </summary>
internal sealed class WindowPool(StreamLimits limits)
{
    // A new stream gets at most this part of what is left, so that something always remains for the next one.
    private const int Share = 16;

    private readonly long _total = limits.ConnectionMemory / 2;
    private long _granted;

    /// <summary>The bytes granted to streams.</summary>
    internal long Granted => Interlocked.Read(ref _granted);

    /// <summary>The window of a new stream: smaller if there are many streams.</summary>
    internal int TakeFirst()
    {
        var left = _total - Granted;
        var window = (int)Math.Clamp(left / Share, limits.LeastWindow, limits.FirstWindow);
        Interlocked.Add(ref _granted, window);
        return window;
    }

    /// <summary>The window that this side has announced for every stream of the connection.</summary>
    internal int TakeAnnounced()
    {
        Interlocked.Add(ref _granted, limits.FirstWindow);
        return limits.FirstWindow;
    }

    /// <summary>Takes room for a larger window, if there is any.</summary>
    internal bool TryGrow(int bytes)
    {
        if (Interlocked.Add(ref _granted, bytes) <= _total)
        {
            return true;
        }

        Interlocked.Add(ref _granted, -bytes);
        return false;
    }

    internal void Return(int bytes) => Interlocked.Add(ref _granted, -bytes);
}
