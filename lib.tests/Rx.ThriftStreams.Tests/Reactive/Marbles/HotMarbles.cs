using System.Reactive.Disposables;

namespace Rx.ThriftStreams.Tests.Reactive.Marbles;

/// <summary>A hot observable drawn as a diagram: it plays once, from its creation, whoever is subscribed.</summary>
internal sealed class HotMarbles : IObservable<char>
{
    private readonly List<IObserver<char>> _observers = [];

    public HotMarbles(MarbleClock clock, string diagram)
    {
        foreach (Marble marble in Marble.Parse(diagram))
        {
            // Timers that are due at the same time fire in the order of their creation. Frame 0 is over when the clock starts, so all play one frame later.
            Timers.Add(clock.Time.CreateTimer(_ => Play(marble.Symbol), null, (marble.Frame + 1) * MarbleClock.Frame, Timeout.InfiniteTimeSpan));
        }
    }

    public List<ITimer> Timers { get; } = [];

    public int Observers => _observers.Count;

    public IDisposable Subscribe(IObserver<char> observer)
    {
        _observers.Add(observer);
        return Disposable.Create(() => _observers.Remove(observer));
    }

    private void Play(char symbol)
    {
        foreach (IObserver<char> observer in _observers.ToArray())
        {
            switch (symbol)
            {
                case Marble.End:
                    observer.OnCompleted();
                    break;
                case Marble.Error:
                    observer.OnError(new MarbleException());
                    break;
                default:
                    observer.OnNext(symbol);
                    break;
            }
        }
    }
}
