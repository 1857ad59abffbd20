using System.Reactive.Linq;
using System.Runtime.CompilerServices;
using Rx.ThriftStreams.Reactive;
using Rx.ThriftStreams.Tests.Reactive.Marbles;

namespace Rx.ThriftStreams.Tests.Reactive;

public sealed class ColdObservableTests
{
    private readonly MarbleClock _clock = new();

    [Theory]
    [InlineData("a-b-|")]
    [InlineData("--(ab)c--#")]
    [InlineData("|")]
    [InlineData("#")]
    [InlineData("a--")]
    public void Subscribe_EachEvent_IsSentInItsFrame(string diagram)
    {
        var observer = new MarbleObserver(_clock);

        using IDisposable subscription = new MarbleStream(_clock, diagram).AsColdObservable().Subscribe(observer);
        _clock.Advance(10);

        Assert.Equal(diagram.TrimEnd('-'), observer.Diagram);
    }

    [Fact]
    public void Subscribe_Twice_EnumeratesAnewEachTime()
    {
        var stream = new MarbleStream(_clock, "a-b-|");
        IObservable<char> observable = stream.AsColdObservable();
        Assert.Equal(0, stream.Enumerations);

        var first = new MarbleObserver(_clock);
        using IDisposable one = observable.Subscribe(first);
        _clock.Advance(1);
        var second = new MarbleObserver(_clock);
        using IDisposable two = observable.Subscribe(second);
        _clock.Advance(10);

        Assert.Equal("a-b-|", first.Diagram);
        Assert.Equal("a-b-|", second.Diagram);
        Assert.Equal(2, stream.Enumerations);
        Assert.Equal(2, stream.Disposals);
    }

    [Fact]
    public void Retry_OfAFailingStream_EnumeratesAnew()
    {
        var stream = new MarbleStream(_clock, "a-#");
        var observer = new MarbleObserver(_clock);

        using IDisposable subscription = stream.AsColdObservable().Retry(3).Subscribe(observer);
        _clock.Advance(20);

        Assert.Equal("a-a-a-#", observer.Diagram);
        Assert.Equal(3, stream.Disposals);
    }

    [Fact]
    public void Dispose_WhileWaiting_CancelsDisposesAndSendsNothingMore()
    {
        var stream = new MarbleStream(_clock, "a-b-c-|");
        var observer = new MarbleObserver(_clock);

        IDisposable subscription = stream.AsColdObservable().Subscribe(observer);
        _clock.Advance(3);
        subscription.Dispose();
        subscription.Dispose();

        Assert.Equal(1, stream.Disposals);
        _clock.Advance(10);
        Assert.Equal("a-b", observer.Diagram);
    }

    [Fact]
    public void Dispose_InsideOnNext_EndsAfterThatElement()
    {
        TrackedStream<int> stream = Streams.Endless();
        var seen = new List<int>();

        using IDisposable subscription = stream.AsColdObservable().Take(3).Subscribe(seen.Add);

        Assert.Equal([0, 1, 2], seen);
        Assert.Equal(3, stream.Pulls);
        Assert.Equal(1, stream.Disposals);
        Assert.True(stream.Token.IsCancellationRequested);
    }

    [Fact]
    public void Subscribe_InsideOnNext_GetsItsTurnBetweenTwoElements()
    {
        var seen = new List<int>();

        using IDisposable subscription = Streams.Endless().AsColdObservable()
            .SelectMany(i => Streams.Range(i * 10, 2).AsColdObservable())
            .Take(5)
            .Subscribe(seen.Add);

        Assert.Equal(5, seen.Count);
    }

    [Fact]
    public async Task OnNext_WhileItRuns_NoElementIsPulled()
    {
        TrackedStream<int> stream = Streams.Range(0, 3);
        var pullsSeen = new List<int>();

        await stream.AsColdObservable().Do(_ => pullsSeen.Add(stream.Pulls)).LastAsync();

        Assert.Equal([1, 2, 3], pullsSeen);
    }

    [Fact]
    public void End_OfTheStream_IsSentAfterTheEnumeratorWasDisposed()
    {
        TrackedStream<int> stream = Streams.Range(0, 1);
        int disposalsAtTheEnd = -1;

        using IDisposable subscription = stream.AsColdObservable().Subscribe(_ => { }, () => disposalsAtTheEnd = stream.Disposals);

        Assert.Equal(1, disposalsAtTheEnd);
        Assert.False(stream.Token.IsCancellationRequested);
    }

    [Fact]
    public void Cancellation_ThatNoDisposalCaused_IsSentToOnError()
    {
        var observer = new List<Exception>();
        var cancelled = new OperationCanceledException();

        using IDisposable subscription = Streams.Failing(cancelled, 1).AsColdObservable().Subscribe(_ => { }, observer.Add);

        Assert.Same(cancelled, Assert.Single(observer));
    }

    [Fact]
    public void GetAsyncEnumerator_ThatThrows_IsSentToOnError()
    {
        var errors = new List<Exception>();
        var stream = new TrackedStream<int>(_ => throw new MarbleException());

        using IDisposable subscription = stream.AsColdObservable().Subscribe(_ => { }, errors.Add);

        Assert.IsType<MarbleException>(Assert.Single(errors));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void OnNext_ThatThrowsDuringSubscribe_CancelsAndIsThrownFromSubscribe(int bad)
    {
        TrackedStream<int> stream = Streams.Endless();
        var errors = new List<Exception>();

        Assert.Throws<MarbleException>(() => stream.AsColdObservable().Subscribe(i => ThrowAt(bad, i), errors.Add));

        Assert.Empty(errors);
        Assert.Equal(bad + 1, stream.Pulls);
        Assert.Equal(1, stream.Disposals);
        Assert.True(stream.Token.IsCancellationRequested);
    }

    [Fact]
    public void OnNext_ThatThrowsLater_CancelsAndIsGivenToTheHandler()
    {
        var stream = new MarbleStream(_clock, "a-b-c|");
        var faults = new List<Exception>();
        var observer = new MarbleObserver(_clock) { Next = symbol => ThrowAt('b', symbol) };

        using IDisposable subscription = stream.AsColdObservable(faults.Add).Subscribe(observer);
        _clock.Advance(10);

        Assert.IsType<MarbleException>(Assert.Single(faults));
        Assert.Equal("a-b", observer.Diagram);
        Assert.Equal(1, stream.Disposals);
    }

    [Fact]
    public void OnNext_ThatThrowsLaterWithoutAHandler_RaisesUnobservedTaskException()
    {
        var reported = new List<Exception>();
        void Report(object? sender, UnobservedTaskExceptionEventArgs e)
        {
            if (e.Exception.InnerException is MarbleException)
            {
                reported.Add(e.Exception.InnerException);
                e.SetObserved();
            }
        }

        TaskScheduler.UnobservedTaskException += Report;
        try
        {
            SubscribeAndFail(_clock);
            for (int i = 0; i < 100 && reported.Count == 0; i++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= Report;
        }

        Assert.Single(reported);
    }

    [Fact]
    public void OnCompleted_ThatThrows_IsGivenToTheHandlerAndNotToOnError()
    {
        var faults = new List<Exception>();
        var errors = new List<Exception>();

        using IDisposable subscription = Streams.Range(0, 1).AsColdObservable(faults.Add)
            .Subscribe(_ => { }, errors.Add, () => throw new MarbleException());

        Assert.IsType<MarbleException>(Assert.Single(faults));
        Assert.Empty(errors);
    }

    [Fact]
    public void Failure_AfterDisposal_IsGivenToTheHandlerUnlessItIsTheCancellation()
    {
        var faults = new List<Exception>();
        var failing = new TrackedStream<int>(token => ThrowWhenCancelledAsync(new MarbleException(), token));
        var cancelled = new TrackedStream<int>(token => ThrowWhenCancelledAsync(new OperationCanceledException(token), token));

        failing.AsColdObservable(faults.Add).Subscribe(_ => { }).Dispose();
        cancelled.AsColdObservable(faults.Add).Subscribe(_ => { }).Dispose();

        Assert.Equal(1, failing.Disposals);
        Assert.Equal(1, cancelled.Disposals);
        Assert.IsType<MarbleException>(Assert.Single(faults));
    }

    [Fact]
    public async Task Dispose_FromAnotherThreadWhileElementsFlow_StopsAndKeepsTheGrammar()
    {
        for (int round = 0; round < 100; round++)
        {
            TrackedStream<int> stream = Streams.Endless();
            var flowing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using var stop = new System.Reactive.Subjects.Subject<bool>();
            int inside = 0;
            bool broken = false;

            Task producing = Task.Run(() => stream.AsColdObservable().TakeUntil(stop).Subscribe(
                i =>
                {
                    broken |= Interlocked.Increment(ref inside) != 1;
                    if (i == 10)
                    {
                        flowing.SetResult();
                    }

                    Interlocked.Decrement(ref inside);
                },
                () => broken |= Interlocked.Increment(ref inside) != 1));
            await flowing.Task.Soon();
            stop.OnNext(true);

            await producing.Soon();
            await stream.Disposed.Soon();
            Assert.False(broken);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void SubscribeAndFail(MarbleClock clock)
    {
        using IDisposable subscription = new MarbleStream(clock, "-a|").AsColdObservable().Subscribe(_ => throw new MarbleException());
        clock.Advance(3);
    }

    private static void ThrowAt<T>(T bad, T value)
    {
        if (EqualityComparer<T>.Default.Equals(bad, value))
        {
            throw new MarbleException();
        }
    }

    private static async IAsyncEnumerable<int> ThrowWhenCancelledAsync(Exception error, [EnumeratorCancellation] CancellationToken token)
    {
        var cancelled = new TaskCompletionSource();
        await using CancellationTokenRegistration registration = token.Register(cancelled.SetResult);
        await cancelled.Task.ConfigureAwait(false);
        if (token.IsCancellationRequested)
        {
            throw error;
        }

        yield break;
    }
}
