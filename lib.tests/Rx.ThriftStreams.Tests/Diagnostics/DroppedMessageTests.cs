using System.Diagnostics.Metrics;
using System.Reactive.Concurrency;
using System.Reactive.Subjects;
using Demo.Echo;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Reactive;

namespace Rx.ThriftStreams.Tests.Diagnostics;

/// <summary>Messages that the buffer between an observable and a call drops.</summary>
[Collection(nameof(TelemetryTests))]
public sealed class DroppedMessageTests
{
    [Theory]
    [InlineData(OverflowPolicy.DropOldest, "drop_oldest")]
    [InlineData(OverflowPolicy.DropNewest, "drop_newest")]
    public async Task Drops_InEpisodes_AreReportedByTheFirstOfEach(OverflowPolicy policy, string name)
    {
        using var meter = new OwnDrops();
        var drops = new Drops();
        using var source = new Subject<int>();
        var stream = source.AsBoundedStream(new() { Capacity = 4, Overflow = policy, SubscribeScheduler = ImmediateScheduler.Instance }).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        ((IDroppingSource)stream).ReportTo(drops);
        var first = stream.MoveNextAsync();
        source.OnNext(0);
        Assert.True(await first);

        Push(source, 6);
        Assert.True(await stream.MoveNextAsync());
        Push(source, 2);
        for (var i = 0; i < 2; i++)
        {
            Assert.True(await stream.MoveNextAsync());
        }

        Push(source, 4);

        Assert.Equal([(1, true), (2, false), (3, false), (4, true), (5, false)], drops.All);
        Assert.Equal(Enumerable.Repeat(name, 5), meter.All);
        await stream.DisposeAsync();
    }

    [Fact]
    public async Task Overflow_ThatEndsTheStream_IsCounted()
    {
        using var meter = new OwnDrops();
        using var source = new Subject<int>();
        var stream = source.AsBoundedStream(new() { Capacity = 1, Overflow = OverflowPolicy.Error, SubscribeScheduler = ImmediateScheduler.Instance }).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        var first = stream.MoveNextAsync();
        source.OnNext(0);
        Assert.True(await first);

        Push(source, 2);

        Assert.Equal(["error"], meter.All);
        await stream.DisposeAsync();
    }

    [Fact]
    public async Task Requests_FasterThanTheServerTakesThem_AreAnEventOfTheCall()
    {
        var service = new HoldingService { Hold = true };
        await using var server = ThriftInMemoryServer.Create(setup => setup.AddService<ITestService>(service));
        await using var channel = server.CreateChannel();
        var events = new EventCollector();
        channel.Events.Subscribe(events);
        using var requests = new ReplaySubject<Request>();
        var client = new TestServiceClient(channel).AsObservable(new() { Capacity = 4, Overflow = OverflowPolicy.DropOldest });

        using (client.Echo(requests).Subscribe(static _ => { }, static _ => { }))
        {
            await Waits.Until(() =>
            {
                requests.OnNext(new() { Message = "tick" });
                return events.Kinds.Contains(ThriftStreamEventKind.MessagesDropped);
            });
            for (var i = 0; i < 100; i++)
            {
                requests.OnNext(new() { Message = "tick" });
            }
        }

        await events.FinishedAsync();
        Assert.True(events.Finish.DroppedMessages >= 100);
        Assert.Single(events.Kinds, ThriftStreamEventKind.MessagesDropped);
    }

    private static void Push(Subject<int> source, int count)
    {
        for (var i = 0; i < count; i++)
        {
            source.OnNext(i);
        }
    }

    private sealed class Drops : IDropListener
    {
        internal List<(long Total, bool IsFirst)> All { get; } = [];

        public void Dropped(long total, bool isFirst) => All.Add((total, isFirst));
    }

    /// <summary>The drops that this test causes: what the counter counts belongs to the process, in which other tests drop messages too.</summary>
    private sealed class OwnDrops : IDisposable
    {
        private static readonly AsyncLocal<OwnDrops?> Current = new();

        private readonly MeterListener _listener = new();

        internal OwnDrops()
        {
            Current.Value = this;
            _listener.InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Name == "thriftstreams.dropped_messages")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
            {
                if (Current.Value == this)
                {
                    All.Add((string?)tags[0].Value);
                }
            });
            _listener.Start();
        }

        internal List<string?> All { get; } = [];

        public void Dispose() => _listener.Dispose();
    }
}
