using System.Reactive.Concurrency;
using System.Reactive.Disposables;

namespace Rx.ThriftStreams.Reactive;

/// <summary>An observable in which each subscription is a separate enumeration.</summary>
internal sealed class ColdObservable<T>(IAsyncEnumerable<T> source, Action<Exception>? observerFaulted) : IObservable<T>
{
    public IDisposable Subscribe(IObserver<T> observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        var pump = new ColdPump<T>(source, observer, observerFaulted);

        // Rx's trampoline does not switch threads. It lets operators such as Take, which are still inside Subscribe, receive the
        // subscription before available elements reach them: otherwise they could not stop a source that never has to wait.
        CurrentThreadScheduler.Instance.Schedule(pump, static (_, p) =>
        {
            p.Start();
            return Disposable.Empty;
        });
        return pump;
    }
}
