namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>A channel's connections to its endpoint: whether one accepts requests, and the error of the last one. Thread-safe.</summary>
internal sealed class GrpcConnectionState
{
    private readonly Lock _gate = new();
    private readonly HashSet<Stream> _all = [];
    private TaskCompletionSource? _allClosed;
    private int _open;
    private int _connecting;
    private volatile bool _hasTaken;
    private volatile string? _hint;

    /// <summary>
    /// Whether a request that is sent now does not have to wait for a connection: one is open, it has accepted a request, and <see cref="HttpClient"/> has not requested
    /// another since, which it does when the streams of the first are used up or the server wants it closed.
    /// </summary>
    internal bool IsReady => _hasTaken && Volatile.Read(ref _connecting) == 0 && Volatile.Read(ref _open) > 0;

    /// <summary>Why the last connection ended without an answer, and the likely fix; <see langword="null"/> if it was answered.</summary>
    internal string? Hint
    {
        get => _hint;
        set => _hint = value;
    }

    /// <summary>Notes that a connection has accepted the headers of a request.</summary>
    internal void SetTaken()
    {
        if (!_hasTaken)
        {
            _hasTaken = true;
        }
    }

    internal void BeginConnect()
    {
        _hasTaken = false;
        Interlocked.Increment(ref _connecting);
    }

    internal void EndConnect() => Interlocked.Decrement(ref _connecting);

    /// <summary>Counts a connection as open.</summary>
    /// <returns><see langword="false"/> if the channel was disposed; the caller must close the connection.</returns>
    internal bool TryOpen(Stream connection)
    {
        lock (_gate)
        {
            if (_allClosed is not null)
            {
                return false;
            }

            _all.Add(connection);
            _open = _all.Count;
            return true;
        }
    }

    internal void OnClosed(Stream connection)
    {
        _hasTaken = false;
        lock (_gate)
        {
            if (_all.Remove(connection) && (_open = _all.Count) == 0)
            {
                _allClosed?.TrySetResult();
            }
        }
    }

    /// <summary>
    /// Closes the connections that the disposed <see cref="HttpClient"/> leaves open: it forgets a connection that it receives during its disposal. Connections that
    /// are ending their calls have a limited time to do so.
    /// </summary>
    internal async Task CloseAsync(TimeSpan limit, TimeProvider clock)
    {
        Task closed;
        lock (_gate)
        {
            _allClosed ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            closed = _all.Count == 0 ? Task.CompletedTask : _allClosed.Task;
        }

        await closed.WaitAsync(limit, clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Stream[] left;
        lock (_gate)
        {
            left = [.. _all];
        }

        foreach (var connection in left)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }
}
