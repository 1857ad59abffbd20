namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>Whether a channel has a connection to its endpoint that accepts requests, and the error of the last one. Thread-safe.</summary>
internal sealed class GrpcConnectionState
{
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

    internal void OnOpened() => Interlocked.Increment(ref _open);

    internal void OnClosed()
    {
        _hasTaken = false;
        Interlocked.Decrement(ref _open);
    }
}
