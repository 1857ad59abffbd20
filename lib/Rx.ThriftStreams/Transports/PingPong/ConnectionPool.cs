namespace Rx.ThriftStreams.Transports.PingPong;

/// <summary>Idle connections to one endpoint. The one used last is taken first, so that those not needed grow old.</summary>
internal sealed class ConnectionPool : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly List<PingPongConnection> _idle = [];
    private readonly int _capacity;
    private readonly TimeSpan _idleTimeout;
    private readonly TimeProvider _clock;
    private readonly ITimer _timer;
    private bool _disposed;

    internal ConnectionPool(int capacity, TimeSpan idleTimeout, TimeProvider clock)
    {
        _capacity = capacity;
        _idleTimeout = idleTimeout;
        _clock = clock;
        var period = TimeSpan.FromMilliseconds(Math.Clamp(idleTimeout.TotalMilliseconds / 2, 10, 30_000));
        using var flow = ExecutionContext.SuppressFlow();
        _timer = clock.CreateTimer(static state => ((ConnectionPool)state!).CloseOld(), this, period, period);
    }

    /// <summary>Takes an idle connection that is still alive, or gives <see langword="null"/>.</summary>
    internal PingPongConnection? Take()
    {
        while (true)
        {
            PingPongConnection connection;
            lock (_gate)
            {
                if (_idle.Count == 0)
                {
                    return null;
                }

                connection = _idle[^1];
                _idle.RemoveAt(_idle.Count - 1);
            }

            if (!connection.IsStale)
            {
                return connection;
            }

            Close(connection);
        }
    }

    internal void Give(PingPongConnection connection)
    {
        connection.IdleSince = _clock.GetTimestamp();
        lock (_gate)
        {
            if (!_disposed && _idle.Count < _capacity)
            {
                _idle.Add(connection);
                return;
            }
        }

        Close(connection);
    }

    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync().ConfigureAwait(false);
        List<PingPongConnection> idle;
        lock (_gate)
        {
            _disposed = true;
            idle = [.. _idle];
            _idle.Clear();
        }

        idle.ForEach(Close);
    }

    private void CloseOld()
    {
        List<PingPongConnection> old;
        lock (_gate)
        {
            var count = _idle.FindIndex(connection => _clock.GetElapsedTime(connection.IdleSince) < _idleTimeout);
            count = count < 0 ? _idle.Count : count;
            old = _idle.GetRange(0, count);
            _idle.RemoveRange(0, count);
        }

        old.ForEach(Close);
    }

    private static void Close(PingPongConnection connection) => _ = connection.DisposeAsync().AsTask();
}
