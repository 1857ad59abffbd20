namespace Rx.ThriftStreams.Sockets;

/// <summary>A fixed number of connections that calls share, each call the next of them. One is made when its turn comes and it is not there, or closed.</summary>
/// <param name="count">How many.</param>
/// <param name="isClosed">Whether a connection is of no use any more.</param>
internal sealed class SharedConnections<TConnection>(int count, Func<TConnection, bool> isClosed)
    where TConnection : class
{
    private readonly Slot[] _slots = [.. Enumerable.Range(0, Math.Max(1, count)).Select(static _ => new Slot())];
    private uint _next = unchecked((uint)Random.Shared.Next());

    /// <summary>Those that were made; some may be closed.</summary>
    internal IEnumerable<TConnection> Made => _slots.Select(static slot => slot.Connection).OfType<TConnection>();

    /// <summary>The next one if it is there. Otherwise the turn is not over: <see cref="TakeAsync"/> connects it.</summary>
    internal TConnection? TryTake()
    {
        var slot = _slots[(Volatile.Read(ref _next) + 1) % (uint)_slots.Length];
        if (slot.Connection is not { } connection || isClosed(connection))
        {
            return null;
        }

        Interlocked.Increment(ref _next);
        return connection;
    }

    /// <summary>The next one.</summary>
    /// <param name="connect">Makes one.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    internal async ValueTask<(TConnection Connection, bool IsNew)> TakeAsync(
        Func<CancellationToken, ValueTask<TConnection>> connect,
        CancellationToken cancellationToken)
    {
        var slot = _slots[Interlocked.Increment(ref _next) % (uint)_slots.Length];
        if (slot.Connection is { } connection && !isClosed(connection))
        {
            return (connection, false);
        }

        // One connects, the others of the slot wait for it; each for as long as its own call allows.
        await slot.Turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (slot.Connection is { } made && !isClosed(made))
            {
                return (made, false);
            }

            made = await connect(cancellationToken).ConfigureAwait(false);
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
