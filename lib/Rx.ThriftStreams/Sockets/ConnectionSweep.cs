namespace Rx.ThriftStreams.Sockets;

/// <summary>A connection whose time limits have to be polled: idleness, an unfinished frame, a peer that is gone or does not read.</summary>
internal interface ISweptConnection
{
    /// <summary>Checks the limits. Called about once a second, one call at a time; must neither block nor throw.</summary>
    void Sweep();
}

/// <summary>One timer for all connections of a channel's transport, or of a server. It runs while there are connections.</summary>
/// <remarks>
/// Thread-safe. A sweep works on a snapshot without the lock, because a connection that it closes removes itself. A connection may therefore be swept once more
/// while or after it is removed.
/// </remarks>
internal sealed class ConnectionSweep(TimeProvider clock) : IDisposable
{
    internal static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly HashSet<ISweptConnection> _connections = [];
    private ISweptConnection[] _snapshot = [];
    private ITimer? _timer;
    private int _sweeping;
    private bool _disposed;

    internal void Add(ISweptConnection connection)
    {
        lock (_gate)
        {
            if (_disposed || !_connections.Add(connection))
            {
                return;
            }

            _snapshot = [];
            if (_timer is null)
            {
                // The timer outlives the call that opens the first connection, and must not keep that call's context.
                using var flow = ExecutionContext.SuppressFlow();
                _timer = clock.CreateTimer(static state => ((ConnectionSweep)state!).Sweep(), this, Period, Period);
            }
        }
    }

    internal void Remove(ISweptConnection connection)
    {
        lock (_gate)
        {
            if (!_connections.Remove(connection))
            {
                return;
            }

            _snapshot = [];
            if (_connections.Count == 0)
            {
                _timer?.Dispose();
                _timer = null;
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _connections.Clear();
            _snapshot = [];
            _timer?.Dispose();
            _timer = null;
        }
    }

    private void Sweep()
    {
        // A timer does not wait for its callback: without this flag, a sweep longer than the period would run concurrently with the next.
        if (Interlocked.Exchange(ref _sweeping, 1) != 0)
        {
            return;
        }

        try
        {
            foreach (var connection in Snapshot())
            {
                connection.Sweep();
            }
        }
        finally
        {
            Volatile.Write(ref _sweeping, 0);
        }
    }

    private ISweptConnection[] Snapshot()
    {
        lock (_gate)
        {
            if (_snapshot.Length == 0 && _connections.Count > 0)
            {
                _snapshot = [.. _connections];
            }

            return _snapshot;
        }
    }
}
