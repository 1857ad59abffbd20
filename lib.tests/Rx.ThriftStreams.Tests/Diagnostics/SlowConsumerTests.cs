using Demo.Echo;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Diagnostics;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Tests.Diagnostics;

/// <summary>Episodes in which a direction of a call stands still, as the watch of a channel or server reports them.</summary>
[Collection(nameof(TelemetryTests))]
public sealed class SlowConsumerTests : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _clock = new();
    private readonly EventHub _hub = new(NullLogger.Instance);
    private readonly EventCollector _events = new();
    private readonly CallWatch _watch;

    public SlowConsumerTests()
    {
        _watch = new(ThriftCallSide.Client, _hub, NullLogger.Instance, _clock, new(), new(NullLogger.Instance, _clock));
        _hub.Subscribe(_events);
    }

    public void Dispose() => _watch.Dispose();

    [Fact]
    public void Send_ThatWaitsLong_IsReportedOnceAndResumes()
    {
        var method = Method(nameof(Send_ThatWaitsLong_IsReportedOnceAndResumes));
        using var meter = new Measurements();
        var call = Start(method, 0);

        var since = call.SendWaits();
        Advance(10);
        Assert.Equal([ThriftStreamEventKind.RpcStart, ThriftStreamEventKind.SendPaused], _events.Kinds);
        Assert.Equal([1.0], meter.Of("thriftstreams.client.send.pauses", method.FullName));
        Assert.Equal(1, meter.Read("thriftstreams.client.send.waiting", method.FullName));

        call.SendWaited(since);
        Assert.Equal(ThriftStreamEventKind.SendResumed, _events.All[^1].Kind);
        Assert.Equal(0, meter.Read("thriftstreams.client.send.waiting", method.FullName));
        call.Finish(null);
        Assert.Null(meter.Read("thriftstreams.client.send.waiting", method.FullName));
    }

    [Fact]
    public void Sends_ThatWaitShortly_AreNotReported()
    {
        var call = Start(Method(nameof(Sends_ThatWaitShortly_AreNotReported)), 0);

        for (var i = 0; i < 20; i++)
        {
            var since = call.SendWaits();
            Advance(1);
            call.SendWaited(since);
            call.Sent(1);
        }

        Assert.DoesNotContain(ThriftStreamEventKind.SendPaused, _events.Kinds);
        Assert.DoesNotContain(ThriftStreamEventKind.SendResumed, _events.Kinds);
    }

    [Fact]
    public void Send_ThatFailsAfterAPause_DoesNotResume()
    {
        var call = Start(Method(nameof(Send_ThatFailsAfterAPause_DoesNotResume)), 0);

        call.SendWaits();
        Advance(4);
        call.SendFailed(new ThriftStatusException(ThriftStatusCode.Unavailable, "gone"));
        call.Finish(new ThriftStatusException(ThriftStatusCode.Unavailable, "gone"));

        Assert.Equal([ThriftStreamEventKind.RpcStart, ThriftStreamEventKind.SendPaused, ThriftStreamEventKind.StreamSend, ThriftStreamEventKind.RpcFinish], _events.Kinds);
    }

    [Fact]
    public void Consumer_ThatLeavesMessagesWaiting_IsReportedOnceAndResumes()
    {
        var method = Method(nameof(Consumer_ThatLeavesMessagesWaiting_IsReportedOnceAndResumes));
        using var meter = new Measurements();
        var call = Start(method, 77);

        call.Receives();
        call.Received(10);
        Advance(10);
        Assert.Equal([ThriftStreamEventKind.RpcStart, ThriftStreamEventKind.StreamRecv, ThriftStreamEventKind.ReceivePaused], _events.Kinds);
        Assert.Equal([1.0], meter.Of("thriftstreams.client.receive.pauses", method.FullName));
        Assert.Equal(77, meter.Read("thriftstreams.client.receive.queue", method.FullName));

        call.Receives();
        Advance(10);
        Assert.Equal(ThriftStreamEventKind.ReceiveResumed, _events.All[^1].Kind);
        call.Received(10);
        Advance(10);
        Assert.Equal(2, _events.Kinds.Count(kind => kind == ThriftStreamEventKind.ReceivePaused));
    }

    [Fact]
    public void Consumer_WithNothingToTake_IsNotReported()
    {
        var call = Start(Method(nameof(Consumer_WithNothingToTake_IsNotReported)), 0);

        call.Receives();
        call.Received(10);
        Advance(10);

        Assert.DoesNotContain(ThriftStreamEventKind.ReceivePaused, _events.Kinds);
    }

    [Fact]
    public void Episode_ThatTheMoverMisses_IsEndedByTheWatch()
    {
        var stall = default(Stall);
        stall.Stand();
        var now = _clock.GetTimestamp();
        Assert.False(stall.IsLong(Second, _clock, now));
        _clock.Advance(Second);
        Assert.True(stall.IsLong(Second, _clock, _clock.GetTimestamp()));

        // The direction moves while the watch reports it.
        Assert.False(stall.Move());
        stall.SetReported();

        Assert.True(stall.IsOver());
        Assert.False(stall.IsOver());
        stall.Stand();
        Assert.False(stall.Move());
    }

    [Fact]
    public void Calls_ThatEnd_LeaveTheWatch()
    {
        var method = Method(nameof(Calls_ThatEnd_LeaveTheWatch));
        using var meter = new Measurements();
        var calls = Enumerable.Range(0, 5).Select(_ => Start(method, 10)).ToList();
        Assert.Equal(50, meter.Read("thriftstreams.client.receive.queue", method.FullName));

        foreach (var (index, left) in new[] { (2, 40), (0, 30), (4, 20), (1, 10) })
        {
            calls[index].Finish(null);
            Assert.Equal(left, meter.Read("thriftstreams.client.receive.queue", method.FullName));
        }

        calls[3].Finish(null);
        Assert.Null(meter.Read("thriftstreams.client.receive.queue", method.FullName));
    }

    [Fact]
    public void Watch_WithoutCalls_StopsUntilTheNext()
    {
        Start(Method("first"), 0).Finish(null);
        Advance(2);

        var call = Start(Method("second"), 0);
        call.SendWaits();
        Advance(4);

        Assert.Contains(ThriftStreamEventKind.SendPaused, _events.Kinds);
    }

    private static ThriftMethod<Request, Response> Method(string name) => new("test", nameof(SlowConsumerTests), name, ThriftStreamingMode.Bidirectional);

    private CallObservation Start(ThriftMethod method, long queued)
    {
        var call = _watch.TryStart(method, "test", string.Empty)!;
        call.Connected("peer:1", new Queue(queued));
        return call;
    }

    private void Advance(int halfSeconds)
    {
        for (var i = 0; i < halfSeconds; i++)
        {
            _clock.Advance(Second / 2);
        }
    }

    private sealed class Queue(long bytes) : IReceiveQueue
    {
        public long QueuedBytes => bytes;
    }
}
