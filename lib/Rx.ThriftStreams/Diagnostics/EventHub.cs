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
internal sealed partial class EventHub(ILogger logger) : IObservable<ThriftStreamEvent>
{
    private const int Capacity = 4096;
    private const int Nobody = 0;

    private readonly object _gate = new();
    private readonly Queue<ThriftStreamEvent> _waiting = new();
    private volatile IObserver<ThriftStreamEvent>[] _observers = [];
    private int _deliverer;
    private bool _completed;

    internal bool HasObservers => _observers.Length != 0;

    public IDisposable Subscribe(IObserver<ThriftStreamEvent> observer)
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
    internal void Publish(CallObservation call, in ThriftStreamEvent next)
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

            call.FinishPublished = next.Kind == ThriftStreamEventKind.RpcFinish;
            _waiting.Enqueue(next);
            if (_deliverer != Nobody)
            {
                return;
            }

            _deliverer = Environment.CurrentManagedThreadId;
        }

        Deliver();
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
            ThriftStreamEvent next;
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

    [LoggerMessage(24, LogLevel.Error, "An observer of events threw an exception and was unsubscribed; calls are not affected.")]
    private static partial void LogObserverFailed(ILogger logger, Exception error);

    private sealed class Subscription(EventHub hub, IObserver<ThriftStreamEvent> observer) : IObserver<ThriftStreamEvent>, IDisposable
    {
        private volatile bool _disposed;

        public void OnNext(ThriftStreamEvent value)
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
