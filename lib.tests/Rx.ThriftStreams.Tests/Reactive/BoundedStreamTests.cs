using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using System.Runtime.CompilerServices;
using Rx.ThriftStreams.Reactive;
using Rx.ThriftStreams.Tests.Reactive.Marbles;

namespace Rx.ThriftStreams.Tests.Reactive;

public sealed class BoundedStreamTests
{
    private readonly MarbleClock _clock = new();

    // Hot: subscribed to when the first MoveNextAsync returns.
    internal static ObservableBufferOptions Hot(int capacity, OverflowPolicy overflow, Action<long>? onDropped = null)
        => new() { Capacity = capacity, Overflow = overflow, OnDropped = onDropped, SubscribeScheduler = ImmediateScheduler.Instance };

    [Theory]
    [InlineData(OverflowPolicy.Wait)]
    [InlineData(OverflowPolicy.DropOldest)]
    [InlineData(OverflowPolicy.DropNewest)]
    [InlineData(OverflowPolicy.Error)]
    public async Task Elements_ThatFit_AllArriveBeforeTheEnd(OverflowPolicy overflow)
    {
        var source = new HotMarbles(_clock, "a-(bc)-d|");
        await using IAsyncEnumerator<char> stream = source.AsBoundedStream(Hot(4, overflow)).GetAsyncEnumerator();
        ValueTask<bool> first = stream.MoveNextAsync();

        _clock.Advance(10);

        Assert.True(await first);
        Assert.Equal("abcd|", stream.Current + await DrainAsync(stream));
        Assert.Equal(0, source.Observers);
    }

    // The consumer takes 'a' at once, and the rest when all has been sent.
    [Theory]
    [InlineData(OverflowPolicy.DropOldest, "abcdef|", "aef|", 3)]
    [InlineData(OverflowPolicy.DropNewest, "abcdef|", "abc|", 3)]
    [InlineData(OverflowPolicy.Error, "abcdef|", "abc!", 0)]
    [InlineData(OverflowPolicy.DropOldest, "abcdef#", "aef#", 3)]
    [InlineData(OverflowPolicy.DropNewest, "ab-c#", "abc#", 0)]
    public async Task FastProducer_BufferOfTwo_FollowsThePolicy(OverflowPolicy overflow, string sent, string received, long dropped)
    {
        var drops = new List<long>();
        var source = new HotMarbles(_clock, sent);
        await using IAsyncEnumerator<char> stream = source.AsBoundedStream(Hot(2, overflow, drops.Add)).GetAsyncEnumerator();
        ValueTask<bool> first = stream.MoveNextAsync();
        _clock.Advance();
        Assert.True(await first);
        char a = stream.Current;

        _clock.Advance(10);

        Assert.Equal(received, a + await DrainAsync(stream));
        Assert.Equal(Enumerable.Range(1, (int)dropped).Select(i => (long)i), drops);
        Assert.Equal(0, source.Observers);
    }

    [Fact]
    public async Task Error_Overflow_SaysTheCapacity()
    {
        using var subject = new Subject<int>();
        await using IAsyncEnumerator<int> stream = subject.AsBoundedStream(Hot(1, OverflowPolicy.Error)).GetAsyncEnumerator();
        ValueTask<bool> first = stream.MoveNextAsync();
        subject.OnNext(1);
        Assert.True(await first);
        subject.OnNext(2);
        subject.OnNext(3);
        Assert.False(subject.HasObservers);

        Assert.True(await stream.MoveNextAsync());
        var overflow = await Assert.ThrowsAsync<ThriftBufferOverflowException>(async () => await stream.MoveNextAsync());
        Assert.Equal(1, overflow.Capacity);
        Assert.Equal(ThriftStatusCode.ResourceExhausted, overflow.StatusCode);
        Assert.Contains("1 elements", overflow.Message, StringComparison.Ordinal);
        Assert.False(await stream.MoveNextAsync());
    }

    [Theory]
    [InlineData(OverflowPolicy.DropOldest)]
    [InlineData(OverflowPolicy.DropNewest)]
    [InlineData(OverflowPolicy.Error)]
    public async Task FastProducer_StalledConsumer_KeepsNoMoreThanTheCapacityAlive(OverflowPolicy overflow)
    {
        const int Capacity = 8;
        using var subject = new Subject<object>();
        await using IAsyncEnumerator<object> stream = subject.AsBoundedStream(Hot(Capacity, overflow)).GetAsyncEnumerator();
        ValueTask<bool> first = stream.MoveNextAsync();
        subject.OnNext(new object());
        Assert.True(await first);

        WeakReference[] sent = Push(subject, 1_000);
        GC.Collect();

        Assert.Equal(Capacity, sent.Count(s => s.IsAlive));
        Assert.True(await stream.MoveNextAsync());
    }

    [Theory]
    [InlineData(OverflowPolicy.Wait)]
    [InlineData(OverflowPolicy.DropOldest)]
    [InlineData(OverflowPolicy.DropNewest)]
    [InlineData(OverflowPolicy.Error)]
    public async Task Leaving_AnEndlessProducer_StopsIt(OverflowPolicy overflow)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        IObservable<int> source = Observable.Repeat(1).Finally(stopped.SetResult);

        Assert.Equal(1, await source.AsBoundedStream(new() { Capacity = 2, Overflow = overflow }).FirstAsync());

        await stopped.Task.Soon();
    }

    [Fact]
    public async Task Cancellation_WhileParked_ThrowsWithTheTokenAndUnsubscribes()
    {
        using var cancellation = new CancellationTokenSource();
        using var subject = new Subject<int>();
        await using IAsyncEnumerator<int> stream = subject.AsBoundedStream(Hot(1, OverflowPolicy.Wait)).GetAsyncEnumerator(cancellation.Token);
        ValueTask<bool> first = stream.MoveNextAsync();

        await cancellation.CancelAsync();

        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await first);
        Assert.Equal(cancellation.Token, error.CancellationToken);
        Assert.False(subject.HasObservers);
    }

    [Fact]
    public async Task Enumerations_Two_SubscribeTwice()
    {
        int subscriptions = 0;
        IAsyncEnumerable<int> stream = Observable.Defer(() => Observable.Return(++subscriptions)).AsBoundedStream();
        Assert.Equal(0, subscriptions);

        Assert.Equal([1], await stream.ToListAsync());
        Assert.Equal([2], await stream.ToListAsync());
    }

    [Fact]
    public async Task Subscribe_ThatThrows_EndsTheStreamWithItsError()
        => await Assert.ThrowsAsync<MarbleException>(async () =>
            await Observable.Create<int>(IDisposable (_) => throw new MarbleException()).AsBoundedStream().ToListAsync());

    [Fact]
    public async Task MoveNextAsync_WhileThePreviousIsPending_IsRefused()
    {
        await using IAsyncEnumerator<int> stream = Observable.Never<int>().AsBoundedStream().GetAsyncEnumerator();
        ValueTask<bool> pending = stream.MoveNextAsync();

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await stream.MoveNextAsync());
        Assert.False(pending.IsCompleted);
    }

    [Fact]
    public async Task MoveNextAsync_WhileElementsAreBuffered_CompletesSynchronouslyAndAllocatesNothing()
    {
        const int Rounds = 1_000;
        using var subject = new Subject<int>();
        await using IAsyncEnumerator<int> stream = subject.AsBoundedStream(Hot(16, OverflowPolicy.Wait)).GetAsyncEnumerator();
        ValueTask<bool> first = stream.MoveNextAsync();
        subject.OnNext(0);
        Assert.True(await first);
        PushAndTake(subject, stream, 100);

        long before = GC.GetAllocatedBytesForCurrentThread();
        int synchronous = PushAndTake(subject, stream, Rounds);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(Rounds * 16, synchronous);
        Assert.Equal(0, allocated);
    }

    [Theory]
    [InlineData(OverflowPolicy.Wait)]
    [InlineData(OverflowPolicy.DropOldest)]
    [InlineData(OverflowPolicy.DropNewest)]
    public async Task OnNext_FromManyThreadsAtOnce_LosesNothingThatIsNotCountedAndKeepsEachThreadsOrder(OverflowPolicy overflow)
    {
        const int Producers = 4;
        const int Each = 5_000;
        long dropped = 0;
        var source = new Unserialised(Producers, Each);
        int[] last = [-1, -1, -1, -1];
        int taken = 0;

        await foreach ((int producer, int number) in source.AsBoundedStream(new()
        {
            Capacity = 16, Overflow = overflow, OnDropped = _ => Interlocked.Increment(ref dropped),
        }))
        {
            Assert.True(number > last[producer]);
            last[producer] = number;
            taken++;
        }

        await source.Finished.Soon();
        Assert.Equal(Producers * Each, taken + Interlocked.Read(ref dropped));
        if (overflow == OverflowPolicy.Wait)
        {
            Assert.Equal(0, Interlocked.Read(ref dropped));
        }
    }

    [Fact]
    public async Task DisposeAsync_RacingWithTheProducer_NeverHangsEither()
    {
        for (int round = 0; round < 300; round++)
        {
            using var subject = new Subject<int>();
            IAsyncEnumerator<int> stream = subject.AsBoundedStream(Hot(2, OverflowPolicy.Wait)).GetAsyncEnumerator();
            ValueTask<bool> first = stream.MoveNextAsync();
            Task producer = Task.Run(() =>
            {
                for (int i = 0; i < 20; i++)
                {
                    subject.OnNext(i);
                }
            });
            Assert.True(await first.Soon());
            for (int i = 0; i < round % 10; i++)
            {
                Assert.True(await stream.MoveNextAsync().Soon());
            }

            await stream.DisposeAsync();
            await producer.Soon();
            Assert.False(await stream.MoveNextAsync());
        }
    }

    [Theory]
    [InlineData(0, OverflowPolicy.Wait)]
    [InlineData(1, (OverflowPolicy)9)]
    public void Options_OutOfRange_AreRefusedAtOnce(int capacity, OverflowPolicy overflow)
        => Assert.Throws<ArgumentOutOfRangeException>(() => Observable.Never<int>().AsBoundedStream(new() { Capacity = capacity, Overflow = overflow }));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference[] Push(Subject<object> subject, int count)
    {
        var sent = new WeakReference[count];
        for (int i = 0; i < count; i++)
        {
            var element = new object();
            sent[i] = new WeakReference(element);
            subject.OnNext(element);
        }

        return sent;
    }

    private static int PushAndTake(Subject<int> subject, IAsyncEnumerator<int> stream, int rounds)
    {
        int synchronous = 0;
        for (int round = 0; round < rounds; round++)
        {
            for (int i = 0; i < 16; i++)
            {
                subject.OnNext(i);
            }

            for (int i = 0; i < 16; i++)
            {
                ValueTask<bool> move = stream.MoveNextAsync();
                if (move.IsCompletedSuccessfully && move.GetAwaiter().GetResult() && stream.Current == i)
                {
                    synchronous++;
                }
            }
        }

        return synchronous;
    }

    private static async Task<string> DrainAsync(IAsyncEnumerator<char> stream)
    {
        string text = "";
        try
        {
            while (await stream.MoveNextAsync().Soon())
            {
                text += stream.Current;
            }

            return text + '|';
        }
        catch (MarbleException)
        {
            return text + '#';
        }
        catch (ThriftBufferOverflowException)
        {
            return text + '!';
        }
    }

    /// <summary>Breaks the first rule of Rx: several threads call OnNext at the same time.</summary>
    private sealed class Unserialised(int producers, int each) : IObservable<(int Producer, int Number)>
    {
        private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Finished => _finished.Task;

        public IDisposable Subscribe(IObserver<(int Producer, int Number)> observer)
        {
            int running = producers;
            for (int producer = 0; producer < producers; producer++)
            {
                int me = producer;
                new Thread(() =>
                {
                    for (int i = 0; i < each; i++)
                    {
                        observer.OnNext((me, i));
                    }

                    if (Interlocked.Decrement(ref running) == 0)
                    {
                        observer.OnCompleted();
                        _finished.SetResult();
                    }
                }) { IsBackground = true }.Start();
            }

            return System.Reactive.Disposables.Disposable.Empty;
        }
    }
}
