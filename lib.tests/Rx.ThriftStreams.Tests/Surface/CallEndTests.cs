using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Diagnostics;

namespace Rx.ThriftStreams.Tests.Surface;

/// <summary>The end of a call: the first cause decides, and each of its parties learns of it once.</summary>
public sealed class CallEndTests
{
    private static readonly ThriftStatusException s_first = new(ThriftStatusCode.NotFound, "first");
    private static readonly ThriftStatusException s_second = new(ThriftStatusCode.Aborted, "second");

    private readonly CountingClock _clock = new();

    [Fact]
    public void End_Twice_KeepsTheFirst()
    {
        var call = ScriptedCall.Create().Call;
        Assert.Equal((false, null, null), (call.IsOver, call.Status, call.EndError));

        call.End(s_first);
        call.End(null);

        Assert.Equal((true, ThriftStatusCode.NotFound, s_first), (call.IsOver, call.Status!.Value.Code, call.EndError));
        Assert.Same(s_first, Assert.Throws<ThriftStatusException>(call.ThrowIfOver));
    }

    [Fact]
    public void End_WithoutAnError_IsASuccess()
    {
        var call = ScriptedCall.Create().Call;
        call.ThrowIfOver();

        call.End(null);
        call.End(s_first);

        Assert.Equal((true, ThriftStatus.Success, null, false), (call.IsOver, call.Status, call.EndError, call.IsAborted));
        call.ThrowIfOver();
    }

    [Fact]
    public void End_WithAnError_IsLoggedOnceWithThePeer_AndASuccessIsNot()
    {
        using var log = new LogCollector();
        var logger = log.CreateLogger("Rx.ThriftStreams");
        var failed = ScriptedCall.Create(log: logger);
        failed.Attach();

        failed.Call.End(s_first);
        failed.Call.End(s_second);
        ScriptedCall.Create(log: logger).Call.End(null);

        var entry = Assert.Single(log.Entries);
        Assert.Equal(LogLevel.Information, entry.Level);
        Assert.Contains("scripted:1 failed with NotFound (attempt 1): first", entry.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void End_IsReportedToTheObservationOnce()
    {
        var events = new EventCollector();
        var hub = new EventHub(NullLogger.Instance);
        hub.Subscribe(events);
        using var watch = new CallWatch(ThriftCallSide.Client, hub, NullLogger.Instance, _clock, new(), new(NullLogger.Instance, _clock));
        var call = ScriptedCall.Create(observation: watch.TryStart(ScriptedTransport.Method(ThriftStreamingMode.Bidirectional), "scripted", string.Empty)).Call;

        call.End(s_first);
        call.End(null);

        Assert.Same(s_first, events.Finish.Error);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Over_BeforeOrAfterTheEnd_IsCancelledByIt(bool after)
    {
        var call = ScriptedCall.Create().Call;
        var over = after ? default : call.Over;
        Assert.False(over.IsCancellationRequested);

        call.End(null);

        Assert.True(SpinWait.SpinUntil(() => (after ? call.Over : over).IsCancellationRequested, Waits.Limit));
        Assert.Equal(call.Over, after ? call.Over : over);
    }

    [Fact]
    public void Over_OfARunningCall_IsOneTokenThatIsNotCancelled()
    {
        var call = ScriptedCall.Create().Call;

        Assert.Equal(call.Over, call.Over);
        Assert.False(call.Over.IsCancellationRequested);
    }

    [Fact]
    public void Abort_Twice_TheFirstReasonReachesTheStreamAndTheCaller()
    {
        var scripted = ScriptedCall.Begin();

        Assert.True(scripted.Call.Abort(s_first));
        Assert.False(scripted.Call.Abort(s_second));

        Assert.Equal((s_first, 1), (scripted.Transport.AbortReason, scripted.Transport.Aborts));
        Assert.Equal((true, s_first), (scripted.Call.IsAborted, scripted.Call.EndError));
        Assert.Same(s_first, scripted.Call.Explain(s_second));
    }

    [Fact]
    public void Abort_AfterTheEnd_LeavesTheStreamAlone()
    {
        var scripted = ScriptedCall.Begin();
        scripted.Call.End(null);

        Assert.False(scripted.Call.Abort(s_first));
        Assert.False(scripted.Call.Abandon());

        Assert.Equal((0, ThriftStatus.Success), (scripted.Transport.Aborts, scripted.Call.Status));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Attach_OfAStreamThatComesLate_AbortsItIfTheCallWasAborted(bool aborted)
    {
        var scripted = ScriptedCall.Create();
        if (aborted)
        {
            scripted.Call.Abort(s_first);
        }

        scripted.Attach();

        Assert.Equal(aborted ? s_first : null, scripted.Transport.AbortReason);
    }

    [Fact]
    public void Stream_NotCreated_IsNamedByWhatNeedsIt()
    {
        var call = ScriptedCall.Create().Call;

        Assert.Equal(string.Empty, call.Peer);
        foreach (var read in new Func<object>[] { () => call.Headers, () => call.Trailers, () => call.Backward })
        {
            Assert.Contains("stream of echo.TestService/Echo", Assert.Throws<InvalidOperationException>(read).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Requests_AskedTwice_AreTheSame()
    {
        var call = ScriptedCall.Create().Call;

        Assert.Same(call.Requests, call.Requests);
    }

    [Theory]
    [InlineData(ThriftStreamingMode.Unary, ThriftTimeoutKind.Rpc)]
    [InlineData(ThriftStreamingMode.Bidirectional, ThriftTimeoutKind.Stream)]
    public void Deadline_CountsFromTheStartOfTheCall_AndEndsItWithItsKind(ThriftStreamingMode mode, ThriftTimeoutKind kind)
    {
        var scripted = ScriptedCall.Create(mode, clock: _clock, limit: TimeSpan.FromSeconds(5));
        _clock.Advance(TimeSpan.FromSeconds(3));
        scripted.Call.Begin(default, default);
        scripted.Attach();
        _clock.Advance(TimeSpan.FromSeconds(1.9));
        Assert.False(scripted.Call.IsOver);

        _clock.Advance(TimeSpan.FromSeconds(0.1));

        var error = Assert.IsType<ThriftTimeoutException>(scripted.Call.EndError);
        Assert.Equal((kind, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5), null), (error.Kind, error.Configured, error.Elapsed, error.InnerException));
        Assert.Same(error, scripted.Transport.AbortReason);
        Assert.Equal(0, _clock.Running);
    }

    [Fact]
    public void Begin_OfACallWithoutALimit_HasNoTimer()
    {
        ScriptedCall.Begin(clock: _clock);

        Assert.Equal(0, _clock.Running);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Begin_TokenThatIsCancelled_EndsTheCallAndKeepsNoTimer(int which)
    {
        using var parent = new StubServerContext();
        var cancelled = new CancellationToken(canceled: true);
        var scripted = ScriptedCall.Create(clock: _clock, limit: TimeSpan.FromSeconds(5), parent: parent);
        if (which == 2)
        {
            parent.Cancel();
        }

        scripted.Call.Begin(which == 0 ? cancelled : default, which == 1 ? cancelled : default);

        Assert.True(scripted.Call.IsOver);
        Assert.Equal(which == 2, scripted.Call.EndError is not OperationCanceledException);
        Assert.Equal(0, _clock.Running);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Token_Cancelled_AbortsTheCallUnlessItIsOver(int which)
    {
        foreach (var over in new[] { false, true })
        {
            using var parent = new StubServerContext();
            using var method = new CancellationTokenSource();
            using var enumeration = new CancellationTokenSource();
            var scripted = ScriptedCall.Create(parent: parent);
            scripted.Call.Begin(method.Token, enumeration.Token);
            scripted.Attach();
            if (over)
            {
                scripted.Call.End(null);
            }

            (which switch { 0 => (Action)method.Cancel, 1 => enumeration.Cancel, _ => parent.Cancel })();

            Assert.Equal(over ? 0 : 1, scripted.Transport.Aborts);
            Assert.Equal(over, scripted.Call.EndError is null);
            if (!over && which != 2)
            {
                Assert.Equal((which == 0 ? method : enumeration).Token, Assert.IsType<OperationCanceledException>(scripted.Call.EndError).CancellationToken);
            }
        }
    }

    [Fact]
    public void Explain_ErrorAfterTheDeadline_IsTheTimeoutWithItsCause()
    {
        var clock = new FakeTimeProvider();
        var call = ScriptedCall.Create(clock: clock, limit: TimeSpan.FromSeconds(5)).Call;
        clock.Advance(TimeSpan.FromSeconds(4.9));
        Assert.Same(s_first, call.Explain(s_first));
        Assert.False(call.IsOver);
        clock.Advance(TimeSpan.FromSeconds(1.1));

        var biz = new ThriftBizStatusException(7, "no stock");
        Assert.Same(biz, call.Explain(biz));
        var error = Assert.IsType<ThriftTimeoutException>(call.Explain(s_first));

        Assert.Equal((TimeSpan.FromSeconds(6), s_first), (error.Elapsed, error.InnerException));
        Assert.Same(error, call.EndError);
    }

    [Fact]
    public void Explain_ErrorOfAnAbortedCallAfterItsDeadline_IsStillTheReasonOfTheAbort()
    {
        var clock = new FakeTimeProvider();
        var call = ScriptedCall.Create(clock: clock, limit: TimeSpan.FromSeconds(5)).Call;
        call.Abort(s_first);
        clock.Advance(TimeSpan.FromSeconds(6));

        Assert.Same(s_first, call.Explain(s_second));
    }

    [Fact]
    public void IsEnd_ErrorsOfTheCall_AndAnyOnceItIsOver()
    {
        var call = ScriptedCall.Create().Call;

        Assert.True(call.IsEnd(s_first));
        Assert.False(call.IsEnd(new ThriftProtocolException("cannot be encoded")));
        Assert.False(call.IsEnd(new FormatException()));
        call.End(null);
        Assert.True(call.IsEnd(new FormatException()));
    }

    [Theory]
    [InlineData(false, ThriftStatusCode.Cancelled)]
    [InlineData(true, ThriftStatusCode.OK)]
    public async Task Dispose_CancelsACallThatRuns_AndReleasesTheStream(bool over, ThriftStatusCode status)
    {
        var scripted = ScriptedCall.Begin();
        if (over)
        {
            scripted.Call.End(null);
        }

        await scripted.Call.DisposeAsync();

        Assert.Equal((status, 1, over ? 0 : 1), (scripted.Call.Status!.Value.Code, scripted.Transport.Disposals, scripted.Transport.Aborts));
    }

    [Fact]
    public async Task Dispose_OfACallWithoutAStream_EndsIt()
    {
        var call = ScriptedCall.Create().Call;

        await call.DisposeAsync();

        Assert.True(Assert.IsType<ThriftStatusException>(call.EndError).EndedByUser);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData(-1, false)]
    [InlineData(1000, true)]
    public void SendTimer_IsThere_OnlyWithALimit(int? milliseconds, bool expected)
    {
        var call = ScriptedCall.Create(options: new() { SendTimeout = milliseconds is { } limit ? TimeSpan.FromMilliseconds(limit) : null }).Call;
        using var timer = call.CreateSendTimer();

        Assert.Equal(expected, timer is not null);
    }
}
