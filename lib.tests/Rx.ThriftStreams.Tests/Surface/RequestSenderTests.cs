using System.Runtime.CompilerServices;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Surface;

/// <summary>The sends of a call: one at a time, in order, and the turn is always passed on.</summary>
public sealed class RequestSenderTests
{
    private static readonly ThriftStatusException s_ended = new(ThriftStatusCode.NotFound, "ended");

    private readonly ScriptedCall _scripted = ScriptedCall.Begin();

    private ScriptedTransport Transport => _scripted.Transport;

    [Fact]
    public async Task Send_Null_IsRefused()
        => await Assert.ThrowsAsync<ArgumentNullException>(() => _scripted.Call.Requests.SendAsync(null!, default).AsTask());

    [Fact]
    public async Task Send_ThatFailsAtOnce_PassesTheTurnOn()
    {
        var late = ScriptedCall.Create();
        await Assert.ThrowsAsync<InvalidOperationException>(() => late.Call.Requests.SendAsync(Ask("1"), default).AsTask());
        late.Attach();

        var second = late.Call.Requests.SendAsync(Ask("2"), default);

        Assert.True(second.IsCompletedSuccessfully);
        Assert.Equal(1, late.Transport.Sends);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Send_AfterTheEnd_ReportsItsErrorOrThatTheServerEndedTheCall(bool failed)
    {
        _scripted.Call.End(failed ? s_ended : null);

        for (var i = 0; i < 2; i++)
        {
            var error = await Assert.ThrowsAsync<ThriftStatusException>(() => _scripted.Call.Requests.SendAsync(Ask("x"), default).AsTask().Soon());
            Assert.Equal(failed ? ThriftStatusCode.NotFound : ThriftStatusCode.Internal, error.StatusCode);
            Assert.Contains(failed ? "ended" : "The server has ended the call", error.Message, StringComparison.Ordinal);
        }

        Assert.Equal(0, Transport.Sends);
    }

    [Fact]
    public async Task Send_TransportFails_IsItsErrorAndPassesTheTurnOn()
    {
        Transport.OnSend = static () => Task.FromException(s_ended);
        Assert.Same(s_ended, await Assert.ThrowsAsync<ThriftStatusException>(() => _scripted.Call.Requests.SendAsync(Ask("1"), default).AsTask().Soon()));

        Transport.OnSend = null;
        await _scripted.Call.Requests.SendAsync(Ask("2"), default).Soon();

        Assert.Equal(2, Transport.Sends);
        Assert.False(_scripted.Call.IsOver);
    }

    [Fact]
    public async Task Send_FailsBecauseTheCallWasAborted_ReportsTheReason()
    {
        var room = Transport.Hold();
        Transport.OnSend = () => room.Task;
        var send = _scripted.Call.Requests.SendAsync(Ask("1"), default).AsTask();

        _scripted.Call.Abort(s_ended);

        Assert.Same(s_ended, await Assert.ThrowsAsync<ThriftStatusException>(() => send.Soon()));
    }

    [Fact]
    public async Task Send_TokenCancelledWhileTheTransportHasIt_StopsWaitingAndKeepsTheTurn()
    {
        var room = Transport.Hold();
        Transport.OnSend = () => room.Task;
        using var cancel = new CancellationTokenSource();
        var first = _scripted.Call.Requests.SendAsync(Ask("1"), cancel.Token).AsTask();
        var second = _scripted.Call.Requests.SendAsync(Ask("2"), default).AsTask();

        await cancel.CancelAsync();
        Assert.Equal(cancel.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.Soon())).CancellationToken);

        Assert.Equal((1, false), (Transport.Sends, second.IsCompleted));
        Transport.OnSend = null;
        room.SetResult();
        await second.Soon();
        Assert.Equal(2, Transport.Sends);
    }

    [Fact]
    public async Task Send_GivenUpAndFailedLater_IsNotAnUnobservedFailure()
    {
        using var unobserved = new UnobservedFailures();
        var error = new FormatException("late");

        await GiveUpAsync(error);

        Assert.False(unobserved.Contain(error));
    }

    [Fact]
    public async Task Send_WithATokenThatIsNotCancelled_IsTheResultOfTheTransport()
    {
        var rooms = new Queue<TaskCompletionSource>([Transport.Hold(), Transport.Hold()]);
        var (good, bad) = (rooms.First(), rooms.Last());
        Transport.OnSend = () => rooms.Dequeue().Task;
        using var cancel = new CancellationTokenSource();

        var first = _scripted.Call.Requests.SendAsync(Ask("1"), cancel.Token).AsTask();
        good.SetResult();
        await first.Soon();
        var second = _scripted.Call.Requests.SendAsync(Ask("2"), cancel.Token).AsTask();
        bad.SetException(s_ended);

        Assert.Same(s_ended, await Assert.ThrowsAsync<ThriftStatusException>(() => second.Soon()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Send_WaitsForItsTurnAndTheCallEnds_ReportsThatAndNotItsToken(bool alsoCancelled)
    {
        var room = Transport.Hold();
        Transport.OnSend = () => room.Task;
        using var cancel = new CancellationTokenSource();
        var first = _scripted.Call.Requests.SendAsync(Ask("1"), default).AsTask();
        var second = _scripted.Call.Requests.SendAsync(Ask("2"), cancel.Token).AsTask();

        _scripted.Call.End(s_ended);
        if (alsoCancelled)
        {
            await cancel.CancelAsync();
        }

        Assert.Same(s_ended, await Assert.ThrowsAsync<ThriftStatusException>(() => second.Soon()));
        room.SetResult();
        await first.Soon();
        Assert.Equal(1, Transport.Sends);
    }

    [Fact]
    public async Task Send_WaitsForItsTurnAndItsTokenIsCancelled_IsNotHandedOver()
    {
        var room = Transport.Hold();
        Transport.OnSend = () => room.Task;
        using var cancel = new CancellationTokenSource();
        var first = _scripted.Call.Requests.SendAsync(Ask("1"), default).AsTask();
        var second = _scripted.Call.Requests.SendAsync(Ask("2"), cancel.Token).AsTask();

        await cancel.CancelAsync();

        Assert.Equal(cancel.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second.Soon())).CancellationToken);
        room.SetResult();
        await first.Soon();
        Assert.Equal((1, false), (Transport.Sends, _scripted.Call.IsOver));
    }

    [Fact]
    public async Task Complete_WaitsForTheSendsBefore_AndIsDoneOnce()
    {
        var room = Transport.Hold();
        Transport.OnSend = () => room.Task;
        var send = _scripted.Call.Requests.SendAsync(Ask("1"), default).AsTask();
        var complete = _scripted.Call.Requests.CompleteAsync();
        Assert.Same(complete, _scripted.Call.Requests.CompleteAsync());
        Assert.Equal((false, 0), (complete.IsCompleted, Transport.Completions));

        var late = await Assert.ThrowsAsync<InvalidOperationException>(() => _scripted.Call.Requests.SendAsync(Ask("2"), default).AsTask());
        room.SetResult();
        await complete.Soon();
        await send.Soon();

        Assert.Contains("after CompleteAsync", late.Message, StringComparison.Ordinal);
        Assert.Equal((1, 1), (Transport.Sends, Transport.Completions));
    }

    [Fact]
    public async Task Complete_AfterTheEnd_ReachesNoStream()
    {
        _scripted.Call.End(null);

        await _scripted.Call.Requests.CompleteAsync().Soon();

        Assert.Equal(0, Transport.Completions);
    }

    [Fact]
    public async Task Complete_CallEndsWhileItWaitsForItsTurn_ReachesNoStream()
    {
        var room = Transport.Hold();
        Transport.OnSend = () => room.Task;
        var send = _scripted.Call.Requests.SendAsync(Ask("1"), default).AsTask();
        var complete = _scripted.Call.Requests.CompleteAsync();

        _scripted.Call.End(null);

        await complete.Soon();
        room.SetResult();
        await send.Soon();
        Assert.Equal(0, Transport.Completions);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Complete_TransportFails_IsAnErrorOnlyWhileTheCallRuns(bool over)
    {
        var held = Transport.Hold();
        Transport.OnComplete = () => held.Task;
        var complete = _scripted.Call.Requests.CompleteAsync();
        if (over)
        {
            _scripted.Call.End(null);
        }

        held.SetException(s_ended);

        var error = await Record.ExceptionAsync(() => complete.Soon());
        Assert.Same(over ? null : s_ended, error);
    }

    [Fact]
    public async Task SendTimeout_CountsFromTheCallOfTheSend_AndItsTimerEndsWithTheCall()
    {
        var clock = new CountingClock();
        var scripted = ScriptedCall.Begin(options: new() { SendTimeout = TimeSpan.FromSeconds(2) }, clock: clock);
        var room = scripted.Transport.Hold();
        scripted.Transport.OnSend = () => room.Task;
        var send = scripted.Call.Requests.SendAsync(Ask("1"), default).AsTask();
        Assert.Equal(1, clock.Running);

        clock.Advance(TimeSpan.FromSeconds(2));

        var error = await Assert.ThrowsAsync<ThriftTimeoutException>(() => send.Soon());
        Assert.Equal((ThriftTimeoutKind.Send, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2)), (error.Kind, error.Configured, error.Elapsed));
        Assert.Contains("TestService/Echo", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, clock.Running);
    }

    [Fact]
    public async Task SendTimeout_OfManySends_TakesOneTimer()
    {
        var clock = new CountingClock();
        var scripted = ScriptedCall.Begin(options: new() { SendTimeout = TimeSpan.FromSeconds(2) }, clock: clock);
        for (var i = 0; i < 3; i++)
        {
            var room = scripted.Transport.Hold();
            scripted.Transport.OnSend = () => room.Task;
            var send = scripted.Call.Requests.SendAsync(Ask("1"), default).AsTask();
            room.SetResult();
            await send.Soon();
        }

        Assert.Equal(1, clock.Running);
        scripted.Call.End(null);
        Assert.Equal(0, clock.Running);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task GiveUpAsync(Exception later)
    {
        var scripted = ScriptedCall.Begin();
        var room = scripted.Transport.Hold();
        scripted.Transport.OnSend = () => room.Task;
        using var cancel = new CancellationTokenSource();
        var send = scripted.Call.Requests.SendAsync(Ask("1"), cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => send.Soon());
        scripted.Transport.OnSend = null;
        var next = scripted.Call.Requests.SendAsync(Ask("2"), default).AsTask();

        room.SetException(later);

        // The turn is passed on when the first send has failed.
        await next.Soon();
    }
}
