using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace Rx.ThriftStreams.Reactive;

/// <summary>Races each move that has to wait against one timer, which all moves share.</summary>
/// <remarks>
/// Exactly one of the move and the timer wins: the one that changes the state from <c>Pending</c> completes the consumer's result. If the timer wins, the source's
/// pending move is abandoned, and its completion disposes the source's enumerator, which must not be disposed during a move.
/// </remarks>
internal sealed class TimedEnumerator<T> : IAsyncEnumerator<T>, IValueTaskSource<bool>
{
    private const int Idle = 0;
    private const int Pending = 1;
    private const int Expired = 2;

    private readonly TimeSpan _timeout;
    private readonly TimeProvider _timeProvider;
    private readonly CancellationTokenSource _cancellation;
    private readonly IAsyncEnumerator<T> _inner;
    private readonly Action _onMoved;
    private ConfiguredValueTaskAwaitable<bool>.ConfiguredValueTaskAwaiter _move;
    private ManualResetValueTaskSourceCore<bool> _result;
    private ITimer? _timer;
    private long _started;
    private int _state;

    public TimedEnumerator(IAsyncEnumerable<T> source, TimeSpan timeout, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        _timeout = timeout;
        _timeProvider = timeProvider;
        _cancellation = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _inner = source.GetAsyncEnumerator(_cancellation.Token);
        _onMoved = OnMoved;
    }

    public T Current => _inner.Current;

    public ValueTask<bool> MoveNextAsync()
    {
        if (Volatile.Read(ref _state) == Expired)
        {
            return new ValueTask<bool>(false);
        }

        ValueTask<bool> move = _inner.MoveNextAsync();
        if (move.IsCompleted)
        {
            return move;
        }

        _result.Reset();
        var result = new ValueTask<bool>(this, _result.Version);
        _move = move.ConfigureAwait(false).GetAwaiter();
        Volatile.Write(ref _started, _timeProvider.GetTimestamp());
        Volatile.Write(ref _state, Pending);
        if (_timer is null)
        {
            _timer = _timeProvider.CreateTimer(static e => ((TimedEnumerator<T>)e!).OnTimer(), this, _timeout, Timeout.InfiniteTimeSpan);
        }
        else
        {
            _timer.Change(_timeout, Timeout.InfiniteTimeSpan);
        }

        _move.UnsafeOnCompleted(_onMoved);
        return result;
    }

    public async ValueTask DisposeAsync()
    {
        // Does not wait for a running callback: this call may be a consequence of that callback's exception.
        _timer?.Dispose();

        // After the limit expired, the abandoned move disposes the source's enumerator when it ends, which may be much later; disposal does not wait for it.
        if (Volatile.Read(ref _state) != Expired)
        {
            await _inner.DisposeAsync().ConfigureAwait(false);
        }

        _cancellation.Dispose();
    }

    bool IValueTaskSource<bool>.GetResult(short token) => _result.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _result.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        => _result.OnCompleted(continuation, state, token, flags);

    private void OnMoved()
    {
        if (Interlocked.CompareExchange(ref _state, Idle, Pending) != Pending)
        {
            _ = DisposeAbandonedAsync();
            return;
        }

        _timer!.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        bool moved;
        try
        {
            moved = _move.GetResult();
        }
        catch (Exception error)
        {
            _result.SetException(error);
            return;
        }

        _result.SetResult(moved);
    }

    private void OnTimer()
    {
        if (Volatile.Read(ref _state) != Pending)
        {
            return;
        }

        // The timer may have been set for an earlier move and fire late, or fire slightly early by this clock.
        TimeSpan elapsed = _timeProvider.GetElapsedTime(Volatile.Read(ref _started));
        if (elapsed < _timeout)
        {
            _timer?.Change(_timeout - elapsed + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
            return;
        }

        if (Interlocked.CompareExchange(ref _state, Expired, Pending) != Pending)
        {
            return;
        }

        Exception? cause = null;
        try
        {
            _cancellation.Cancel();
        }
        catch (AggregateException error)
        {
            // An exception from a callback of the token must not be thrown on the timer's thread.
            cause = error;
        }

        _result.SetException(new ThriftTimeoutException(ThriftTimeoutKind.Receive, _timeout, elapsed, "one element of the stream", cause));
    }

    private async Task DisposeAbandonedAsync()
    {
        try
        {
            _move.GetResult();
        }
        catch (Exception)
        {
            // The consumer already has its exception; a failure of the abandoned move is a consequence of it.
        }

        await _inner.DisposeAsync().ConfigureAwait(false);
    }
}
