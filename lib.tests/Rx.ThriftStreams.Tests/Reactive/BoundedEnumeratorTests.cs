using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using System.Reactive.Subjects;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Reactive;
using static Rx.ThriftStreams.Tests.Reactive.BoundedStreamTests;

namespace Rx.ThriftStreams.Tests.Reactive;

/// <summary>The buffer itself: what it reports, what it lets go of, and what it does for a consumer that leaves early.</summary>
public sealed class BoundedEnumeratorTests
{
    [Fact]
    public async Task Drops_AreReportedWithTheirTotal_AndAnEpisodeEndsWhenHalfOfTheBufferIsFree()
    {
        using var subject = new Subject<int>();
        var listener = new DropList();
        var stream = new BoundedEnumerator<int>(subject, Hot(4, OverflowPolicy.DropNewest), default);
        stream.ReportTo(listener);
        ValueTask<bool> first = stream.MoveNextAsync();
        Send(subject, 1);
        Assert.True(await first);

        Send(subject, 6);
        Assert.Equal([(1, true), (2, false)], listener.Drops);
        Assert.True(await stream.MoveNextAsync());
        Send(subject, 2);
        Assert.Equal((3, false), listener.Drops[^1]);
        Assert.True(await stream.MoveNextAsync());
        Assert.True(await stream.MoveNextAsync());
        Send(subject, 4);

        Assert.Equal([(1, true), (2, false), (3, false), (4, true), (5, false)], listener.Drops);
        await stream.DisposeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Consumer_LeavesBeforeTheSubscriptionIsMade_NothingIsSubscribed(bool cancelled)
    {
        using var subject = new Subject<int>();
        using var cancel = new CancellationTokenSource();
        var scheduler = new LateScheduler();
        var stream = new BoundedEnumerator<int>(subject, new() { SubscribeScheduler = scheduler }, cancel.Token);
        Task<bool> first = stream.MoveNextAsync().AsTask();
        if (cancelled)
        {
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.Soon());
        }
        else
        {
            await stream.DisposeAsync();
            Assert.False(await first.Soon());
        }

        scheduler.Work!();

        Assert.False(subject.HasObservers);
    }

    [Fact]
    public async Task Consumer_LeavesBeforeItsFirstMove_HasAnEmptyStream()
    {
        using var subject = new Subject<int>();
        var stream = new BoundedEnumerator<int>(subject, Hot(1, OverflowPolicy.Wait), default);

        await stream.DisposeAsync();

        Assert.False(await stream.MoveNextAsync());
        Assert.False(subject.HasObservers);
    }

    [Fact]
    public async Task Token_CancelledBeforeTheFirstMove_SubscribesNothing()
    {
        using var subject = new Subject<int>();
        var cancelled = new CancellationToken(canceled: true);
        await using var stream = new BoundedEnumerator<int>(subject, Hot(1, OverflowPolicy.Wait), cancelled);

        Assert.Equal(cancelled, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stream.MoveNextAsync().AsTask())).CancellationToken);
        Assert.False(subject.HasObservers);
    }

    [Fact]
    public async Task Token_CancelledWithElementsAndAnErrorInTheBuffer_DiscardsBoth()
    {
        using var subject = new Subject<int>();
        using var cancel = new CancellationTokenSource();
        await using var stream = new BoundedEnumerator<int>(subject, Hot(4, OverflowPolicy.Wait), cancel.Token);
        ValueTask<bool> first = stream.MoveNextAsync();
        Send(subject, 3);
        Assert.True(await first);
        subject.OnError(new FormatException());

        await cancel.CancelAsync();

        for (int i = 0; i < 2; i++)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stream.MoveNextAsync().AsTask());
        }
    }

    [Fact]
    public async Task Dispose_WithElementsAndAnErrorInTheBuffer_DiscardsBoth()
    {
        using var subject = new Subject<int>();
        var stream = new BoundedEnumerator<int>(subject, Hot(4, OverflowPolicy.Wait), default);
        ValueTask<bool> first = stream.MoveNextAsync();
        Send(subject, 3);
        Assert.True(await first);
        subject.OnError(new FormatException());

        await stream.DisposeAsync();

        Assert.False(await stream.MoveNextAsync());
    }

    [Fact]
    public async Task End_WhileTheConsumerWaits_WakesItOnceWithWhatCameBefore()
    {
        using var subject = new Subject<int>();
        await using var stream = new BoundedEnumerator<int>(subject, Hot(4, OverflowPolicy.Wait), default);
        ValueTask<bool> first = stream.MoveNextAsync();
        Send(subject, 2);
        subject.OnError(new FormatException());

        Assert.True(await first.Soon());
        Assert.Equal(0, stream.Current);
        Assert.True(await stream.MoveNextAsync().Soon());
        Assert.Equal(1, stream.Current);
        await Assert.ThrowsAsync<FormatException>(() => stream.MoveNextAsync().Soon());
        Assert.Equal(0, stream.Current);
        Assert.False(await stream.MoveNextAsync().Soon());
    }

    [Fact]
    public async Task Subscribe_ThatThrows_EndsTheStreamAndWakesTheConsumer()
    {
        IObservable<int> source = System.Reactive.Linq.Observable.Create<int>(IDisposable (_) => throw new FormatException());
        await using var stream = new BoundedEnumerator<int>(source, new(), default);

        await Assert.ThrowsAsync<FormatException>(() => stream.MoveNextAsync().Soon());
        Assert.False(await stream.MoveNextAsync().Soon());
    }

    private static void Send(Subject<int> subject, int count)
    {
        for (int i = 0; i < count; i++)
        {
            subject.OnNext(i);
        }
    }

    private sealed class DropList : IDropListener
    {
        public List<(long Total, bool IsFirst)> Drops { get; } = [];

        public void Dropped(long total, bool isFirst) => Drops.Add((total, isFirst));
    }

    /// <summary>Runs nothing by itself.</summary>
    private sealed class LateScheduler : IScheduler
    {
        public Action? Work { get; private set; }

        public DateTimeOffset Now => throw new NotSupportedException();

        public IDisposable Schedule<TState>(TState state, Func<IScheduler, TState, IDisposable> action)
        {
            Work = () => action(this, state);
            return Disposable.Empty;
        }

        public IDisposable Schedule<TState>(TState state, TimeSpan dueTime, Func<IScheduler, TState, IDisposable> action) => throw new NotSupportedException();

        public IDisposable Schedule<TState>(TState state, DateTimeOffset dueTime, Func<IScheduler, TState, IDisposable> action) => throw new NotSupportedException();
    }
}
