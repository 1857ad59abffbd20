using System.Diagnostics.CodeAnalysis;
using System.Net.Security;

namespace Rx.ThriftStreams.Sockets;

/// <summary>All connections of a transport to one endpoint: keeps idle ones for the next call, closes those that stay idle too long, and closes all of them when disposed.</summary>
/// <remarks>
/// Thread-safe. Connections are closed outside the lock, because closing calls back into <see cref="Remove"/> and into calls.
/// <para>
/// Races. A connect that completes during disposal finds <c>_disposed</c> set under the lock and closes its connection, so no connection escapes. The idle timer
/// may retire a connection that <see cref="TryTake"/> has just removed from the idle list: <see cref="IPooledConnection.TryEnter"/> then fails and the next one is tried.
/// </para>
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "The source has no timer and no handle; connection attempts that are still running may use its token.")]
internal sealed class ConnectionSet<TConnection> : IAsyncDisposable
    where TConnection : class, IPooledConnection
{
    private readonly Lock _gate = new();
    private readonly HashSet<TConnection> _all = [];
    private readonly List<TConnection> _idle = [];
    private readonly string _endpoint;
    private readonly TcpConnector _connector;
    private readonly int _capacity;
    private readonly bool _holdsBuffer;
    private readonly TimeSpan _idleTimeout;
    private readonly TimeProvider _clock;
    private readonly ITimer? _timer;
    private readonly CancellationTokenSource _disposing = new();
    private bool _disposed;

    /// <param name="endpoint">The peer, for error texts.</param>
    /// <param name="capacity">How many idle connections are kept; 0 for none.</param>
    /// <param name="idleTimeout">How long a connection may be idle before it is closed; zero for no limit.</param>
    /// <param name="options">The channel's settings.</param>
    /// <param name="holdsBuffer">Whether a read holds its buffer while it waits.</param>
    internal ConnectionSet(string endpoint, int capacity, TimeSpan idleTimeout, ThriftChannelOptions options, bool holdsBuffer = false)
    {
        _holdsBuffer = holdsBuffer;
        var clock = options.TimeProvider;
        _endpoint = endpoint;
        _connector = new TcpConnector(endpoint, options);
        _capacity = capacity;
        _idleTimeout = idleTimeout;
        _clock = clock;
        if (idleTimeout > TimeSpan.Zero)
        {
            // The set outlives the call that created it: that call's context must not flow into the timer.
            using var flow = ExecutionContext.SuppressFlow();
            var period = TimeSpan.FromMilliseconds(Math.Clamp(idleTimeout.TotalMilliseconds / 2, 10, 30_000));
            _timer = clock.CreateTimer(static state => ((ConnectionSet<TConnection>)state!).CloseIdle(), this, period, period);
        }
    }

    /// <summary>Connects, and adds the connection. Disposing the set cancels the attempt.</summary>
    /// <param name="tls">TLS settings; <see langword="null"/> for none.</param>
    /// <param name="create">Creates the connection over its socket.</param>
    /// <param name="limit">The time that the caller allows.</param>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    /// <exception cref="ThriftConnectException">Connecting, or the TLS handshake, failed.</exception>
    /// <exception cref="ThriftTransportException">The channel was disposed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    internal async ValueTask<TConnection> ConnectAsync(
        SslClientAuthenticationOptions? tls,
        Func<SocketConnection, TConnection> create,
        TimeSpan limit,
        CancellationToken cancellationToken)
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposing.Token);
        SocketConnection socket;
        try
        {
            socket = await SocketConnection.ConnectAsync(_connector, _endpoint, tls, _holdsBuffer, limit, linked.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (linked.IsCancellationRequested)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw Disposed();
        }

        return Add(create(socket));
    }

    /// <summary>Adds a new connection.</summary>
    /// <returns>The connection.</returns>
    /// <exception cref="ThriftTransportException">The channel was disposed during the connection attempt; the connection has been closed.</exception>
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

    /// <summary>Whether the set has no connections.</summary>
    internal bool IsEmpty
    {
        get
        {
            lock (_gate)
            {
                return _all.Count == 0;
            }
        }
    }

    /// <summary>Whether one of the connections carries a call.</summary>
    internal bool IsBusy
    {
        get
        {
            lock (_gate)
            {
                return _idle.Count < _all.Count;
            }
        }
    }

    /// <summary>Returns the current connections.</summary>
    internal TConnection[] Snapshot()
    {
        lock (_gate)
        {
            return [.. _all];
        }
    }

    /// <summary>Removes a connection that was closed.</summary>
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

    /// <summary>Takes the most recently used idle connection that is still alive, so that surplus connections reach the idle timeout. A call has begun on it.</summary>
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

    /// <summary>Ends a call on a connection that calls share.</summary>
    internal void Exit(TConnection connection)
    {
        // Set the time first: otherwise the timer could see a connection without calls whose idle time still includes its last call.
        connection.IdleSince = _clock.GetTimestamp();
        connection.Exit();
    }

    /// <summary>Keeps a connection whose only call has ended for the next one.</summary>
    /// <returns><see langword="false"/> if there is no room for it; the caller must close it.</returns>
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
