namespace Rx.ThriftStreams.Sockets;

/// <summary>A fixed number of connections that calls share, round-robin. A connection is created when its turn comes and it does not exist or is closed.</summary>
/// <param name="count">The number of connections.</param>
/// <param name="isClosed">Whether a connection can no longer be used.</param>
/// <param name="turn">How many calls in succession use a connection before it is the turn of the next. A power of two.</param>
internal sealed class SharedConnections<TConnection>(int count, Func<TConnection, bool> isClosed, uint turn = 1)
    where TConnection : class
{
    private readonly Slot[] _slots = [.. Enumerable.Range(0, Math.Max(1, count)).Select(static _ => new Slot())];
    private uint _next = unchecked((uint)Random.Shared.Next());

    /// <summary>Whether a condition holds for one of the connections created so far, some of which may be closed.</summary>
    internal bool Any(Func<TConnection, bool> condition)
    {
        foreach (var slot in _slots)
        {
            if (slot.Connection is { } connection && condition(connection))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Returns the next connection if it is open. Otherwise the position does not advance, so <see cref="TakeAsync"/> connects it.</summary>
    internal TConnection? TryTake()
    {
        // Concurrent callers may read the same position and share a connection: round-robin only spreads the load, and any open connection is valid.
        var slot = _slots[(Volatile.Read(ref _next) + 1) / turn % (uint)_slots.Length];
        if (slot.Connection is not { } connection || isClosed(connection))
        {
            return null;
        }

        Interlocked.Increment(ref _next);
        return connection;
    }

    /// <summary>Returns the next connection, and connects it if necessary.</summary>
    /// <param name="connect">Creates a connection within a time limit.</param>
    /// <param name="limit">The time that the caller allows.</param>
    /// <param name="cancellationToken">Cancels waiting and connecting.</param>
    internal async ValueTask<(TConnection Connection, bool IsNew)> TakeAsync(
        Func<TimeSpan, CancellationToken, ValueTask<TConnection>> connect,
        TimeSpan limit,
        CancellationToken cancellationToken)
    {
        var slot = _slots[Interlocked.Increment(ref _next) / turn % (uint)_slots.Length];
        if (slot.Connection is { } connection && !isClosed(connection))
        {
            return (connection, false);
        }

        // One caller connects, the others of the slot wait for it, each with its own token. If it fails, the next one tries again.
        await slot.Turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (slot.Connection is { } made && !isClosed(made))
            {
                return (made, false);
            }

            made = await connect(limit, cancellationToken).ConfigureAwait(false);
            slot.Connection = made;
            return (made, true);
        }
        finally
        {
            slot.Turn.Release();
        }
    }

    private sealed class Slot
    {
        private volatile TConnection? _connection;

        internal SemaphoreSlim Turn { get; } = new(1, 1);

        internal TConnection? Connection
        {
            get => _connection;
            set => _connection = value;
        }
    }
}
