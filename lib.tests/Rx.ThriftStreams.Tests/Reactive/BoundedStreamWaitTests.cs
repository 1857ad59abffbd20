using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using Rx.ThriftStreams.Reactive;
using static Rx.ThriftStreams.Tests.Reactive.BoundedStreamTests;

namespace Rx.ThriftStreams.Tests.Reactive;

/// <summary>The policy that makes the producer wait, which blocks its thread: it must always be let go.</summary>
public sealed class BoundedStreamWaitTests
{
    [Fact]
    public async Task Wait_FastProducer_IsNeverAheadByMoreThanTheCapacity()
    {
        const int Count = 10_000;
        const int Capacity = 8;
        int sent = 0;
        int taken = 0;
        int most = 0;
        IObservable<int> source = Observable.Range(0, Count).Do(_ => Interlocked.Increment(ref sent));

        await foreach (int i in source.AsBoundedStream(new() { Capacity = Capacity }))
        {
            Assert.Equal(taken, i);
            most = Math.Max(most, Volatile.Read(ref sent) - taken);
            taken++;
        }

        Assert.Equal(Count, taken);

        // The buffer, the element that was just taken, and the one that the producer holds in its hand.
        Assert.InRange(most, 1, Capacity + 2);
    }

    [Fact]
    public async Task Wait_DisposalWhileTheProducerIsBlocked_ReleasesIt()
    {
        using var subject = new Subject<int>();
        IAsyncEnumerator<int> stream = subject.AsBoundedStream(Hot(1, OverflowPolicy.Wait)).GetAsyncEnumerator();
        ValueTask<bool> first = stream.MoveNextAsync();
        subject.OnNext(1);
        Assert.True(await first);
        subject.OnNext(2);
        Thread producer = Blocked(() => subject.OnNext(3));

        await stream.DisposeAsync();

        Assert.True(producer.Join(Waits.Limit));
        Assert.False(subject.HasObservers);
    }

    [Fact]
    public async Task Wait_CancellationWhileTheProducerIsBlocked_ReleasesIt()
    {
        using var cancellation = new CancellationTokenSource();
        using var subject = new Subject<int>();
        await using IAsyncEnumerator<int> stream = subject.AsBoundedStream(Hot(1, OverflowPolicy.Wait)).GetAsyncEnumerator(cancellation.Token);
        ValueTask<bool> first = stream.MoveNextAsync();
        subject.OnNext(1);
        Assert.True(await first);
        subject.OnNext(2);
        Thread producer = Blocked(() => subject.OnNext(3));

        await cancellation.CancelAsync();

        Assert.True(producer.Join(Waits.Limit));
        Assert.False(subject.HasObservers);
        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await stream.MoveNextAsync());
        Assert.Equal(cancellation.Token, error.CancellationToken);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Wait_EndFromAnotherThreadWhileTheProducerIsBlocked_ReleasesItAndKeepsWhatIsBuffered(bool fails)
    {
        using var subject = new Subject<int>();
        await using IAsyncEnumerator<int> stream = subject.AsBoundedStream(Hot(1, OverflowPolicy.Wait)).GetAsyncEnumerator();
        ValueTask<bool> first = stream.MoveNextAsync();
        subject.OnNext(1);
        Assert.True(await first);
        subject.OnNext(2);
        Thread producer = Blocked(() => subject.OnNext(3));

        if (fails)
        {
            subject.OnError(new FormatException());
        }
        else
        {
            subject.OnCompleted();
        }

        Assert.True(producer.Join(Waits.Limit));
        Assert.True(await stream.MoveNextAsync());
        Assert.Equal(2, stream.Current);
        if (fails)
        {
            await Assert.ThrowsAsync<FormatException>(async () => await stream.MoveNextAsync());
        }

        Assert.False(await stream.MoveNextAsync());
    }

    [Fact]
    public async Task Source_ThatSendsAfterItsEnd_IsNotHeard()
    {
        var kept = new Keep();
        await using IAsyncEnumerator<int> stream = kept.AsBoundedStream(Hot(4, OverflowPolicy.Wait)).GetAsyncEnumerator();
        ValueTask<bool> first = stream.MoveNextAsync();
        Assert.True(SpinWait.SpinUntil(() => kept.Observer is not null, Waits.Limit));
        kept.Observer!.OnNext(1);
        Assert.True(await first);
        kept.Observer.OnCompleted();
        kept.Observer.OnNext(2);
        kept.Observer.OnError(new FormatException());
        kept.Observer.OnCompleted();

        Assert.False(await stream.MoveNextAsync());
        Assert.False(await stream.MoveNextAsync());
    }

    [Fact]
    public async Task Wait_TakingAnElement_LetsTheBlockedProducerGoOn()
    {
        using var subject = new Subject<int>();
        await using IAsyncEnumerator<int> stream = subject.AsBoundedStream(Hot(1, OverflowPolicy.Wait)).GetAsyncEnumerator();
        ValueTask<bool> first = stream.MoveNextAsync();
        subject.OnNext(1);
        Assert.True(await first);
        subject.OnNext(2);
        Thread producer = Blocked(() => subject.OnNext(3));

        Assert.True(await stream.MoveNextAsync());
        Assert.True(producer.Join(Waits.Limit));

        Assert.True(await stream.MoveNextAsync());
        Assert.Equal(3, stream.Current);
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    [InlineData(8, 4)]
    public async Task Wait_HalfOfTheBufferTaken_LetsAllBlockedProducersGoOn(int capacity, int taken)
    {
        using var subject = new Subject<int>();
        await using IAsyncEnumerator<int> stream = subject.AsBoundedStream(Hot(capacity, OverflowPolicy.Wait)).GetAsyncEnumerator();
        ValueTask<bool> first = stream.MoveNextAsync();
        for (int i = 0; i <= capacity; i++)
        {
            subject.OnNext(i);
            if (i == 0)
            {
                Assert.True(await first);
            }
        }

        Thread producer = Blocked(() => subject.OnNext(100));
        Thread other = Blocked(() => subject.OnNext(100));
        for (int i = 0; i < taken; i++)
        {
            Assert.True(await stream.MoveNextAsync());
        }

        // With room for one only, the other has to wait for the next half.
        if (taken == 1)
        {
            Assert.True(SpinWait.SpinUntil(() => producer.Join(0) || other.Join(0), Waits.Limit));
            Assert.True(await stream.MoveNextAsync());
        }

        Assert.True(producer.Join(Waits.Limit));
        Assert.True(other.Join(Waits.Limit));
    }

    [Fact]
    public async Task Wait_SourceThatEmitsInSubscribeOnTheConsumersThread_FailsInsteadOfDeadlocking()
    {
        IObservable<int> source = new EmitsInSubscribe(3);
        await using IAsyncEnumerator<int> stream = source.AsBoundedStream(Hot(2, OverflowPolicy.Wait)).GetAsyncEnumerator();

        // On a thread without a trampoline of Rx: a test that completes within one runs the next test within it too, and there the subscription waits for its turn.
        Assert.True(await Task.Run(async () => await stream.MoveNextAsync(), TestContext.Current.CancellationToken));
        Assert.True(await stream.MoveNextAsync());
        var error = await Assert.ThrowsAsync<InvalidOperationException>(async () => await stream.MoveNextAsync());
        Assert.Contains(nameof(ObservableBufferOptions.SubscribeScheduler), error.Message, StringComparison.Ordinal);
    }

    // The producer's thread, once it waits in OnNext.
    private static Thread Blocked(Action produce)
    {
        var thread = new Thread(() => produce()) { IsBackground = true };
        thread.Start();
        Assert.True(SpinWait.SpinUntil(() => (thread.ThreadState & ThreadState.WaitSleepJoin) != 0, Waits.Limit));
        return thread;
    }

    /// <summary>Gives its observer away, without the guards of Rx.</summary>
    private sealed class Keep : IObservable<int>
    {
        private volatile IObserver<int>? _observer;

        internal IObserver<int>? Observer => _observer;

        public IDisposable Subscribe(IObserver<int> observer)
        {
            _observer = observer;
            return System.Reactive.Disposables.Disposable.Empty;
        }
    }

    [Fact]
    public async Task Wait_SourceThatEmitsInSubscribeWithinATrampoline_WaitsForItsConsumer()
    {
        IObservable<int> source = new EmitsInSubscribe(3);
        await using IAsyncEnumerator<int> stream = source.AsBoundedStream(Hot(2, OverflowPolicy.Wait)).GetAsyncEnumerator();
        var begun = new TaskCompletionSource<Task<bool>>(TaskCreationOptions.RunContinuationsAsynchronously);

        var trampoline = Task.Run(
            () => CurrentThreadScheduler.Instance.Schedule(() => begun.SetResult(stream.MoveNextAsync().AsTask())), TestContext.Current.CancellationToken);

        Assert.True(await (await begun.Task.Soon()).Soon());
        Assert.True(await stream.MoveNextAsync().Soon());
        Assert.True(await stream.MoveNextAsync().Soon());
        Assert.Equal(2, stream.Current);
        await trampoline.Soon();
    }

    private sealed class EmitsInSubscribe(int count) : IObservable<int>
    {
        public IDisposable Subscribe(IObserver<int> observer)
        {
            for (int i = 0; i < count; i++)
            {
                observer.OnNext(i);
            }

            return System.Reactive.Disposables.Disposable.Empty;
        }
    }
}
