using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.Reactive;

namespace Rx.ThriftStreams.Tests.Samples;

/// <summary>The code of docs/reactive.md, compiled and run.</summary>
public sealed class ReactiveSamples
{
    [Fact]
    public void ColdObservable()
    {
        var prices = new FakePrices();
        var shown = new List<string>();
        void Show(string text) => shown.Add(text);

        // <sample rx-cold>
        IObservable<Price> observable = prices.WatchAsync("ACME").AsColdObservable();

        using IDisposable subscription = observable
            .Where(price => price.Value > 100)
            .Retry(3)
            .Subscribe(price => Show($"{price.Symbol} {price.Value}"), error => Show(error.Message));
        // </sample rx-cold>

        Assert.Equal(["ACME 101", "ACME 102", "ACME 103"], shown);
    }

    [Fact]
    public async Task SystemLinqAsync()
    {
        var prices = new FakePrices();

        // <sample linq-async>
        List<decimal> highest = await prices.WatchAsync("ACME")
            .Buffer(2)
            .Select(pair => pair.Max(price => price.Value))
            .ToListAsync();
        // </sample linq-async>

        Assert.Equal([102m, 103m], highest);
    }

    [Fact]
    public void ObserverFaults()
    {
        var prices = new FakePrices();
        var log = new List<Exception>();

        // <sample rx-observer-faults>
        using IDisposable subscription = prices.WatchAsync("ACME")
            .AsColdObservable(observerFaulted: error => log.Add(error))
            .Subscribe(price => throw new FormatException("a bug in the observer"));
        // </sample rx-observer-faults>

        Assert.IsType<FormatException>(Assert.Single(log));
    }

    [Fact]
    public async Task BoundedStream()
    {
        var prices = new FakePrices();
        long lost = 0;

        // <sample rx-bounded>
        IObservable<Reading> sensor = Observable.Range(1, 1_000).Select(n => new Reading(n));

        IAsyncEnumerable<Reading> requests = sensor.AsBoundedStream(new ObservableBufferOptions
        {
            Capacity = 64,
            Overflow = OverflowPolicy.DropOldest,
            OnDropped = total => Interlocked.Exchange(ref lost, total),
        });

        Summary summary = await prices.UploadAsync(requests);
        // </sample rx-bounded>

        Assert.Equal(1_000, summary.Count + Interlocked.Read(ref lost));
    }

    [Fact]
    public async Task HotSource()
    {
        // <sample rx-hot>
        using var clicks = new Subject<int>();
        await using IAsyncEnumerator<int> stream = clicks
            .AsBoundedStream(new ObservableBufferOptions { SubscribeScheduler = ImmediateScheduler.Instance })
            .GetAsyncEnumerator();

        ValueTask<bool> first = stream.MoveNextAsync();
        clicks.OnNext(1);
        Assert.True(await first);
        // </sample rx-hot>

        Assert.Equal(1, stream.Current);
    }

    [Fact]
    public async Task SingleValues()
    {
        var prices = new FakePrices();
        // <sample rx-single>
        IObservable<Summary> call = ThriftObservable.FromCall(token => prices.SummaryAsync("ACME", token));

        Summary summary = await ThriftObservable.ToTask(call.Retry(3));
        // </sample rx-single>

        Assert.Equal(3, summary.Count);
    }

    [Fact]
    public async Task Linq()
    {
        var prices = new FakePrices();
        // <sample rx-linq>
        List<decimal> firstTwo = await prices.WatchAsync("ACME")
            .Select(price => price.Value)
            .Take(2)
            .ToListAsync();
        // </sample rx-linq>

        Assert.Equal([101, 102], firstTwo);
        Assert.Equal(1, prices.Left);
    }

    [Fact]
    public async Task TimeoutEach()
    {
        var silent = new FakePrices { Silent = true };
        var clock = new FakeTimeProvider();

        // <sample rx-timeout-each>
        IAsyncEnumerable<Price> alive = silent.WatchAsync("ACME").TimeoutEach(TimeSpan.FromSeconds(5), clock);
        // </sample rx-timeout-each>

        Task<Price> first = alive.FirstAsync().AsTask();
        clock.Advance(TimeSpan.FromSeconds(5));
        await Assert.ThrowsAsync<ThriftTimeoutException>(() => first.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Resume()
    {
        var prices = new FakePrices();
        prices.BreaksAfter = 2;

        // <sample rx-resume>
        IAsyncEnumerable<Price> unbroken = prices.WatchAsync("ACME").Resume(
            point => prices.WatchAsync("ACME", after: point.HasLast ? point.Last.Number : 0),
            new ResumeOptions { MaxAttempts = 10 });
        // </sample rx-resume>

        Assert.Equal([1, 2, 3], await unbroken.Select(p => p.Number).ToListAsync());
    }

    [Fact]
    public async Task ShareLatest()
    {
        var prices = new FakePrices();
        var shown = new List<decimal>();
        void Show(decimal value) => shown.Add(value);
        // <sample rx-share-latest>
        IAsyncEnumerable<Price> shared = prices.WatchAsync("ACME").ShareLatest(capacity: 16, OverflowPolicy.DropOldest);

        await foreach (Price price in shared)
        {
            Show(price.Value);
        }
        // </sample rx-share-latest>

        Assert.Equal([101, 102, 103], shown);
    }

    private readonly record struct Price(string Symbol, int Number, decimal Value);

    private readonly record struct Reading(int Number);

    private sealed record Summary(int Count);

    private sealed class FakePrices
    {
        public bool Silent { get; init; }

        public int BreaksAfter { get; set; } = int.MaxValue;

        public int Left { get; private set; }

        public async IAsyncEnumerable<Price> WatchAsync(string symbol, int after = 0, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            try
            {
                if (Silent)
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false);
                }

                for (int number = after + 1; number <= 3; number++)
                {
                    if (number > BreaksAfter)
                    {
                        BreaksAfter = int.MaxValue;
                        throw new ThriftStatusException(ThriftStatusCode.Unavailable, "The connection was lost.");
                    }

                    yield return new Price(symbol, number, 100 + number);
                }
            }
            finally
            {
                Left++;
            }
        }

        public async Task<Summary> UploadAsync(IAsyncEnumerable<Reading> readings) => new(await readings.CountAsync());

        public async Task<Summary> SummaryAsync(string symbol, CancellationToken cancellationToken)
            => new(await WatchAsync(symbol, cancellationToken: cancellationToken).CountAsync(cancellationToken));
    }
}
