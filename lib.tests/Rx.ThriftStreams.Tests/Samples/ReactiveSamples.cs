using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using System.Runtime.CompilerServices;
using Demo.Prices;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.Reactive;

namespace Rx.ThriftStreams.Tests.Samples;

/// <summary>The code of docs/reactive.md, compiled and run.</summary>
public sealed class ReactiveSamples
{
    [Fact]
    public void ColdObservable()
    {
        IPrices prices = new FakePrices();
        var shown = new List<string>();
        void Show(string text) => shown.Add(text);

        // <sample rx-cold>
        IObservable<Price> observable = prices.WatchAsync(new() { Symbol = "ACME" }).AsColdObservable();

        using IDisposable subscription = observable
            .Where(price => price.Cents > 100_00)
            .Subscribe(price => Show($"{price.Symbol} {price.Cents / 100m}"), error => Show(error.Message));
        // </sample rx-cold>

        Assert.Equal(["ACME 101", "ACME 102", "ACME 103"], shown);
    }

    [Fact]
    public async Task SystemLinqAsync()
    {
        IPrices prices = new FakePrices();

        // <sample linq-async>
        List<long> highest = await prices.WatchAsync(new() { Symbol = "ACME" })
            .Buffer(2)
            .Select(pair => pair.Max(price => price.Cents))
            .ToListAsync();
        // </sample linq-async>

        Assert.Equal([102_00, 103_00], highest);
    }

    [Fact]
    public void ObserverFaults()
    {
        IPrices prices = new FakePrices();
        var log = new List<Exception>();

        // <sample rx-observer-faults>
        using IDisposable subscription = prices.WatchAsync(new() { Symbol = "ACME" })
            .AsColdObservable(observerFaulted: error => log.Add(error))
            .Subscribe(price => throw new FormatException("a bug in the observer"));
        // </sample rx-observer-faults>

        Assert.IsType<FormatException>(Assert.Single(log));
    }

    [Fact]
    public async Task BoundedStream()
    {
        IPrices prices = new FakePrices();
        long lost = 0;

        // <sample rx-bounded>
        IObservable<Reading> sensor = Observable.Range(1, 1_000).Select(n => new Reading { Number = n });

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
        IPrices prices = new FakePrices();
        // <sample rx-single>
        IObservable<Price> call = ThriftObservable.FromCall(token => prices.NextAsync(new() { Symbol = "ACME" }, token));

        Price next = await ThriftObservable.ToTask(call.Where(price => price.Cents > 0));
        // </sample rx-single>

        Assert.Equal(1, next.Number);
    }

    [Fact]
    public async Task Linq()
    {
        var fake = new FakePrices();
        IPrices prices = fake;

        // <sample rx-linq>
        List<long> firstTwo = await prices.WatchAsync(new() { Symbol = "ACME" })
            .Select(price => price.Cents)
            .Take(2)
            .ToListAsync();
        // </sample rx-linq>

        Assert.Equal([101_00, 102_00], firstTwo);
        Assert.Equal(1, fake.Left);
    }

    [Fact]
    public async Task TimeoutEach()
    {
        IPrices silent = new FakePrices { Silent = true };
        var clock = new FakeTimeProvider();

        // <sample rx-timeout-each>
        IAsyncEnumerable<Price> alive = silent.WatchAsync(new() { Symbol = "ACME" }).TimeoutEach(TimeSpan.FromSeconds(5), clock);
        // </sample rx-timeout-each>

        Task<Price> first = alive.FirstAsync().AsTask();
        clock.Advance(TimeSpan.FromSeconds(5));
        await Assert.ThrowsAsync<ThriftTimeoutException>(() => first.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Resume()
    {
        IPrices prices = new FakePrices { BreaksAfter = 2 };

        // <sample rx-resume>
        IAsyncEnumerable<Price> unbroken = prices.WatchAsync(new() { Symbol = "ACME" }).Resume(
            point => prices.WatchAsync(new() { Symbol = "ACME", After = point.HasLast ? point.Last.Number : 0 }),
            new ResumeOptions { MaxAttempts = 10 });
        // </sample rx-resume>

        Assert.Equal([1, 2, 3], await unbroken.Select(p => p.Number).ToListAsync());
    }

    [Fact]
    public async Task ShareLatest()
    {
        IPrices prices = new FakePrices();
        var shown = new List<long>();
        void Show(long cents) => shown.Add(cents);

        // <sample rx-share-latest>
        IAsyncEnumerable<Price> shared = prices.WatchAsync(new() { Symbol = "ACME" }).ShareLatest(capacity: 16, OverflowPolicy.DropOldest);

        await foreach (Price price in shared)
        {
            Show(price.Cents);
        }
        // </sample rx-share-latest>

        Assert.Equal([101_00, 102_00, 103_00], shown);
    }

    [Fact]
    public async Task SlowObserver()
    {
        IPrices prices = new FakePrices();
        var saved = new List<long>();
        Task SaveAsync(Price price)
        {
            saved.Add(price.Number);
            return Task.CompletedTask;
        }

        // <sample rx-slow-work>
        IObservable<Price> changes = prices.WatchAsync(new() { Symbol = "ACME" }).AsColdObservable()
            .DistinctUntilChanged(price => price.Cents);

        await foreach (Price price in changes.AsBoundedStream(new ObservableBufferOptions { Capacity = 16 }))
        {
            await SaveAsync(price);
        }
        // </sample rx-slow-work>

        Assert.Equal([1, 2, 3], saved);
    }

    [Fact]
    public async Task Feed()
    {
        IPrices prices = new FakePrices { BreaksAfter = 2, Unreachable = 2 };
        var shown = new List<string>();
        void Show(string text) => shown.Add(text);
        CancellationToken stopping = TestContext.Current.CancellationToken;

        // <sample rx-feed>
        IAsyncEnumerable<Price> Watch(long after) => prices.WatchAsync(
            new() { Symbol = "ACME", After = after },
            new() { ReceiveTimeout = TimeSpan.FromSeconds(30) });

        IAsyncEnumerable<Price> feed = Watch(after: 0).Resume(
            point =>
            {
                Show($"Attempt {point.Attempt}: {point.Error.Message}");
                return Watch(after: point.HasLast ? point.Last.Number : 0);
            },
            new ResumeOptions
            {
                MaxAttempts = int.MaxValue,
                ShouldResume = error => error is ThriftException
                {
                    StatusCode: ThriftStatusCode.Unavailable or ThriftStatusCode.ReceiveDeadlineExceeded,
                },
            });

        await foreach (Price price in feed.WithCancellation(stopping))
        {
            Show($"{price.Number}: {price.Cents / 100m}");
        }
        // </sample rx-feed>

        Assert.Equal(
            [
                "1: 101", "2: 102",
                "Attempt 1: The connection was lost.", "Attempt 2: The server is not there.", "Attempt 3: The server is not there.",
                "3: 103",
            ],
            shown);
    }

    private sealed class FakePrices : IPrices
    {
        public bool Silent { get; init; }

        public int BreaksAfter { get; set; } = int.MaxValue;

        /// <summary>How many attempts fail after the first failure.</summary>
        public int Unreachable { get; set; }

        public int Left { get; private set; }

        public async IAsyncEnumerable<Price> WatchAsync(PriceRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            try
            {
                if (Silent)
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false);
                }

                if (BreaksAfter == int.MaxValue && Unreachable-- > 0)
                {
                    throw new ThriftStatusException(ThriftStatusCode.Unavailable, "The server is not there.");
                }

                for (long number = request.After + 1; number <= 3; number++)
                {
                    if (number > BreaksAfter)
                    {
                        BreaksAfter = int.MaxValue;
                        throw new ThriftStatusException(ThriftStatusCode.Unavailable, "The connection was lost.");
                    }

                    yield return new Price { Symbol = request.Symbol, Number = number, Cents = (100 + number) * 100 };
                }
            }
            finally
            {
                Left++;
            }
        }

        public Task<Price> NextAsync(PriceRequest request, CancellationToken cancellationToken = default) => WatchAsync(request, cancellationToken).FirstAsync(cancellationToken).AsTask();

        public async Task<Summary> UploadAsync(IAsyncEnumerable<Reading> requests, CancellationToken cancellationToken = default)
            => new() { Count = await requests.CountAsync(cancellationToken) };
    }
}
