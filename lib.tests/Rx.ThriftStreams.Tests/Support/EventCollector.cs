namespace Rx.ThriftStreams.Tests.Support;

/// <summary>Keeps the events of a source, and checks the grammar that all calls follow.</summary>
internal sealed class EventCollector : IObserver<ThriftStreamEvent>
{
    private readonly List<ThriftStreamEvent> _events = [];
    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<int, TaskCompletionSource> _finishes = [];
    private int _busy;

    internal Task Completed => _completed.Task;

    internal bool WasConcurrent { get; private set; }

    internal ThriftStreamEvent[] All
    {
        get
        {
            lock (_events)
            {
                return [.. _events];
            }
        }
    }

    internal IEnumerable<ThriftStreamEventKind> Kinds => All.Select(e => e.Kind);

    internal ThriftStreamEvent Finish => Assert.Single(All, e => e.Kind == ThriftStreamEventKind.RpcFinish);

    public void OnNext(ThriftStreamEvent value)
    {
        WasConcurrent |= Interlocked.Increment(ref _busy) != 1;
        lock (_events)
        {
            _events.Add(value);
            if (_finishes.TryGetValue(_events.Count(e => e.Kind == ThriftStreamEventKind.RpcFinish), out var finish))
            {
                finish.TrySetResult();
            }
        }

        Interlocked.Decrement(ref _busy);
    }

    public void OnCompleted() => _completed.TrySetResult();

    public void OnError(Exception error) => _completed.TrySetException(error);

    /// <summary>Waits until so many calls have finished.</summary>
    internal Task FinishedAsync(int calls = 1)
    {
        lock (_events)
        {
            if (_events.Count(e => e.Kind == ThriftStreamEventKind.RpcFinish) >= calls)
            {
                return Task.CompletedTask;
            }

            _finishes.TryAdd(calls, new(TaskCreationOptions.RunContinuationsAsynchronously));
            return _finishes[calls].Task.WaitAsync(TimeSpan.FromSeconds(30));
        }
    }

    /// <summary>Each call begins with RpcStart and ends with its one RpcFinish.</summary>
    internal void AssertGrammar()
    {
        Assert.False(WasConcurrent);
        foreach (var call in All.GroupBy(e => (e.Side, e.CallId)))
        {
            Assert.Equal(ThriftStreamEventKind.RpcStart, call.First().Kind);
            Assert.Equal(ThriftStreamEventKind.RpcFinish, call.Last().Kind);
            Assert.Single(call, e => e.Kind == ThriftStreamEventKind.RpcStart);
            Assert.Single(call, e => e.Kind == ThriftStreamEventKind.RpcFinish);
        }
    }
}
