using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using Demo.Prices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Reactive;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Samples
{
    /// <summary>A service that is written in Rx: the section of docs/reactive.md, compiled and run.</summary>
    public sealed class RxServiceSamples
    {
        private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

        [Fact]
        public async Task Service_InRx_HandlesEachKindOfMethod()
        {
            using var feed = new Subject<Price>();
            await using var server = ThriftInMemoryServer.Create(server => server.Map(app => Map(app, feed)));
            await using var channel = server.CreateChannel();
            var prices = new PricesClient(channel);

            var first = prices.WatchAsync(new() { Symbol = "ACME", After = 1 }, Token).FirstAsync(Token);
            var next = prices.NextAsync(new() { Symbol = "ACME" }, Token);
            while (!first.IsCompleted || !next.IsCompleted)
            {
                feed.OnNext(new() { Symbol = "OTHER", Number = 2, Cents = 1 });
                feed.OnNext(new() { Symbol = "ACME", Number = 1, Cents = 101_50 });
                feed.OnNext(new() { Symbol = "ACME", Number = 2, Cents = 102_50, AtMs = 1_000 });
                await Task.Yield();
            }

            var price = await first;
            Assert.Equal((2, 102.5m, DateTimeOffset.UnixEpoch.AddSeconds(1)), (price.Number, price.Amount, price.At));
            Assert.Equal("ACME", (await next).Symbol);
            Assert.Equal(3, (await prices.UploadAsync(Enumerable.Range(1, 3).Select(static n => new Reading { Number = n }).ToAsyncEnumerable(), Token).Soon()).Count);
            await Until(() => !feed.HasObservers);
        }

        private static void Map(IEndpointRouteBuilder app, IObservable<Price> feed)
        {
            // <sample rx-service-map>
            app.MapThriftService(new PricesService(feed).AsAsyncEnumerable(new ObservableBufferOptions
            {
                Capacity = 64,
                Overflow = OverflowPolicy.DropOldest,
                SubscribeScheduler = ImmediateScheduler.Instance,
            }));
            // </sample rx-service-map>
        }

        // <sample rx-service>
        /// <summary>One object for all calls; thread-safe.</summary>
        internal sealed class PricesService(IObservable<Price> feed) : IPricesRx
        {
            public IObservable<Price> Watch(PriceRequest request)
                => feed.Where(price => price.Symbol == request.Symbol && price.Number > request.After);

            // A single response: the observable sends one element and completes.
            public IObservable<Price> Next(PriceRequest request) => Watch(request).FirstAsync();

            // The requests arrive one at a time: while an operator runs, the caller's next request waits.
            public IObservable<Summary> Upload(IObservable<Reading> requests)
                => requests.Count().Select(count => new Summary { Count = count });
        }

        // </sample rx-service>
    }
}

namespace Demo.Prices
{
    // <sample idl-money>
    public sealed partial class Price
    {
        [System.Text.Json.Serialization.JsonIgnore]
        public decimal Amount => Cents / 100m;

        [System.Text.Json.Serialization.JsonIgnore]
        public DateTimeOffset At => DateTimeOffset.FromUnixTimeMilliseconds(AtMs);
    }

    // </sample idl-money>
}
