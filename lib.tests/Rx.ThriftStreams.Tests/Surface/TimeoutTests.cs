using System.Runtime.CompilerServices;
using Demo.Echo;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Surface;

public sealed class TimeoutTests : TwoClocks
{
    [Fact]
    public async Task Timeout_OfAStream_EndsReceivesAndSendsWithStatus4()
    {
        await using var loop = await StartAsync(new() { Echo = (_, ct) => Never(ct) });
        await using var stream = await loop.Client.OpenEchoAsync(new() { Timeout = TimeSpan.FromSeconds(5) }).Soon();
        await stream.SendAsync(Ask("in time")).Soon();
        var receive = stream.FirstAsync(TestContext.Current.CancellationToken).AsTask();

        ClientClock.Advance(TimeSpan.FromSeconds(4));
        Assert.False(receive.IsCompleted);
        ClientClock.Advance(TimeSpan.FromSeconds(1));

        var error = await Assert.ThrowsAsync<ThriftTimeoutException>(() => receive.Soon());
        Assert.Equal((ThriftTimeoutKind.Stream, TimeSpan.FromSeconds(5)), (error.Kind, error.Configured));
        Assert.StartsWith("The stream of echo.TestService/Echo took longer than its Timeout of 5000 ms.", error.Message, StringComparison.Ordinal);
        Assert.True(error.Elapsed >= TimeSpan.FromSeconds(5));
        Assert.Equal(ThriftStatusCode.DeadlineExceeded, error.StatusCode);
        Assert.Same(error, await Assert.ThrowsAsync<ThriftTimeoutException>(() => stream.SendAsync(Ask("late")).AsTask()));
        Assert.Equal(ThriftStatusCode.DeadlineExceeded, stream.Status!.Value.Code);
    }

    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public async Task Timeout_ServerIsFirstToSaySo_IsTheCallersTimeoutAllTheSame(string scheme)
    {
        var clock = new ClockWithLateTimers();
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var loop = await StartAsync(
            new() { EchoServer = (_, ct) => { started.SetResult(); return Never(ct); } }, channel: options => options.TimeProvider = clock, scheme: scheme);
        await using var stream = await loop.Client.OpenEchoServerAsync(Ask("x"), new() { Timeout = TimeSpan.FromSeconds(5) }).Soon();
        var receive = stream.FirstAsync(TestContext.Current.CancellationToken).AsTask();
        await started.Task.Soon();

        clock.Passed = TimeSpan.FromSeconds(6);
        ServerClock.Advance(TimeSpan.FromSeconds(6));

        var error = await Assert.ThrowsAsync<ThriftTimeoutException>(() => receive.Soon());
        Assert.Equal((ThriftTimeoutKind.Stream, TimeSpan.FromSeconds(5)), (error.Kind, error.Configured));
        Assert.True(error.Elapsed >= TimeSpan.FromSeconds(5), error.Message);
        Assert.Equal(ThriftStatusCode.DeadlineExceeded, Assert.IsType<ThriftStatusException>(error.InnerException).StatusCode);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-10)]
    public async Task Deadline_ThatHasPassed_FailsWithoutNetwork(int seconds)
    {
        // Nobody listens there: a call that went to the network would fail otherwise.
        await using var channel = PatientChannel.ForAddress("grpc://127.0.0.1:1", new() { TimeProvider = ClientClock });
        var client = new TestServiceClient(channel);
        var options = new ThriftCallOptions { Deadline = ClientClock.GetUtcNow().AddSeconds(seconds) };

        var error = await Assert.ThrowsAsync<ThriftTimeoutException>(() => client.EchoUnaryAsync(Ask("x"), options).Soon());
        Assert.Equal(ThriftTimeoutKind.Rpc, error.Kind);
        Assert.Equal(ThriftTimeoutKind.Stream, (await Assert.ThrowsAsync<ThriftTimeoutException>(() => client.OpenEchoAsync(options).Soon())).Kind);
        await Assert.ThrowsAsync<ThriftTimeoutException>(() => client.EchoUnaryAsync(Ask("x"), new ThriftCallOptions { Timeout = TimeSpan.Zero }).Soon());
    }

    [Fact]
    public async Task Timeout_OfAnRpc_NamesItsKindAndDeadlineWinsWhenEarlier()
    {
        await using var loop = await StartAsync(new() { EchoUnary = async (_, ct) => await Never(ct).FirstAsync(ct) });
        var options = new ThriftCallOptions { Timeout = TimeSpan.FromHours(1), Deadline = ClientClock.GetUtcNow().AddSeconds(3) };
        await using var call = await loop.Client.OpenEchoUnaryAsync(Ask("x"), options).Soon();

        ClientClock.Advance(TimeSpan.FromSeconds(3));

        var error = await Assert.ThrowsAsync<ThriftTimeoutException>(() => call.GetResponseAsync().Soon());
        Assert.Equal((ThriftTimeoutKind.Rpc, TimeSpan.FromSeconds(3)), (error.Kind, error.Configured));
        Assert.StartsWith("The call of echo.TestService/EchoUnary took longer than its Deadline of 3000 ms.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Timeout_BeyondWhatATimerTakes_IsKept()
    {
        await using var loop = await StartAsync(new() { EchoServer = (_, ct) => Never(ct) });
        await using var stream = await loop.Client.OpenEchoServerAsync(Ask("x"), new() { Timeout = TimeSpan.FromDays(100) }).Soon();
        var receive = stream.FirstAsync(TestContext.Current.CancellationToken).AsTask();

        ClientClock.Advance(TimeSpan.FromDays(60));
        Assert.Null(stream.Status);
        ClientClock.Advance(TimeSpan.FromDays(41));

        Assert.Equal(TimeSpan.FromDays(100), (await Assert.ThrowsAsync<ThriftTimeoutException>(() => receive.Soon())).Configured);
    }

    [Fact]
    public async Task ReceiveTimeout_Passes_CancelsTheCallOnBothSides()
    {
        var cancelled = new TaskCompletionSource<ThriftException?>();
        await using var loop = await StartAsync(new() { EchoServer = (_, ct) => OneThenNothing(cancelled, ct) });
        await using var stream = await loop.Client.OpenEchoServerAsync(Ask("x"), new() { ReceiveTimeout = TimeSpan.FromSeconds(2) }).Soon();
        await using var responses = stream.GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await responses.MoveNextAsync().Soon());

        // Time that passes between receives is nobody's.
        ClientClock.Advance(TimeSpan.FromSeconds(10));
        var receive = responses.MoveNextAsync().AsTask();
        ClientClock.Advance(TimeSpan.FromSeconds(1.9));
        Assert.False(receive.IsCompleted);
        ClientClock.Advance(TimeSpan.FromSeconds(0.2));

        var error = await Assert.ThrowsAsync<ThriftTimeoutException>(() => receive.Soon());
        Assert.Equal((ThriftTimeoutKind.Receive, TimeSpan.FromSeconds(2)), (error.Kind, error.Configured));
        Assert.Equal(17, (int)error.StatusCode);
        Assert.Equal(ThriftStatusCode.Cancelled, (await cancelled.Task.Soon())!.StatusCode);
    }

    [Fact]
    public async Task ReceiveTimeout_KeepRemote_LeavesTheCallAlive()
    {
        var go = new TaskCompletionSource();
        await using var loop = await StartAsync(new() { EchoServer = (_, ct) => Late(ct) });
        var options = new ThriftCallOptions { ReceiveTimeout = TimeSpan.FromSeconds(2), KeepRemoteOnReceiveTimeout = true };
        await using var stream = await loop.Client.OpenEchoServerAsync(Ask("x"), options).Soon();
        await using var responses = stream.GetAsyncEnumerator(TestContext.Current.CancellationToken);

        for (var i = 0; i < 3; i++)
        {
            var receive = responses.MoveNextAsync().AsTask();
            ClientClock.Advance(TimeSpan.FromSeconds(2));
            Assert.Equal(ThriftTimeoutKind.Receive, (await Assert.ThrowsAsync<ThriftTimeoutException>(() => receive.Soon())).Kind);
            Assert.Null(stream.Status);
        }

        go.SetResult();
        Assert.True(await responses.MoveNextAsync().Soon());
        Assert.Equal("late", responses.Current.Message);
        Assert.False(await responses.MoveNextAsync().Soon());

        async IAsyncEnumerable<Response> Late([EnumeratorCancellation] CancellationToken ct)
        {
            await go.Task.WaitAsync(ct);
            yield return Answer("late");
        }
    }

    [Fact]
    public async Task SendTimeout_PeerMakesNoRoom_CancelsTheCallAndCountsTheWaitForItsTurn()
    {
        var started = new TaskCompletionSource();
        var cancelled = new TaskCompletionSource<ThriftException?>();
        await using var loop = await StartAsync(new() { EchoClient = (_, ct) => NeverReads(started, cancelled, ct) });
        await using var stream = await loop.Client.OpenEchoClientAsync(new() { SendTimeout = TimeSpan.FromSeconds(2) }).Soon();
        await started.Task.Soon();

        // 60 MiB: more than all windows and buffers together take.
        var sends = Enumerable.Range(0, 60).Select(_ => stream.SendAsync(Ask(new string('x', 1024 * 1024))).AsTask()).ToArray();
        ClientClock.Advance(TimeSpan.FromSeconds(2));

        var error = await Assert.ThrowsAsync<ThriftTimeoutException>(() => sends[^1].Soon());
        Assert.Equal((ThriftTimeoutKind.Send, TimeSpan.FromSeconds(2)), (error.Kind, error.Configured));
        Assert.Equal(ThriftStatusCode.DeadlineExceeded, error.StatusCode);
        Assert.Equal(ThriftStatusCode.Cancelled, (await cancelled.Task.Soon())!.StatusCode);
        await Assert.ThrowsAsync<ThriftTimeoutException>(() => stream.GetResponseAsync().Soon());
    }

    [Fact]
    public async Task ConnectTimeout_NoConnectionComesAbout_NamesItsKind()
    {
        // Its connection is never made.
        await using var channel = PatientChannel.ForAddress("grpc://127.0.0.1:1", new()
        {
            TimeProvider = ClientClock,
            Grpc = { ConfigureHttpHandler = handler => handler.ConnectCallback = async (_, ct) =>
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, ct);
                throw new InvalidOperationException();
            } },
        });
        var client = new TestServiceClient(channel);

        var open = client.OpenEchoAsync(new() { ConnectTimeout = TimeSpan.FromSeconds(7) }).AsTask();
        ClientClock.Advance(TimeSpan.FromSeconds(8));

        var error = await Assert.ThrowsAsync<ThriftTimeoutException>(() => open.Soon());
        Assert.Equal((ThriftTimeoutKind.Connect, TimeSpan.FromSeconds(7), ThriftStatusCode.Unavailable), (error.Kind, error.Configured, error.StatusCode));
    }

    [Fact]
    public async Task CallWithTimeout_Expires_CancelsAndNamesTheUsersCode()
    {
        var cancelled = 0;
        var never = new TaskCompletionSource();
        var call = ThriftTimeout.CallWithTimeoutAsync(TimeSpan.FromSeconds(1), () => cancelled++, () => never.Task, ClientClock);

        ClientClock.Advance(TimeSpan.FromSeconds(1));

        var error = await Assert.ThrowsAsync<ThriftTimeoutException>(() => call.Soon());
        Assert.Equal((ThriftTimeoutKind.UserCode, 1), (error.Kind, cancelled));
    }

    [Fact]
    public async Task CallWithTimeout_EndsInTimeOrHasNoLimit_GivesWhatTheActionGives()
    {
        await ThriftTimeout.CallWithTimeoutAsync(TimeSpan.FromSeconds(1), () => Assert.Fail("not cancelled"), () => Task.CompletedTask, ClientClock);
        await ThriftTimeout.CallWithTimeoutAsync(Timeout.InfiniteTimeSpan, () => Assert.Fail("not cancelled"), () => Task.CompletedTask, ClientClock);
        await Assert.ThrowsAsync<FormatException>(() => ThriftTimeout.CallWithTimeoutAsync(
            TimeSpan.FromSeconds(1), () => Assert.Fail("not cancelled"), () => Task.FromException(new FormatException()), ClientClock));
        await Assert.ThrowsAsync<ArgumentNullException>(() => ThriftTimeout.CallWithTimeoutAsync(TimeSpan.FromSeconds(1), null!, () => Task.CompletedTask, ClientClock));
    }

    [Theory]
    [InlineData(nameof(ThriftCallOptions.FirstResponseTimeout))]
    [InlineData(nameof(ThriftCallOptions.ReceiveTimeout))]
    [InlineData(nameof(ThriftCallOptions.SendTimeout))]
    [InlineData(nameof(ThriftCallOptions.ConnectTimeout))]
    [InlineData(nameof(ThriftCallOptions.Timeout))]
    public async Task Options_NegativeLimit_IsRefusedByName(string name)
    {
        var bad = TimeSpan.FromSeconds(-3);
        var options = name switch
        {
            nameof(ThriftCallOptions.FirstResponseTimeout) => new ThriftCallOptions { FirstResponseTimeout = bad },
            nameof(ThriftCallOptions.ReceiveTimeout) => new ThriftCallOptions { ReceiveTimeout = bad },
            nameof(ThriftCallOptions.SendTimeout) => new ThriftCallOptions { SendTimeout = bad },
            nameof(ThriftCallOptions.ConnectTimeout) => new ThriftCallOptions { ConnectTimeout = bad },
            _ => new ThriftCallOptions { Timeout = bad },
        };
        await using var channel = PatientChannel.ForAddress("grpc://127.0.0.1:1");

        Assert.Equal($"ThriftCallOptions.{name}", (await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => new TestServiceClient(channel).OpenEchoAsync(options).Soon())).ParamName);
        Assert.Equal($"Defaults.{name}", Assert.Throws<ArgumentOutOfRangeException>(() => PatientChannel.ForAddress("grpc://127.0.0.1:1", new() { Defaults = options })).ParamName);
    }

    private static async Task<Response> NeverReads(TaskCompletionSource started, TaskCompletionSource<ThriftException?> cancelled, CancellationToken cancellationToken)
    {
        var context = ThriftServerContext.Current!;
        started.SetResult();
        await cancellationToken.Cancelled();
        cancelled.SetResult(context.CancellationReason);
        throw new OperationCanceledException(cancellationToken);
    }

    /// <summary>Time passes, but no timer has noticed yet.</summary>
    private sealed class ClockWithLateTimers : TimeProvider
    {
        private readonly DateTimeOffset _start = DateTimeOffset.UtcNow;

        public TimeSpan Passed { get; set; }

        public override DateTimeOffset GetUtcNow() => _start + Passed;

        public override long GetTimestamp() => Passed.Ticks * TimestampFrequency / TimeSpan.TicksPerSecond;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
            => base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }
}
