// LINQ and Rx over a stream. CountBy is .NET's only: no version of System.Linq.Async may hide it.
using System.Reactive.Linq;
using Consumer;
using Rx.ThriftStreams;

IClock clock = new Clock();
var groups = await clock.WatchAsync(new Tick { Number = 1 })
    .Where(tick => tick.Number % 2 == 0)
    .Take(5)
    .CountBy(tick => tick.Number % 3)
    .OrderBy(group => group.Key)
    .Select(group => $"{group.Key}:{group.Value}")
    .ToListAsync();
Console.WriteLine(string.Join(' ', groups));

// Through the observable interface and back, so that both bridges run with this version of System.Reactive.
var observed = await clock.AsObservable().Watch(new Tick { Number = 1 }).Buffer(2).Take(2).Select(batch => batch.Sum(tick => tick.Number)).ToList();
Console.WriteLine(string.Join(' ', observed));
Console.WriteLine(typeof(Observable).Assembly.GetName().Version!.Major);

internal sealed class Clock : IClock
{
    public IAsyncEnumerable<Tick> WatchAsync(Tick from, CancellationToken cancellationToken = default)
        => AsyncEnumerable.Range(from.Number, 100).Select(number => new Tick { Number = number });
}
