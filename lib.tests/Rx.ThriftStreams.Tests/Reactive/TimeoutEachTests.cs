using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.Reactive;
using Rx.ThriftStreams.Tests.Reactive.Marbles;

namespace Rx.ThriftStreams.Tests.Reactive;

public sealed class TimeoutEachTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task MoveNextAsync_ElementsInTime_PassThrough()
    {
        var clock = new MarbleClock();
        var stream = new MarbleStream(clock, "a--b--(c|)");
        IAsyncEnumerator<char> limited = stream.TimeoutEach(4 * MarbleClock.Frame, clock.Time).GetAsyncEnumerator();
        string seen = "";
        while (true)
        {
            Task<bool> move = limited.MoveNextAsync().AsTask();
            if (!move.IsCompleted)
            {
                clock.Advance(2);
                Assert.False(move.IsCompleted);
                clock.Advance(1);
            }

            if (!await move.Soon())
            {
                break;
            }

            seen += limited.Current;
        }

        await limited.DisposeAsync();
        Assert.Equal("abc", seen);
        Assert.Equal(1, stream.Disposals);
    }

    [Fact]
    public async Task MoveNextAsync_ElementTooLate_ThrowsCancelsAndDisposes()
    {
        TrackedStream<int> stream = Streams.Silent(1);
        await using IAsyncEnumerator<int> limited = stream.TimeoutEach(Limit, _time).GetAsyncEnumerator();
        Assert.True(await limited.MoveNextAsync());
        Task<bool> late = limited.MoveNextAsync().AsTask();

        _time.Advance(Limit - TimeSpan.FromMilliseconds(1));
        Assert.False(late.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));

        var error = await Assert.ThrowsAsync<ThriftTimeoutException>(() => late.Soon());
        Assert.Equal(ThriftTimeoutKind.Receive, error.Kind);
        Assert.Equal(Limit, error.Configured);
        Assert.Equal(Limit, error.Elapsed);
        Assert.True(stream.Token.IsCancellationRequested);
        await stream.Disposed.Soon();
        Assert.False(await limited.MoveNextAsync());
    }

    [Fact]
    public async Task MoveNextAsync_SourceThatIgnoresItsToken_ThrowsAllTheSameAndIsDisposedWhenItReturns()
    {
        var deaf = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var stream = new TrackedStream<int>(_ => DeafAsync(deaf.Task));
        await using IAsyncEnumerator<int> limited = stream.TimeoutEach(Limit, _time).GetAsyncEnumerator();
        Task<bool> late = limited.MoveNextAsync().AsTask();

        _time.Advance(Limit);

        await Assert.ThrowsAsync<ThriftTimeoutException>(() => late.Soon());
        Assert.Equal(0, stream.Disposals);
        deaf.SetResult(1);
        await stream.Disposed.Soon();
    }

    [Fact]
    public async Task TimeBetweenPulls_IsTheConsumersOwn()
    {
        TrackedStream<int> stream = Streams.Silent(1, 2);
        await using IAsyncEnumerator<int> limited = stream.TimeoutEach(Limit, _time).GetAsyncEnumerator();
        Assert.True(await limited.MoveNextAsync());

        _time.Advance(10 * Limit);

        Assert.True(await limited.MoveNextAsync());
        Assert.False(stream.Token.IsCancellationRequested);
    }

    [Fact]
    public async Task Elements_Many_ShareOneTimerWhichCountsAnewForEach()
    {
        var clock = new CountingTime();
        var elements = System.Threading.Channels.Channel.CreateUnbounded<int>();
        await using IAsyncEnumerator<int> limited = elements.Reader.ReadAllAsync().TimeoutEach(Limit, clock).GetAsyncEnumerator();
        for (int i = 0; i < 10; i++)
        {
            Task<bool> move = limited.MoveNextAsync().AsTask();
            clock.Advance(Limit - TimeSpan.FromMilliseconds(1));
            Assert.True(elements.Writer.TryWrite(i));
            Assert.True(await move.Soon());
        }

        Task<bool> late = limited.MoveNextAsync().AsTask();
        clock.Advance(Limit);
        await Assert.ThrowsAsync<ThriftTimeoutException>(() => late.Soon());
        Assert.Equal(1, clock.Timers);
    }

    [Fact]
    public async Task Token_WhoseCallbackThrows_IsTheCauseOfTheTimeout()
    {
        TrackedStream<int> stream = Streams.Silent();
        await using IAsyncEnumerator<int> limited = stream.TimeoutEach(Limit, _time).GetAsyncEnumerator();
        Task<bool> late = limited.MoveNextAsync().AsTask();
        using CancellationTokenRegistration registration = stream.Token.Register(() => throw new MarbleException());

        _time.Advance(Limit);

        var error = await Assert.ThrowsAsync<ThriftTimeoutException>(() => late.Soon());
        Assert.IsType<MarbleException>(Assert.IsType<AggregateException>(error.InnerException).InnerException);
    }

    [Fact]
    public async Task TimeoutException_OfTheSourceItself_IsNotMistaken()
    {
        var own = new TimeoutException("own");

        var seen = await Assert.ThrowsAsync<TimeoutException>(async () => await Streams.Failing(own, 1).TimeoutEach(Limit, _time).CountAsync());

        Assert.Same(own, seen);
    }

    [Fact]
    public async Task Cancellation_OfTheConsumer_IsNotATimeout()
    {
        using var cancellation = new CancellationTokenSource();
        TrackedStream<int> stream = Streams.Silent();
        IAsyncEnumerator<int> limited = stream.TimeoutEach(Limit, _time).GetAsyncEnumerator(cancellation.Token);
        Task<bool> move = limited.MoveNextAsync().AsTask();

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => move.Soon());
        await limited.DisposeAsync();
        Assert.Equal(1, stream.Disposals);
    }

    [Fact]
    public void Timeout_OutOfRange_IsRefusedAtOnce()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Streams.Silent().TimeoutEach(TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => Streams.Silent().TimeoutEach(TimeSpan.FromSeconds(-2)));
    }

    private static async IAsyncEnumerable<int> DeafAsync(Task<int> element)
    {
        yield return await element.ConfigureAwait(false);
    }

    private sealed class CountingTime : FakeTimeProvider
    {
        public int Timers { get; private set; }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Timers++;
            return base.CreateTimer(callback, state, dueTime, period);
        }
    }
}
