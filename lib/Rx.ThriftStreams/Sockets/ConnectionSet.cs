using System.Diagnostics.CodeAnalysis;
using System.Net.Security;

namespace Rx.ThriftStreams.Sockets;

/// <summary>All connections of a transport to one endpoint: keeps idle ones for the next call, closes those that stay idle too long, and all of them at the end.</summary>
/// <remarks>Thread-safe. Connections are closed outside the lock.</remarks>
[SuppressMessage("Design", "CA1001", Justification = "The source has no timer and no handle; connects that are under way may still use its token.")]
internal sealed class ConnectionSet<TConnection> : IAsyncDisposable
    where TConnection : class, IPooledConnection
{
    private readonly Lock _gate = new();
    private readonly HashSet<TConnection> _all = [];
    private readonly List<TConnection> _idle = [];
    private readonly string _endpoint;
    private readonly int _capacity;
    private readonly TimeSpan _idleTimeout;
    private readonly TimeProvider _clock;
    private readonly ITimer? _timer;
    private readonly CancellationTokenSource _disposing = new();
    private bool _disposed;

    /// <param name="endpoint">The peer, for error texts.</param>
    /// <param name="capacity">How many idle connections are kept; 0 for none.</param>
    /// <param name="idleTimeout">How long a connection may be idle before it is closed; zero for no limit.</param>
    /// <param name="clock">The clock of the limit.</param>
    internal ConnectionSet(string endpoint, int capacity, TimeSpan idleTimeout, TimeProvider clock)
    {
        _endpoint = endpoint;
        _capacity = capacity;
        _idleTimeout = idleTimeout;
        _clock = clock;
        if (idleTimeout > TimeSpan.Zero)
        {
            // The set outlives the call that made it: nothing of that call's context may flow into the timer.
            using var flow = ExecutionContext.SuppressFlow();
            var period = TimeSpan.FromMilliseconds(Math.Clamp(idleTimeout.TotalMilliseconds / 2, 10, 30_000));
            _timer = clock.CreateTimer(static state => ((ConnectionSet<TConnection>)state!).CloseIdle(), this, period, period);
        }
    }

    /// <summary>Connects, and adds the connection. The set's disposal ends the attempt.</summary>
    /// <param name="tls">TLS settings; <see langword="null"/> for none.</param>
    /// <param name="create">Makes the connection over its bytes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ThriftConnectException">There is no connection, or TLS could not be agreed on.</exception>
    /// <exception cref="ThriftTransportException">The channel was disposed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    internal async ValueTask<TConnection> ConnectAsync(
        SslClientAuthenticationOptions? tls,
        Func<SocketConnection, TConnection> create,
        CancellationToken cancellationToken)
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposing.Token);
        SocketConnection socket;
        try
        {
            socket = await SocketConnection.ConnectAsync(_endpoint, tls, linked.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (linked.IsCancellationRequested)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw Disposed();
        }

        return Add(create(socket));
    }

    /// <summary>Adds a connection that was just made.</summary>
    /// <returns>The connection.</returns>
    /// <exception cref="ThriftTransportException">The channel was disposed while the connection was made, which is closed then.</exception>
    internal TConnection Add(TConnection connection)
    {
        lock (_gate)
        {
            if (!_disposed)
            {
                connection.IdleSince = _clock.GetTimestamp();
                _all.Add(connection);
                return connection;
            }
        }

        var reason = Disposed();
        connection.Close(reason);
        throw reason;
    }

    /// <summary>The connections at this moment.</summary>
    internal TConnection[] Snapshot()
    {
        lock (_gate)
        {
            return [.. _all];
        }
    }

    /// <summary>Forgets a connection that was closed.</summary>
    internal void Remove(TConnection connection)
    {
        lock (_gate)
        {
            if (_all.Remove(connection))
            {
                _idle.Remove(connection);
            }
        }
    }

    /// <summary>Takes an idle connection that is still alive, the one used last, so that those not needed grow old. A call has begun on it.</summary>
    /// <returns><see langword="null"/> if there is none.</returns>
    internal TConnection? TryTake()
    {
        while (true)
        {
            TConnection connection;
            lock (_gate)
            {
                if (_idle.Count == 0)
                {
                    return null;
                }

                connection = _idle[^1];
                _idle.RemoveAt(_idle.Count - 1);
            }

            if (!connection.TryEnter())
            {
                continue;
            }

            if (!connection.IsStale)
            {
                return connection;
            }

            Remove(connection);
            connection.Close(Idle());
        }
    }

    /// <summary>A call on a connection that calls share has ended.</summary>
    internal void Exit(TConnection connection)
    {
        // The time first: the timer must not see a connection that is free and has been idle for as long as its last call took.
        connection.IdleSince = _clock.GetTimestamp();
        connection.Exit();
    }

    /// <summary>Keeps a connection whose only call has ended for the next one.</summary>
    /// <returns><see langword="false"/> if there is no room for it: then the caller closes it.</returns>
    internal bool TryKeep(TConnection connection)
    {
        lock (_gate)
        {
            // A connection that was closed when its call ended is not in the set any more.
            if (_disposed || _idle.Count >= _capacity || !_all.Contains(connection))
            {
                return false;
            }

            Exit(connection);
            _idle.Add(connection);
            return true;
        }
    }

    /// <summary>Closes all connections; calls that run on them fail.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_timer is not null)
        {
            await _timer.DisposeAsync().ConfigureAwait(false);
        }

        List<TConnection> all;
        lock (_gate)
        {
            _disposed = true;
            all = [.. _all];
            _all.Clear();
            _idle.Clear();
        }

        await _disposing.CancelAsync().ConfigureAwait(false);
        foreach (var connection in all)
        {
            connection.Close(Disposed());
        }
    }

    private void CloseIdle()
    {
        List<TConnection> old = [];
        lock (_gate)
        {
            foreach (var connection in _all)
            {
                if (_clock.GetElapsedTime(connection.IdleSince) >= _idleTimeout && connection.TryRetire())
                {
                    old.Add(connection);
                }
            }

            foreach (var connection in old)
            {
                _all.Remove(connection);
                _idle.Remove(connection);
            }
        }

        foreach (var connection in old)
        {
            connection.Close(Idle());
        }
    }

    private ThriftTransportException Idle() => new(ThriftStatusCode.Unavailable, $"The connection to {_endpoint} was closed by this client because it was idle.");

    private ThriftTransportException Disposed() => new(ThriftStatusCode.Unavailable, $"The channel was disposed before {_endpoint} answered.");
}
