using Demo.Echo;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.Contracts;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Surface;

/// <summary>What lies above the transports on the client: limits that strike and limits that spare, in each direction.</summary>
public sealed class ClientCallTests
{
    private static readonly ThriftCallOptions Limited = new() { SendTimeout = TimeSpan.FromSeconds(2) };

    private readonly FakeTimeProvider _clock = new();
    private readonly ScriptedTransport _transport = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SendTimeout_SendThatWaitsLess_SucceedsAndEndsNothingLater()
    {
        await using var channel = Open();
        await using var call = await OpenDuplexAsync(channel, Limited);
        var room = _transport.Hold();
        _transport.OnSend = () => room.Task;

        var send = call.SendAsync(Ask("1"), Token).AsTask();
        _clock.Advance(TimeSpan.FromSeconds(1.9));
        Assert.False(send.IsCompleted);
        room.SetResult();
        await send.Soon();
        _clock.Advance(TimeSpan.FromHours(1));

        Assert.Null(call.Status);
        Assert.Null(_transport.AbortReason);
        _transport.OnSend = null;
        await call.SendAsync(Ask("2"), Token).Soon();
    }

    [Fact]
    public async Task SendTimeout_OfAQueuedSend_CountsFromItsOwnCall()
    {
        await using var channel = Open();
        await using var call = await OpenDuplexAsync(channel, Limited);
        var rooms = new Queue<TaskCompletionSource>([_transport.Hold(), _transport.Hold()]);
        var (first, second) = (rooms.First(), rooms.Last());
        _transport.OnSend = () => rooms.Dequeue().Task;

        var ahead = call.SendAsync(Ask("1"), Token).AsTask();
        _clock.Advance(TimeSpan.FromSeconds(1));
        var queued = call.SendAsync(Ask("2"), Token).AsTask();
        _clock.Advance(TimeSpan.FromSeconds(0.5));
        first.SetResult();
        await ahead.Soon();
        await Until(() => _transport.Sends == 2);
        _clock.Advance(TimeSpan.FromSeconds(1.4));
        Assert.False(queued.IsCompleted);
        Assert.Null(_transport.AbortReason);

        _clock.Advance(TimeSpan.FromSeconds(0.2));

        // The thread that continues the queued send may set its timer after the clock has advanced.
        await Until(() =>
        {
            _clock.Advance(TimeSpan.FromMicroseconds(100));
            return queued.IsCompleted;
        });
        var error = await Assert.ThrowsAsync<ThriftTimeoutException>(() => queued.Soon());
        Assert.Equal((ThriftTimeoutKind.Send, TimeSpan.FromSeconds(2)), (error.Kind, error.Configured));
        Assert.InRange(error.Elapsed, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2.4));
        Assert.False(second.Task.IsCompletedSuccessfully);
    }

    [Theory]
    [InlineData(ThriftStreamingMode.Unary)]
    [InlineData(ThriftStreamingMode.Server)]
    public async Task SendTimeout_OfASingleRequest_StrikesAndNamesItsKind(ThriftStreamingMode mode)
    {
        await using var channel = Open();
        var room = _transport.Hold();
        _transport.OnSend = () => room.Task;

        var call = CallAsync(channel, mode, Limited);
        await Until(() => _transport.Sends == 1);
        _clock.Advance(TimeSpan.FromSeconds(1.9));
        Assert.False(call.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(0.2));

        var error = await Assert.ThrowsAsync<ThriftTimeoutException>(() => call.Soon());
        Assert.Equal((ThriftTimeoutKind.Send, TimeSpan.FromSeconds(2)), (error.Kind, error.Configured));
        Assert.Same(error, _transport.AbortReason);
    }

    [Theory]
    [InlineData(ThriftStreamingMode.Unary)]
    [InlineData(ThriftStreamingMode.Server)]
    public async Task SendTimeout_OfASingleRequestInTime_SparesTheCall(ThriftStreamingMode mode)
    {
        await using var channel = Open();
        var (room, answer) = (_transport.Hold(), _transport.Hold());
        var received = 0;
        _transport.OnSend = () => room.Task;
        _transport.OnReceive = async () =>
        {
            await answer.Task;
            return received++ == 0;
        };

        var call = CallAsync(channel, mode, Limited);
        await Until(() => _transport.Sends == 1);
        _clock.Advance(TimeSpan.FromSeconds(1.9));
        room.SetResult();
        await Until(() => room.Task.IsCompleted);
        _transport.OnSend = null;
        await Task.Yield();
        answer.SetResult();
        await call.Soon();
        _clock.Advance(TimeSpan.FromHours(1));

        Assert.Null(_transport.AbortReason);
    }

    [Fact]
    public async Task BusinessError_AfterTheDeadlineButBeforeItsTimer_IsWhatTheCallEndsWith()
    {
        var clock = new LateTimers();
        await using var channel = ThriftChannel.ForTransport(_transport, "scripted", new() { TimeProvider = clock });
        var answer = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        _transport.OnReceive = () => answer.Task;
        var call = CallAsync(channel, ThriftStreamingMode.Unary, new() { Timeout = TimeSpan.FromSeconds(5) });

        clock.Passed = TimeSpan.FromSeconds(6);
        answer.SetException(new ThriftBizStatusException(7, "no stock"));

        Assert.Equal(7, (await Assert.ThrowsAsync<ThriftBizStatusException>(() => call.Soon())).Code);
    }

    [Fact]
    public async Task ErrorThatIsNotOfTheCall_AfterTheDeadlineButBeforeItsTimer_IsReportedAsItIs()
    {
        var clock = new LateTimers();
        await using var channel = ThriftChannel.ForTransport(_transport, "scripted", new() { TimeProvider = clock });
        var answer = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        _transport.OnReceive = () => answer.Task;
        var call = CallAsync(channel, ThriftStreamingMode.Unary, new() { Timeout = TimeSpan.FromSeconds(5) });

        clock.Passed = TimeSpan.FromSeconds(6);
        answer.SetException(new FormatException("not of this library"));

        await Assert.ThrowsAsync<FormatException>(() => call.Soon());
    }

    [Fact]
    public async Task Receive_WhileAnotherIsPending_IsRefusedAndLeavesThatAlone()
    {
        await using var channel = Open();
        await using var call = await OpenDuplexAsync(channel);
        var answer = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        _transport.OnReceive = () => answer.Task;
        await using var responses = call.GetAsyncEnumerator(Token);

        var pending = responses.MoveNextAsync().AsTask();
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => responses.MoveNextAsync().AsTask());
        answer.SetResult(true);

        Assert.Contains("one message at a time", error.Message, StringComparison.Ordinal);
        Assert.True(await pending.Soon());
        Assert.Null(call.Status);
    }

    [Fact]
    public async Task Send_WithATokenThatIsCancelled_SendsNothingAndLeavesTheCallAlone()
    {
        await using var channel = Open();
        await using var call = await OpenDuplexAsync(channel);
        var cancelled = new CancellationToken(canceled: true);

        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.SendAsync(Ask("x"), cancelled).AsTask());

        Assert.Equal((cancelled, 0), (error.CancellationToken, _transport.Sends));
        await call.SendAsync(Ask("y"), Token).Soon();
        Assert.Equal(1, _transport.Sends);
    }

    [Fact]
    public async Task Waits_WithATokenOfTheirOwn_StopAloneAndTheCallContinues()
    {
        await using var channel = Open();
        await using var call = await new ThriftInvoker(channel).OpenClientStreamingAsync(ScriptedTransport.Method(ThriftStreamingMode.Client), cancellationToken: Token);
        var answer = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var received = 0;
        _transport.OnReceive = async () => await answer.Task && received++ == 0;
        using var impatient = new CancellationTokenSource();

        var response = call.GetResponseAsync(impatient.Token);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => response);
        Assert.Null(call.Status);

        answer.SetResult(true);
        await call.CompleteAndReceiveAsync(Token).Soon();
        Assert.Equal(ThriftStatusCode.OK, call.Status!.Value.Code);
    }

    [Fact]
    public async Task Call_OfOneMessage_IsAwaitedForItsResponse()
    {
        await using var channel = Open();
        var received = 0;
        _transport.OnReceive = () => Task.FromResult(received++ == 0);

        await using var call = await new ThriftInvoker(channel).OpenCallAsync(
            ScriptedTransport.Method(ThriftStreamingMode.Unary), Ask("x"), static response => response, cancellationToken: Token);

        Assert.Same(await call, await call.GetResponseAsync(Token));
        Assert.Equal("scripted:1", call.Peer);
    }

    private static Task CallAsync(ThriftChannel channel, ThriftStreamingMode mode, ThriftCallOptions options)
    {
        var invoker = new ThriftInvoker(channel, options);
        var method = ScriptedTransport.Method(mode);
        return mode == ThriftStreamingMode.Server
            ? invoker.ServerStreamingAsync(method, Ask("x"), cancellationToken: Token).ToListAsync(Token).AsTask()
            : invoker.CallAsync(method, Ask("x"), cancellationToken: Token);
    }

    private static Task<ThriftDuplexStreamingCall<Request, Response>> OpenDuplexAsync(ThriftChannel channel, ThriftCallOptions? options = null)
        => new ThriftInvoker(channel).OpenDuplexStreamingAsync(ScriptedTransport.Method(ThriftStreamingMode.Bidirectional), options, Token).AsTask();

    private ThriftChannel Open() => ThriftChannel.ForTransport(_transport, "scripted", new() { TimeProvider = _clock });

    /// <summary>Time passes, but no timer has noticed yet.</summary>
    private sealed class LateTimers : TimeProvider
    {
        public TimeSpan Passed { get; set; }

        public override long GetTimestamp() => Passed.Ticks * TimestampFrequency / TimeSpan.TicksPerSecond;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
            => base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }
}
