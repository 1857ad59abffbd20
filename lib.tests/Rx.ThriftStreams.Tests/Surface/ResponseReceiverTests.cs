using System.Runtime.CompilerServices;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.Contracts;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Surface;

/// <summary>The receives of a call: its end is noticed where its messages are received, and every failure reaches both sides.</summary>
public sealed class ResponseReceiverTests
{
    private static readonly ThriftStatusException s_failed = new(ThriftStatusCode.NotFound, "failed");

    private static readonly ThriftCallOptions s_keeping = new() { ReceiveTimeout = TimeSpan.FromSeconds(2), KeepRemoteOnReceiveTimeout = true };

    private readonly FakeTimeProvider _clock = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Receive_MessagesThenTheEnd_EndsTheCallOnce(bool waits)
    {
        var scripted = ScriptedCall.Begin();
        Script(scripted, waits, true, true, false);

        Assert.True(await scripted.Call.Responses.MoveNextAsync().Soon());
        Assert.NotNull(scripted.Call.Responses.Current);
        Assert.True(await scripted.Call.Responses.MoveNextAsync().Soon());
        Assert.False(scripted.Call.IsOver);
        Assert.False(await scripted.Call.Responses.MoveNextAsync().Soon());
        Assert.Equal(ThriftStatus.Success, scripted.Call.Status);

        // The script has no more: the transport is not asked again.
        Assert.False(await scripted.Call.Responses.MoveNextAsync().Soon());
        Assert.Equal(0, scripted.Transport.Aborts);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Receive_Fails_NotifiesTheServerAndRepeatsTheError(bool waits)
    {
        var scripted = ScriptedCall.Begin();
        var answer = new TaskCompletionSource<bool>();
        scripted.Transport.OnReceive = () => answer.Task;
        if (!waits)
        {
            answer.SetException(s_failed);
        }

        var receive = scripted.Call.Responses.MoveNextAsync().AsTask();
        if (waits)
        {
            answer.SetException(s_failed);
        }

        Assert.Same(s_failed, await Assert.ThrowsAsync<ThriftStatusException>(() => receive.Soon()));
        Assert.Same(s_failed, await Assert.ThrowsAsync<ThriftStatusException>(() => scripted.Call.Responses.MoveNextAsync().AsTask().Soon()));
        Assert.Equal((s_failed, 1), (scripted.Transport.AbortReason, scripted.Transport.Aborts));
        Assert.Same(s_failed, scripted.Call.EndError);
    }

    [Fact]
    public async Task Receive_FailsBecauseTheCallWasAborted_ReportsTheReasonAndAbortsOnce()
    {
        var scripted = ScriptedCall.Begin();
        var receive = scripted.Call.Responses.MoveNextAsync().AsTask();

        scripted.Call.Abort(s_failed);

        Assert.Same(s_failed, await Assert.ThrowsAsync<ThriftStatusException>(() => receive.Soon()));
        Assert.Equal(1, scripted.Transport.Aborts);
    }

    [Fact]
    public async Task Receive_WithoutAStream_FailsAtOnce()
    {
        var scripted = ScriptedCall.Create();

        await Assert.ThrowsAsync<InvalidOperationException>(() => scripted.Call.Responses.MoveNextAsync().AsTask());
    }

    [Fact]
    public async Task Receive_AfterOneThatWaited_IsNotTakenForASecondOne()
    {
        var scripted = ScriptedCall.Begin();
        var answer = scripted.Transport.Hold();
        scripted.Transport.OnReceive = async () =>
        {
            await answer.Task;
            return true;
        };
        var first = scripted.Call.Responses.MoveNextAsync().AsTask();
        var concurrent = await Assert.ThrowsAsync<InvalidOperationException>(() => scripted.Call.Responses.MoveNextAsync().AsTask());
        answer.SetResult();

        Assert.True(await first.Soon());
        Assert.True(await scripted.Call.Responses.MoveNextAsync().Soon());
        Assert.Contains("one message at a time", concurrent.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Single_OneResponse_IsReturnedAtTheEnd()
    {
        var scripted = ScriptedCall.Begin(ThriftStreamingMode.Unary);
        Script(scripted, waits: true, true, false);

        var response = await scripted.Call.Responses.ReceiveSingleAsync().Soon();

        Assert.Same(scripted.Call.Responses.Current, response);
        Assert.Equal((ThriftStatus.Success, 0), (scripted.Call.Status, scripted.Transport.Aborts));
    }

    [Fact]
    public async Task Single_NoResponse_SaysSo()
    {
        var scripted = ScriptedCall.Begin(ThriftStreamingMode.Unary);
        Script(scripted, waits: false, false);

        var error = await Assert.ThrowsAsync<ThriftProtocolException>(() => scripted.Call.Responses.ReceiveSingleAsync().Soon());

        Assert.Contains("without a message", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Single_SecondResponse_EndsTheCallWithThatError()
    {
        var scripted = ScriptedCall.Begin(ThriftStreamingMode.Unary);
        Script(scripted, waits: false, true, true);

        var error = await Assert.ThrowsAsync<ThriftProtocolException>(() => scripted.Call.Responses.ReceiveSingleAsync().Soon());

        Assert.Contains("second message", error.Message, StringComparison.Ordinal);
        Assert.Equal((error, error), (scripted.Transport.AbortReason, scripted.Call.EndError));
    }

    [Fact]
    public async Task ReceiveTimeout_Strikes_CountingEachReceiveByItself()
    {
        var scripted = ScriptedCall.Begin(options: new() { ReceiveTimeout = TimeSpan.FromSeconds(2) }, clock: _clock);
        var answers = new Queue<TaskCompletionSource>([scripted.Transport.Hold(), scripted.Transport.Hold()]);
        var first = answers.First();
        scripted.Transport.OnReceive = async () =>
        {
            await answers.Dequeue().Task;
            return true;
        };
        var receive = scripted.Call.Responses.MoveNextAsync().AsTask();
        _clock.Advance(TimeSpan.FromSeconds(1.9));
        first.SetResult();
        Assert.True(await receive.Soon());
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.False(scripted.Call.IsOver);

        receive = scripted.Call.Responses.MoveNextAsync().AsTask();
        _clock.Advance(TimeSpan.FromSeconds(1.9));
        Assert.False(receive.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(0.2));

        var error = await Assert.ThrowsAsync<ThriftTimeoutException>(() => receive.Soon());
        Assert.Equal((ThriftTimeoutKind.Receive, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2.1)), (error.Kind, error.Configured, error.Elapsed));
        Assert.Equal((error, error), (scripted.Transport.AbortReason, scripted.Call.EndError));
    }

    [Fact]
    public async Task ReceiveTimeout_KeepRemote_ReceivesTheMessageOfTheSameReceiveLater()
    {
        var scripted = ScriptedCall.Begin(options: s_keeping, clock: _clock);
        var (answer, receives) = (scripted.Transport.Hold(), 0);
        scripted.Transport.OnReceive = async () =>
        {
            receives++;
            await answer.Task;
            return receives == 1;
        };
        for (var i = 0; i < 2; i++)
        {
            var receive = scripted.Call.Responses.MoveNextAsync().AsTask();
            Assert.False(receive.IsCompleted);
            _clock.Advance(TimeSpan.FromSeconds(2));
            var error = await Assert.ThrowsAsync<ThriftTimeoutException>(() => receive.Soon());
            Assert.Equal((ThriftTimeoutKind.Receive, TimeSpan.FromSeconds(2)), (error.Kind, error.Elapsed));
            Assert.Equal((false, 0), (scripted.Call.IsOver, scripted.Transport.Aborts));
        }

        answer.SetResult();

        Assert.True(await scripted.Call.Responses.MoveNextAsync().Soon());
        Assert.Equal(1, receives);
        Assert.False(await scripted.Call.Responses.MoveNextAsync().Soon());
        Assert.Equal((2, ThriftStatus.Success), (receives, scripted.Call.Status));
    }

    [Fact]
    public async Task ReceiveTimeout_KeepRemote_SparesWhatIsInTimeAndReportsItsFailure()
    {
        var scripted = ScriptedCall.Begin(options: s_keeping, clock: _clock);
        var answers = new Queue<TaskCompletionSource>([scripted.Transport.Hold(), scripted.Transport.Hold()]);
        var (first, second) = (answers.First(), answers.Last());
        scripted.Transport.OnReceive = async () =>
        {
            await answers.Dequeue().Task;
            return true;
        };
        var receive = scripted.Call.Responses.MoveNextAsync().AsTask();
        _clock.Advance(TimeSpan.FromSeconds(1.9));
        first.SetResult();
        Assert.True(await receive.Soon());

        receive = scripted.Call.Responses.MoveNextAsync().AsTask();
        second.SetException(s_failed);

        Assert.Same(s_failed, await Assert.ThrowsAsync<ThriftStatusException>(() => receive.Soon()));
        Assert.Same(s_failed, scripted.Call.EndError);
    }

    [Fact]
    public async Task ReceiveTimeout_KeptReceiveFailsLater_IsNotAnUnobservedFailure()
    {
        using var unobserved = new UnobservedFailures();
        var error = new FormatException("late");

        await KeepAsync(error);

        Assert.False(unobserved.Contain(error));
    }

    [Fact]
    public async Task ReceiveTimeout_OfManyReceives_TakesOneTimer()
    {
        var clock = new CountingClock();
        var scripted = ScriptedCall.Begin(options: new() { ReceiveTimeout = TimeSpan.FromSeconds(2) }, clock: clock);
        Script(scripted, waits: true, true, true, true);
        for (var i = 0; i < 3; i++)
        {
            Assert.True(await scripted.Call.Responses.MoveNextAsync().Soon());
        }

        Assert.Equal(1, clock.Running);
        scripted.Call.End(null);
        Assert.Equal(0, clock.Running);
    }

    [Fact]
    public async Task Enumerate_Twice_IsRefused()
    {
        await using var channel = ThriftChannel.ForTransport(new ScriptedTransport(), "scripted", new());
        await using var call = await new ThriftInvoker(channel).OpenDuplexStreamingAsync(
            ScriptedTransport.Method(ThriftStreamingMode.Bidirectional), cancellationToken: TestContext.Current.CancellationToken);
        await using var first = call.GetAsyncEnumerator(TestContext.Current.CancellationToken);

        var error = Assert.Throws<InvalidOperationException>(() => call.GetAsyncEnumerator(TestContext.Current.CancellationToken));

        Assert.Contains("TestService/Echo can be enumerated once", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Enumerator_TokenCancelled_AbortsTheCallUntilItIsDisposed(bool disposed)
    {
        var transport = new ScriptedTransport();
        await using var channel = ThriftChannel.ForTransport(transport, "scripted", new());
        await using var call = await new ThriftInvoker(channel).OpenDuplexStreamingAsync(
            ScriptedTransport.Method(ThriftStreamingMode.Bidirectional), cancellationToken: TestContext.Current.CancellationToken);
        using var cancel = new CancellationTokenSource();
        var responses = call.GetAsyncEnumerator(cancel.Token);
        if (disposed)
        {
            await responses.DisposeAsync();
            Assert.Equal(1, transport.Disposals);
        }

        await cancel.CancelAsync();

        Assert.Equal(disposed, transport.AbortReason is ThriftStatusException { EndedByUser: true });
        Assert.Equal(!disposed, transport.AbortReason is OperationCanceledException);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task KeepAsync(Exception later)
    {
        var clock = new FakeTimeProvider();
        var scripted = ScriptedCall.Begin(options: s_keeping, clock: clock);
        var answer = scripted.Transport.Hold();
        var failed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        scripted.Transport.OnReceive = async () =>
        {
            try
            {
                await answer.Task;
                return true;
            }
            finally
            {
                failed.SetResult();
            }
        };
        var receive = scripted.Call.Responses.MoveNextAsync().AsTask();
        clock.Advance(TimeSpan.FromSeconds(2));
        await Assert.ThrowsAsync<ThriftTimeoutException>(() => receive.Soon());

        answer.SetException(later);
        await failed.Task.Soon();
    }

    /// <summary>Answers in turn: messages (<see langword="true"/>) and the end.</summary>
    private static void Script(ScriptedCall scripted, bool waits, params bool[] answers)
    {
        var next = new Queue<bool>(answers);
        scripted.Transport.OnReceive = async () =>
        {
            if (waits)
            {
                await Task.Yield();
            }

            return next.Dequeue();
        };
    }
}
