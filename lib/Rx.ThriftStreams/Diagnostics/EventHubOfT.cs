using System.Reactive.Disposables;
using Microsoft.Extensions.Logging;

namespace Rx.ThriftStreams.Diagnostics;

/// <summary>
/// Delivers events to observers one at a time, in the order in which they happened, on the threads that report them. Calls run
/// concurrently: a thread that finds another thread delivering queues its event for that thread, within a bound, and continues.
/// </summary>
/// <remarks>
/// Invariant: while events are queued, exactly one thread is the deliverer. It gives the role up under the gate, and only if the queue is empty, so an event that is
/// queued meanwhile cannot be forgotten. Observers are called outside the gate: they may publish, subscribe and unsubscribe.
/// </remarks>
internal partial class EventHub<TEvent>(ILogger logger) : IObservable<TEvent>
{
    private const int Capacity = 4096;
    private const int Nobody = 0;
    private const int ThePool = -1;

    private readonly object _gate = new();
    private readonly Queue<TEvent> _waiting = new();
    private volatile IObserver<TEvent>[] _observers = [];
    private int _deliverer;
    private bool _completed;

    internal bool HasObservers => _observers.Length != 0;

    public IDisposable Subscribe(IObserver<TEvent> observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        lock (_gate)
        {
            if (!_completed)
            {
                // The wrapper distinguishes two subscriptions of the same observer.
                var subscription = new Subscription(this, observer);
                _observers = [.. _observers, subscription];
                return subscription;
            }
        }

        observer.OnCompleted();
        return Disposable.Empty;
    }

    /// <summary>Delivers an event, unless its call has finished.</summary>
    /// <param name="next">The event.</param>
    /// <param name="call">Its call.</param>
    /// <param name="isLast">Whether it is the last event of the call.</param>
    private protected void Publish(in TEvent next, CallObservation call, bool isLast)
    {
        lock (_gate)
        {
            // Observers that cannot keep up slow the calls down. The deliverer itself, publishing from within an observer, never waits: it would wait for itself.
            while (_waiting.Count >= Capacity && _deliverer != Environment.CurrentManagedThreadId && _deliverer != Nobody)
            {
#pragma warning disable RS0030 // Observers that cannot keep up slow the calls down, as documented.
                Monitor.Wait(_gate);
#pragma warning restore RS0030
            }

            if (call.FinishPublished || _completed)
            {
                return;
            }

            call.FinishPublished = isLast;
            _waiting.Enqueue(next);
            if (_deliverer != Nobody)
            {
                return;
            }

            _deliverer = Environment.CurrentManagedThreadId;
        }

        Deliver();
    }

    /// <summary>Delivers an event later, on the thread pool, for callers that hold a lock. If the queue is full, the oldest event is lost.</summary>
    internal void Post(in TEvent next)
    {
        lock (_gate)
        {
            if (_completed || !HasObservers)
            {
                return;
            }

            if (_waiting.Count >= Capacity)
            {
                _waiting.Dequeue();
            }

            _waiting.Enqueue(next);
            if (_deliverer != Nobody)
            {
                return;
            }

            _deliverer = ThePool;
        }

        ThreadPool.UnsafeQueueUserWorkItem(
            static hub =>
            {
                lock (hub._gate)
                {
                    hub._deliverer = Environment.CurrentManagedThreadId;
                }

                hub.Deliver();
            },
            this,
            preferLocal: false);
    }

    /// <summary>Completes the notifications, after those that are queued.</summary>
    internal void Complete()
    {
        lock (_gate)
        {
            if (_completed)
            {
                return;
            }

            _completed = true;
            if (_deliverer != Nobody)
            {
                return;
            }

            _deliverer = Environment.CurrentManagedThreadId;
        }

        Deliver();
    }

    private void Deliver()
    {
        while (true)
        {
            TEvent? next;
            lock (_gate)
            {
                if (!_waiting.TryDequeue(out next))
                {
                    if (!_completed)
                    {
                        _deliverer = Nobody;
                        return;
                    }

                    break;
                }

                if (_waiting.Count == Capacity - 1)
                {
                    // A queue that was full passes this count on its way down, so waiting threads are always woken.
                    Monitor.PulseAll(_gate);
                }
            }

            foreach (var observer in _observers)
            {
                observer.OnNext(next);
            }
        }

        // Nothing is delivered after completion, so this thread stays the deliverer.
        foreach (var observer in Interlocked.Exchange(ref _observers, []))
        {
            observer.OnCompleted();
        }
    }

    private void Remove(Subscription subscription)
    {
        lock (_gate)
        {
            _observers = Array.FindAll(_observers, observer => observer != subscription);
        }
    }

    [LoggerMessage(24, LogLevel.Error, "An observer of events threw an exception and was unsubscribed; calls are not affected.", EventName = "ObserverFailed")]
    private static partial void LogObserverFailed(ILogger logger, Exception error);

    private sealed class Subscription(EventHub<TEvent> hub, IObserver<TEvent> observer) : IObserver<TEvent>, IDisposable
    {
        private volatile bool _disposed;

        public void OnNext(TEvent value)
        {
            if (_disposed)
            {
                return;
            }

            try
            {
                observer.OnNext(value);
            }
            catch (Exception error)
            {
                Dispose();
                LogObserverFailed(hub.Logger, error);
            }
        }

        public void OnCompleted()
        {
            if (_disposed)
            {
                return;
            }

            try
            {
                observer.OnCompleted();
            }
            catch (Exception error)
            {
                LogObserverFailed(hub.Logger, error);
            }
        }

        public void OnError(Exception error) => throw new NotSupportedException("Events do not end with an error.");

        public void Dispose()
        {
            _disposed = true;
            hub.Remove(this);
        }
    }

    private ILogger Logger => logger;
}
