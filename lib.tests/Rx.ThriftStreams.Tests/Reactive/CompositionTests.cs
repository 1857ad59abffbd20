using System.Reactive.Linq;
using Rx.ThriftStreams.Reactive;

namespace Rx.ThriftStreams.Tests.Reactive;

public sealed class CompositionTests
{
    [Fact]
    public async Task Take_OfAStream_DisposesItsEnumerator()
    {
        TrackedStream<int> stream = Streams.Endless();

        Assert.Equal([0, 2, 4], await stream.Where(i => i % 2 == 0).Take(3).ToListAsync());

        Assert.Equal(1, stream.Disposals);
        Assert.Equal(5, stream.Pulls);
    }

    [Fact]
    public async Task FirstAsync_OfAStream_DisposesItsEnumerator()
    {
        TrackedStream<int> stream = Streams.Endless();

        Assert.Equal(3, await stream.FirstAsync(i => i == 3));

        Assert.Equal(1, stream.Disposals);
    }

    [Fact]
    public async Task FirstAsync_OfAColdObservable_DisposesTheEnumerator()
    {
        TrackedStream<int> stream = Streams.Silent(1, 2);

        Assert.Equal(1, await stream.AsColdObservable().FirstAsync());

        await stream.Disposed.Soon();
        Assert.True(stream.Token.IsCancellationRequested);
    }

    [Fact]
    public async Task RoundTrip_ThroughBothBridges_KeepsElementsAndOrder()
        => Assert.Equal(
            Enumerable.Range(0, 5_000),
            await Streams.Range(0, 5_000).AsColdObservable().AsBoundedStream(new() { Capacity = 3 }).ToListAsync());

    [Fact]
    public async Task RoundTrip_LeftEarly_DisposesTheFirstEnumerator()
    {
        TrackedStream<int> stream = Streams.Endless();

        Assert.Equal(10, await stream.AsColdObservable().AsBoundedStream(new() { Capacity = 3 }).Take(10).CountAsync());

        await stream.Disposed.Soon();
    }

    [Fact]
    public async Task Operators_OfAllThreeWorlds_Compose()
    {
        TrackedStream<int> stream = Streams.Range(0, 100);

        IList<int> batchSizes = await stream
            .TimeoutEach(TimeSpan.FromMinutes(1))
            .Select(i => i * 2)
            .AsColdObservable()
            .Buffer(30)
            .Select(batch => batch.Count)
            .AsBoundedStream()
            .ToListAsync();

        Assert.Equal([30, 30, 30, 10], batchSizes);
    }
}
