using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using System.Threading.Tasks.Sources;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.Reactive;

/// <summary>
/// The buffer between a producer that pushes and one consumer that pulls. A consumer that finds it empty parks; a producer that finds the consumer parked
/// queues this object to the thread pool, which completes the parked <c>MoveNextAsync</c>: no allocation per element, and the consumer's code never
/// runs on the producer's stack.
/// </summary>
/// <remarks>
/// Invariant: while the consumer is parked and there is an element or the end, exactly one wake-up is queued (<c>_waking</c>), and only that wake-up completes the
/// parked move. Producer, cancellation and disposal may race for it under the gate: the first to set the flag queues it. The wake-up decides what the move returns
/// only when it runs, so an element, an error and a cancellation that arrive in between are all seen.
/// </remarks>
internal sealed class BoundedEnumerator<T> : IAsyncEnumerator<T>, IObserver<T>, IValueTaskSource<bool>, IThreadPoolWorkItem, IDroppingSource
{
    private const int NoThread = 0;

    private readonly IObservable<T> _source;
    private readonly ObservableBufferOptions _options;
    private readonly CancellationToken _cancellationToken;
    private readonly SingleAssignmentDisposable _subscription = new();

    // A monitor instead of a Lock, because producers wait on it.
    private readonly object _gate = new();
    private readonly Queue<T> _buffer = new();
    private ManualResetValueTaskSourceCore<bool> _parkedMove;
    private CancellationTokenRegistration _registration;
    private Exception? _error;
    private IDropListener? _dropListener;
    private long _dropped;
    private bool _isDropping;
    private int _waitingProducers;
    private int _startingThread = NoThread;
    private bool _started;
    private bool _parked;
    private bool _waking;
    private bool _ended;

    public BoundedEnumerator(IObservable<T> source, ObservableBufferOptions options, CancellationToken cancellationToken)
    {
        _source = source;
        _options = options;
        _cancellationToken = cancellationToken;
    }

    public T Current { get; private set; } = default!;

    public ValueTask<bool> MoveNextAsync()
    {
        if (_cancellationToken.IsCancellationRequested)
        {
            Abandon();
            return ValueTask.FromCanceled<bool>(_cancellationToken);
        }

        bool start;
        short version;
        lock (_gate)
        {
            if (_parked)
            {
                throw new InvalidOperationException("MoveNextAsync was called while the previous call is pending. Await it first: an enumerator has one consumer.");
            }

            if (TryTake())
            {
                return new ValueTask<bool>(true);
            }

            if (_ended)
            {
                return TakeError() is { } error ? ValueTask.FromException<bool>(error) : new ValueTask<bool>(false);
            }

            _parkedMove.Reset();
            version = _parkedMove.Version;
            _parked = true;
            start = !_started;
            _started = true;
        }

        if (start)
        {
            Start();
        }

        return new ValueTask<bool>(this, version);
    }

    public ValueTask DisposeAsync()
    {
        // Not Dispose, which would wait for a running callback: this call may come from that callback.
        _registration.Unregister();
        Abandon();
        return default;
    }

    public void ReportTo(IDropListener listener) => _dropListener = listener;

    public void OnNext(T value)
    {
        bool wake;
        long dropped = 0;
        bool isFirstDrop;
        lock (_gate)
        {
            if (_ended)
            {
                return;
            }

            if (_buffer.Count < _options.Capacity || MakeRoom(out dropped))
            {
                _buffer.Enqueue(value);
            }

            isFirstDrop = dropped != 0 && !_isDropping;
            _isDropping |= isFirstDrop;
            wake = ShouldWake();
        }

        if (wake)
        {
            Wake();
        }

        if (dropped != 0)
        {
            OverflowMeter.Dropped(_options.Overflow);
            _dropListener?.Dropped(dropped, isFirstDrop);
            _options.OnDropped?.Invoke(dropped);
        }
        else if (Volatile.Read(ref _ended))
        {
            // Ended by this overflow. If another thread ended it instead, it has disposed the subscription too, which is harmless.
            _subscription.Dispose();
        }
    }

    public void OnError(Exception error) => End(error);

    public void OnCompleted() => End(null);

    void IThreadPoolWorkItem.Execute()
    {
        bool taken;
        Exception? error;
        lock (_gate)
        {
            _parked = false;
            _waking = false;
            taken = TryTake();
            error = taken ? null : TakeError();
        }

        if (error is null && !taken && _cancellationToken.IsCancellationRequested)
        {
            error = new OperationCanceledException(_cancellationToken);
        }

        if (error is null)
        {
            _parkedMove.SetResult(taken);
        }
        else
        {
            _parkedMove.SetException(error);
        }
    }

    bool IValueTaskSource<bool>.GetResult(short token) => _parkedMove.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _parkedMove.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        => _parkedMove.OnCompleted(continuation, state, token, flags);

    private void Start()
    {
        _registration = _cancellationToken.UnsafeRegister(static e => ((BoundedEnumerator<T>)e!).Abandon(), this);
        if (_options.SubscribeScheduler is not { } scheduler)
        {
            ThreadPool.QueueUserWorkItem(static e => e.Subscribe(), this, preferLocal: false);
            return;
        }

        Volatile.Write(ref _startingThread, Environment.CurrentManagedThreadId);
        scheduler.Schedule(this, static (_, e) =>
        {
            e.Subscribe();
            return Disposable.Empty;
        });
        Volatile.Write(ref _startingThread, NoThread);
    }

    private void Subscribe()
    {
        if (Volatile.Read(ref _ended))
        {
            // The consumer left, or was cancelled, before the subscription was made.
            return;
        }

        try
        {
            // Inside the trampoline, Rx's synchronous sources emit only after Subscribe has returned, so that the subscription can already be disposed.
            CurrentThreadScheduler.Instance.Schedule(this, static (_, e) =>
            {
                e._subscription.Disposable = e._source.Subscribe(e);
                return Disposable.Empty;
            });
        }
        catch (Exception error)
        {
            End(error);
        }
    }

    // Called under the gate when the buffer is full. Returns whether the new element is to be added.
    private bool MakeRoom(out long dropped)
    {
        dropped = 0;
        switch (_options.Overflow)
        {
            case OverflowPolicy.DropOldest:
                _buffer.Dequeue();
                dropped = ++_dropped;
                return true;
            case OverflowPolicy.DropNewest:
                dropped = ++_dropped;
                return false;
            case OverflowPolicy.Error:
                OverflowMeter.Dropped(OverflowPolicy.Error);
                _error = new ThriftBufferOverflowException(_options.Capacity);
                _ended = true;
                return false;
            default:
                return WaitForRoom();
        }
    }

    // Called under the gate, which waiting releases.
    private bool WaitForRoom()
    {
        if (_startingThread == Environment.CurrentManagedThreadId)
        {
            _error = new InvalidOperationException(
                $"The observable sent more than {_options.Capacity} elements during Subscribe on its consumer's thread, which cannot wait for room and take elements at the same time. Leave {nameof(ObservableBufferOptions.SubscribeScheduler)} unset for such a source.");
            _ended = true;
            Monitor.PulseAll(_gate);
            return false;
        }

        _waitingProducers++;
        try
        {
            do
            {
#pragma warning disable RS0030 // OnNext is synchronous: blocking the producer is what the policy documents.
                Monitor.Wait(_gate);
#pragma warning restore RS0030
            }
            while (!_ended && _buffer.Count >= _options.Capacity);
        }
        finally
        {
            _waitingProducers--;
        }

        return !_ended;
    }

    private void End(Exception? error)
    {
        bool wake;
        lock (_gate)
        {
            if (_ended)
            {
                return;
            }

            _ended = true;
            _error = error;
            Monitor.PulseAll(_gate);
            wake = ShouldWake();
        }

        if (wake)
        {
            Wake();
        }

        _subscription.Dispose();
    }

    // The consumer has left or was cancelled: buffered elements are discarded.
    private void Abandon()
    {
        bool wake;
        lock (_gate)
        {
            _ended = true;
            _error = null;
            _buffer.Clear();
            Monitor.PulseAll(_gate);
            wake = ShouldWake();
        }

        if (wake)
        {
            Wake();
        }

        _subscription.Dispose();
    }

    private bool TryTake()
    {
        if (!_buffer.TryDequeue(out T? value))
        {
            Current = default!;
            return false;
        }

        Current = value;
        _isDropping &= _buffer.Count > _options.Capacity / 2;
        if (_waitingProducers > 0 && _buffer.Count == _options.Capacity / 2)
        {
            // Not at the first free slot, which would cause a thread switch for every element. A waiting producer found the buffer
            // full, so the consumer always passes the half before it runs out of elements: the pulse cannot be missed.
            Monitor.PulseAll(_gate);
        }

        return true;
    }

    private Exception? TakeError()
    {
        Exception? error = _error;
        _error = null;
        return error;
    }

    private bool ShouldWake()
    {
        if (!_parked || _waking || (_buffer.Count == 0 && !_ended))
        {
            return false;
        }

        _waking = true;
        return true;
    }

    private void Wake() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
}
