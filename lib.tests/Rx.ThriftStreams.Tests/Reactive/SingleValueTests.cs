using System.Reactive;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using Rx.ThriftStreams.Reactive;
using Rx.ThriftStreams.Tests.Reactive.Marbles;

namespace Rx.ThriftStreams.Tests.Reactive;

public sealed class SingleValueTests
{
    [Fact]
    public async Task FromCall_EachSubscription_CallsAnew()
    {
        int calls = 0;
        IObservable<int> observable = ThriftObservable.FromCall(_ => Task.FromResult(++calls));
        Assert.Equal(0, calls);

        Assert.Equal([1], await observable.ToList());
        Assert.Equal([2], await observable.ToList());
    }

    [Fact]
    public void FromCall_Disposal_CancelsTheCallSilently()
    {
        CancellationToken seen = default;
        var notifications = new List<Notification<int>>();
        IObservable<int> observable = ThriftObservable.FromCall(async token =>
        {
            seen = token;
            await Task.Delay(Timeout.InfiniteTimeSpan, token).ConfigureAwait(false);
            return 1;
        });

        IDisposable subscription = observable.Materialize().Subscribe(notifications.Add);
        Assert.False(seen.IsCancellationRequested);
        subscription.Dispose();

        Assert.True(seen.IsCancellationRequested);
        Assert.Empty(notifications);
    }

    [Fact]
    public async Task FromCall_Failure_IsSentToOnError()
        => await Assert.ThrowsAsync<MarbleException>(async () =>
            await ThriftObservable.FromCall(Task<int> (_) => throw new MarbleException()));

    [Fact]
    public async Task FromCall_WithoutAnAnswer_SendsOneUnit()
    {
        bool called = false;
        IList<Unit> seen = await ThriftObservable.FromCall(Task (_) =>
        {
            called = true;
            return Task.CompletedTask;
        }).ToList();

        Assert.True(called);
        Assert.Equal([Unit.Default], seen);
    }

    [Fact]
    public async Task ToTask_OneElement_IsTheResultOnceCompleted()
    {
        using var subject = new Subject<int>();
        Task<int> task = ThriftObservable.ToTask(subject);

        subject.OnNext(7);
        Assert.False(task.IsCompleted);
        subject.OnCompleted();

        Assert.Equal(7, await task.Soon());
    }

    [Fact]
    public async Task ToTask_NoElement_FailsClearly()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => ThriftObservable.ToTask(Observable.Empty<int>()));
        Assert.Contains("without an element", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ToTask_SecondElement_FailsAtOnceAndUnsubscribes()
    {
        using var subject = new Subject<int>();
        Task<int> task = ThriftObservable.ToTask(subject);
        subject.OnNext(1);
        subject.OnNext(2);

        Assert.False(subject.HasObservers);
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => task);
        Assert.Contains("second element", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ToTask_EndlessSourceThatEmitsAtOnce_DoesNotHang()
        => await Assert.ThrowsAsync<InvalidOperationException>(() => ThriftObservable.ToTask(Observable.Repeat(1)));

    [Fact]
    public async Task ToTask_Error_IsTheObservables()
        => await Assert.ThrowsAsync<MarbleException>(() => ThriftObservable.ToTask(Observable.Throw<int>(new MarbleException())));

    [Fact]
    public async Task ToTask_Cancellation_UnsubscribesAndCancelsWithTheToken()
    {
        using var cancellation = new CancellationTokenSource();
        using var subject = new Subject<int>();
        Task<int> task = ThriftObservable.ToTask(subject, cancellation.Token);

        await cancellation.CancelAsync();

        Assert.False(subject.HasObservers);
        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
        Assert.Equal(cancellation.Token, error.CancellationToken);
    }

    [Fact]
    public async Task ToTask_OfFromCall_IsTheCall()
        => Assert.Equal(42, await ThriftObservable.ToTask(ThriftObservable.FromCall(async _ =>
        {
            await Task.Yield();
            return 42;
        })));
}
