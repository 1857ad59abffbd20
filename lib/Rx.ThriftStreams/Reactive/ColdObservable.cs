using System.Reactive.Concurrency;
using System.Reactive.Disposables;

namespace Rx.ThriftStreams.Reactive;

/// <summary>An observable whose every subscription is an enumeration of its own.</summary>
internal sealed class ColdObservable<T>(IAsyncEnumerable<T> source, Action<Exception>? observerFaulted) : IObservable<T>
{
    public IDisposable Subscribe(IObserver<T> observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        var pump = new ColdPump<T>(source, observer, observerFaulted);

        // Rx's trampoline moves nothing to another thread. It lets operators such as Take, which are being subscribed right now, get hold of the
        // subscription before elements that are already there reach them: otherwise they could not stop a source that never has to wait.
        CurrentThreadScheduler.Instance.Schedule(pump, static (_, p) =>
        {
            p.Start();
            return Disposable.Empty;
        });
        return pump;
    }
}
