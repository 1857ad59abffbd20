namespace Rx.ThriftStreams.Tests.Reactive.Marbles;

/// <summary>Draws what it is sent as a diagram, and holds the sender to the grammar of Rx: one notification at a time, nothing after the end.</summary>
internal sealed class MarbleObserver(MarbleClock clock) : IObserver<char>
{
    private readonly List<Marble> _seen = [];
    private readonly int _start = clock.Now;
    private int _inside;
    private bool _ended;

    public string Diagram => Marble.Format(_seen);

    public Exception? Error { get; private set; }

    /// <summary>Runs inside each <c>OnNext</c>.</summary>
    public Action<char>? Next { get; set; }

    public void OnNext(char value) => Notify(value, ends: false, () => Next?.Invoke(value));

    public void OnError(Exception error)
    {
        Error = error;
        Notify(Marble.Error, ends: true, null);
    }

    public void OnCompleted() => Notify(Marble.End, ends: true, null);

    private void Notify(char symbol, bool ends, Action? then)
    {
        Assert.Equal(1, Interlocked.Increment(ref _inside));
        Assert.False(_ended);
        _ended = ends;
        _seen.Add(new Marble(clock.Now - _start, symbol));
        try
        {
            then?.Invoke();
        }
        finally
        {
            Interlocked.Decrement(ref _inside);
        }
    }
}
