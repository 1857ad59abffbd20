namespace Rx.ThriftStreams.AspNetCore.Port;

/// <summary>Decides when a client sends too many PINGs, as gRPC servers do: the third that follows another too soon, without data in between, is one too many.</summary>
/// <remarks>
/// Clients measure their bandwidth by a PING for each batch of data that they receive, so data in either direction resets the count. Not thread-safe.
/// </remarks>
/// <param name="interval">The least time between two PINGs.</param>
/// <param name="clock">The clock.</param>
internal sealed class PingPolicy(TimeSpan interval, TimeProvider clock)
{
    internal const int MaxStrikes = 2;

    private int _strikes;
    private bool _hasPinged;
    private long _lastAt;

    /// <summary>The client sends PINGs.</summary>
    /// <param name="count">How many.</param>
    /// <returns><see langword="false"/> if they are too many.</returns>
    internal bool TryAccept(int count)
    {
        for (; count > 0; count--)
        {
            if (_hasPinged && clock.GetElapsedTime(_lastAt) < interval && ++_strikes > MaxStrikes)
            {
                return false;
            }

            _hasPinged = true;
            _lastAt = clock.GetTimestamp();
        }

        return true;
    }

    /// <summary>Data was sent or received.</summary>
    internal void Forgive()
    {
        _strikes = 0;
        _hasPinged = false;
    }
}
