using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.Reactive;

/// <summary>One subscription of a <see cref="ColdObservable{T}"/>: pulls an element, pushes it, and only then pulls the next.</summary>
internal sealed class ColdPump<T>(IAsyncEnumerable<T> source, IObserver<T> observer, Action<Exception>? observerFaulted) : IDisposable
{
    private const int Active = 0;
    private const int Disposed = 1;
    private const int Ended = 2;

    // Never disposed: it has neither a timer nor a wait handle, and Dispose may race with its last use.
    private readonly CancellationTokenSource _cancellation = new();
    private IAsyncEnumerator<T>? _enumerator;
    private int _state;

    // True until the first move that has to wait: until then this runs on the subscriber's thread, inside Rx's trampoline.
    private bool _onTrampoline = true;
    private ExceptionDispatchInfo? _thrownToSubscriber;

    public void Start()
    {
        // Discarded intentionally: if the task fails, the observer cannot receive the error, and UnobservedTaskException is raised.
        _ = RunAsync();
        ThrowToSubscriber();
    }

    public void Dispose()
    {
        if (Interlocked.CompareExchange(ref _state, Disposed, Active) == Active)
        {
            // Notifies a call that its user left, which, unlike a cancellation, is not a failure. The enumerator may not be stored yet: then only the token stops it.
            (Volatile.Read(ref _enumerator) as IAbandonable)?.Abandon();
            _cancellation.Cancel();
        }
    }

    private async Task RunAsync()
    {
        Exception? sourceError = null;
        Exception? observerError = null;
        try
        {
            var enumerator = source.GetAsyncEnumerator(_cancellation.Token);
            Volatile.Write(ref _enumerator, enumerator);
            while (Volatile.Read(ref _state) == Active)
            {
                ValueTask<bool> move = enumerator.MoveNextAsync();
                _onTrampoline &= move.IsCompleted;
                if (!await move.ConfigureAwait(false))
                {
                    break;
                }

                T current = enumerator.Current;
                if (Volatile.Read(ref _state) != Active)
                {
                    break;
                }

                observerError = Notify(observer, current);
                if (observerError is not null)
                {
                    Dispose();
                    break;
                }

                if (_onTrampoline)
                {
                    await new Turn(this);
                }
            }
        }
        catch (Exception error)
        {
            sourceError = error;
        }

        Exception? closeError = await CloseAsync(_enumerator).ConfigureAwait(false);
        sourceError ??= closeError;

        if (Interlocked.CompareExchange(ref _state, Ended, Active) == Active)
        {
            observerError = NotifyEnd(observer, sourceError);
        }
        else if (sourceError is not null && !IsCancellation(sourceError))
        {
            observerError = observerError is null ? sourceError : new AggregateException(observerError, sourceError);
        }

        if (observerError is not null)
        {
            Surface(observerError, isOfSource: ReferenceEquals(observerError, sourceError));
        }
    }

    private async ValueTask<Exception?> CloseAsync(IAsyncEnumerator<T>? enumerator)
    {
        try
        {
            if (enumerator is not null)
            {
                ValueTask close = enumerator.DisposeAsync();
                _onTrampoline &= close.IsCompleted;
                await close.ConfigureAwait(false);
            }

            return null;
        }
        catch (Exception error)
        {
            return error;
        }
    }

    private static Exception? Notify(IObserver<T> observer, T value)
    {
        try
        {
            observer.OnNext(value);
            return null;
        }
        catch (Exception error)
        {
            return error;
        }
    }

    private static Exception? NotifyEnd(IObserver<T> observer, Exception? sourceError)
    {
        try
        {
            if (sourceError is null)
            {
                observer.OnCompleted();
            }
            else
            {
                observer.OnError(sourceError);
            }

            return null;
        }
        catch (Exception error)
        {
            return error;
        }
    }

    // The errors that a cancellation causes after disposal; a peer or a transport may report it by status rather than by OperationCanceledException.
    private static bool IsCancellation(Exception error)
        => error is OperationCanceledException or ThriftException { StatusCode: ThriftStatusCode.Cancelled };

    private void Surface(Exception error, bool isOfSource)
    {
        if (observerFaulted is not null)
        {
            observerFaulted(error);
        }
        else if (_onTrampoline)
        {
            _thrownToSubscriber = ExceptionDispatchInfo.Capture(error);
        }
        else
        {
            // The task that fails is noticed when it is collected, if at all.
            (_enumerator as IObservedMessages)?.LogUnhandled(error, isOfSource);
            ExceptionDispatchInfo.Throw(error);
        }
    }

    private void ThrowToSubscriber()
    {
        // Not a race: the field is written only on the subscriber's thread, inside the trampoline. An asynchronous failure never sets it.
        _thrownToSubscriber?.Throw();
    }

    /// <summary>Awaits the end of the trampoline's queue, so that subscriptions made by the observer run between two elements.</summary>
    private readonly struct Turn(ColdPump<T> pump) : ICriticalNotifyCompletion
    {
        public bool IsCompleted => false;

        public Turn GetAwaiter() => this;

        public void GetResult()
        {
        }

        public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

        public void UnsafeOnCompleted(Action continuation)
            => CurrentThreadScheduler.Instance.Schedule((pump, continuation), static (_, state) =>
            {
                state.continuation();
                state.pump.ThrowToSubscriber();
                return Disposable.Empty;
            });
    }
}
