using System.Reactive.Concurrency;
using System.Reactive.Disposables;

namespace Rx.ThriftStreams.Reactive;

/// <summary>Turns an observable of exactly one element into a task.</summary>
internal sealed class SingleObserver<T> : IObserver<T>, IDisposable
{
    private readonly TaskCompletionSource<T> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SingleAssignmentDisposable _subscription = new();
    private readonly Lock _gate = new();
    private CancellationTokenRegistration _registration;
    private T _value = default!;
    private bool _hasValue;

    private SingleObserver()
    {
    }

    public static Task<T> SubscribeTo(IObservable<T> source, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(cancellationToken);
        }

        var observer = new SingleObserver<T>();
        observer._registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((SingleObserver<T>)state!).Cancel(token), observer);
        try
        {
            // In the trampoline, so that a source which emits synchronously can be disposed at its second element.
            CurrentThreadScheduler.Instance.Schedule((source, observer), static (_, s) =>
            {
                s.observer._subscription.Disposable = s.source.Subscribe(s.observer);
                return Disposable.Empty;
            });
        }
        catch (Exception error)
        {
            observer.OnError(error);
        }

        // If the task ended before the registration was stored, its end could not remove the registration.
        if (observer._result.Task.IsCompleted)
        {
            observer._registration.Unregister();
        }

        return observer._result.Task;
    }

    public void OnNext(T value)
    {
        lock (_gate)
        {
            if (!_hasValue)
            {
                _hasValue = true;
                _value = value;
                return;
            }
        }

        Fail(new InvalidOperationException("The observable sent a second element, but exactly one is expected. Select one, for example with FirstAsync or LastAsync."));
    }

    public void OnError(Exception error) => Fail(error);

    public void OnCompleted()
    {
        bool hasValue;
        lock (_gate)
        {
            hasValue = _hasValue;
        }

        if (!hasValue)
        {
            Fail(new InvalidOperationException("The observable completed without an element, but exactly one is expected. Send one before OnCompleted, or supply one with DefaultIfEmpty."));
        }
        else if (_result.TrySetResult(_value))
        {
            Dispose();
        }
    }

    public void Dispose()
    {
        _registration.Unregister();
        _subscription.Dispose();
    }

    private void Fail(Exception error)
    {
        if (_result.TrySetException(error))
        {
            Dispose();
        }
    }

    private void Cancel(CancellationToken cancellationToken)
    {
        if (_result.TrySetCanceled(cancellationToken))
        {
            _subscription.Dispose();
        }
    }}
