using System.Threading.Channels;
using Rx.ThriftStreams.Reactive;
using Rx.ThriftStreams.Tests.Reactive.Marbles;

namespace Rx.ThriftStreams.Tests.Reactive;

public sealed class ShareLatestTests
{
    private readonly Channel<int> _channel = Channel.CreateUnbounded<int>();
    private readonly TrackedStream<int> _source;

    public ShareLatestTests() => _source = new TrackedStream<int>(token => _channel.Reader.ReadAllAsync(token));

    [Fact]
    public async Task Consumers_Several_ShareOneEnumeration()
    {
        IAsyncEnumerable<int> shared = _source.ShareLatest();
        await using IAsyncEnumerator<int> first = shared.GetAsyncEnumerator();
        await using IAsyncEnumerator<int> second = shared.GetAsyncEnumerator();
        Task<bool> one = first.MoveNextAsync().AsTask();
        Task<bool> two = second.MoveNextAsync().AsTask();

        Send(5);

        Assert.True(await one.Soon());
        Assert.True(await two.Soon());
        Assert.Equal(5, first.Current);
        Assert.Equal(5, second.Current);
        Assert.Equal(1, _source.Enumerations);
    }

    [Fact]
    public async Task Consumer_ThatJoinsLate_GetsTheLatestThenWhatFollows()
    {
        IAsyncEnumerable<int> shared = _source.ShareLatest();
        await using IAsyncEnumerator<int> first = shared.GetAsyncEnumerator();
        Send(1, 2);
        Assert.Equal([1, 2], await TakeAsync(first, 2));

        await using IAsyncEnumerator<int> late = shared.GetAsyncEnumerator();
        Assert.Equal([2], await TakeAsync(late, 1));
        Send(3);

        Assert.Equal([3], await TakeAsync(late, 1));
        Assert.Equal([3], await TakeAsync(first, 1));
    }

    [Fact]
    public async Task Consumers_WhenTheLastLeaves_CancelTheSourceAndTheNextStartsAnew()
    {
        IAsyncEnumerable<int> shared = _source.ShareLatest();
        IAsyncEnumerator<int> first = shared.GetAsyncEnumerator();
        IAsyncEnumerator<int> second = shared.GetAsyncEnumerator();
        Send(1);
        await TakeAsync(first, 1);
        await TakeAsync(second, 1);

        await first.DisposeAsync();
        Assert.False(_source.Token.IsCancellationRequested);
        await second.DisposeAsync();
        Assert.True(_source.Token.IsCancellationRequested);
        await _source.Disposed.Soon();

        await using IAsyncEnumerator<int> next = shared.GetAsyncEnumerator();
        Send(2);
        Assert.Equal([2], await TakeAsync(next, 1));
        Assert.Equal(2, _source.Enumerations);
    }

    [Fact]
    public async Task Source_ThatNeverWaitsAndIgnoresItsToken_StopsWhenTheLastLeaves()
    {
        TrackedStream<int> endless = Streams.Endless();

        Assert.Equal(3, await endless.ShareLatest().Take(3).CountAsync());

        await endless.Disposed.Soon();
    }

    [Fact]
    public async Task End_OfTheSource_ReachesAllAfterTheirElements()
    {
        IAsyncEnumerable<int> shared = _source.ShareLatest();
        await using IAsyncEnumerator<int> first = shared.GetAsyncEnumerator();
        await using IAsyncEnumerator<int> second = shared.GetAsyncEnumerator();
        Send(1);
        await TakeAsync(first, 1);
        await TakeAsync(second, 1);
        Send(2);
        _channel.Writer.Complete();

        Assert.Equal([2], await TakeAsync(first, 1));
        Assert.False(await first.MoveNextAsync().Soon());
        Assert.Equal([2], await TakeAsync(second, 1));
        Assert.False(await second.MoveNextAsync().Soon());
    }

    [Fact]
    public async Task Error_OfTheSource_ReachesAll()
    {
        IAsyncEnumerable<int> shared = _source.ShareLatest();
        await using IAsyncEnumerator<int> first = shared.GetAsyncEnumerator();
        await using IAsyncEnumerator<int> second = shared.GetAsyncEnumerator();
        Task<bool> one = first.MoveNextAsync().AsTask();
        Task<bool> two = second.MoveNextAsync().AsTask();

        _channel.Writer.Complete(new MarbleException());

        await Assert.ThrowsAsync<MarbleException>(() => one.Soon());
        await Assert.ThrowsAsync<MarbleException>(() => two.Soon());
    }

    [Fact]
    public async Task Cancellation_OfOneConsumer_DisturbsNoOther()
    {
        using var cancellation = new CancellationTokenSource();
        IAsyncEnumerable<int> shared = _source.ShareLatest();
        await using IAsyncEnumerator<int> first = shared.GetAsyncEnumerator(cancellation.Token);
        await using IAsyncEnumerator<int> second = shared.GetAsyncEnumerator();
        Task<bool> one = first.MoveNextAsync().AsTask();
        Task<bool> two = second.MoveNextAsync().AsTask();

        await cancellation.CancelAsync();
        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one.Soon());
        Assert.Equal(cancellation.Token, error.CancellationToken);
        Send(1);

        Assert.True(await two.Soon());
    }

    // The slow consumer takes one, then nothing while eight more are sent and seen by the fast one.
    [Theory]
    [InlineData(OverflowPolicy.DropOldest, new[] { 7, 8 })]
    [InlineData(OverflowPolicy.DropNewest, new[] { 1, 2 })]
    [InlineData(OverflowPolicy.Error, new[] { 1, 2 })]
    public async Task SlowConsumer_FollowsThePolicyAndDisturbsNoOther(OverflowPolicy overflow, int[] received)
    {
        IAsyncEnumerable<int> shared = _source.ShareLatest(capacity: 2, overflow);
        await using IAsyncEnumerator<int> slow = shared.GetAsyncEnumerator();
        await using IAsyncEnumerator<int> fast = shared.GetAsyncEnumerator();
        Send(0);
        await TakeAsync(slow, 1);
        await TakeAsync(fast, 1);
        for (int i = 1; i <= 8; i++)
        {
            Send(i);
            Assert.Equal([i], await TakeAsync(fast, 1));
        }

        Assert.Equal(received, await TakeAsync(slow, 2));
        if (overflow == OverflowPolicy.Error)
        {
            var error = await Assert.ThrowsAsync<ThriftBufferOverflowException>(() => slow.MoveNextAsync().Soon());
            Assert.Equal(2, error.Capacity);
        }
    }

    [Fact]
    public async Task Wait_SlowConsumer_HoldsTheSourceBackAndLosesNothing()
    {
        const int Capacity = 4;
        TrackedStream<int> range = Streams.Range(0, 1_000);
        IAsyncEnumerable<int> shared = range.ShareLatest(Capacity, OverflowPolicy.Wait);
        int taken = 0;

        await foreach (int i in shared)
        {
            Assert.Equal(taken++, i);
            Assert.InRange(range.Pulls, 1, taken + Capacity + 2);
        }

        Assert.Equal(1_000, taken);
    }

    [Fact]
    public async Task Wait_SlowConsumerLeaves_TheOthersGoOn()
    {
        IAsyncEnumerable<int> shared = _source.ShareLatest(1, OverflowPolicy.Wait);
        IAsyncEnumerator<int> slow = shared.GetAsyncEnumerator();
        await using IAsyncEnumerator<int> fast = shared.GetAsyncEnumerator();
        Send(0);
        await TakeAsync(slow, 1);
        await TakeAsync(fast, 1);
        Send(1, 2, 3, 4);
        await TakeAsync(fast, 1);

        await slow.DisposeAsync();

        Assert.Equal([2, 3, 4], await TakeAsync(fast, 3));
    }

    private void Send(params int[] elements)
    {
        foreach (int element in elements)
        {
            Assert.True(_channel.Writer.TryWrite(element));
        }
    }

    private static async Task<List<int>> TakeAsync(IAsyncEnumerator<int> stream, int count)
    {
        var taken = new List<int>();
        for (int i = 0; i < count; i++)
        {
            Assert.True(await stream.MoveNextAsync().Soon());
            taken.Add(stream.Current);
        }

        return taken;
    }
}
