using System.Diagnostics;
using Demo.Echo;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Diagnostics;

namespace Rx.ThriftStreams.Tests.Diagnostics;

/// <summary>Spans of a call that is still running.</summary>
[Collection(nameof(TelemetryTests))]
public sealed class IntervalSpanTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private static readonly ThriftMethod<Request, Response> Method = new("test", nameof(IntervalSpanTests), "Echo", ThriftStreamingMode.Bidirectional);

    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void Call_ThatRuns_IsASpanAnInterval()
    {
        using var listener = new RecordingListener();
        using var watch = Watch(new() { SpanInterval = Interval });
        var call = watch.TryStart(Method, "test", string.Empty)!;

        call.Sent(10);
        call.Received(7);
        call.Received(8);
        _clock.Advance(Interval);
        call.Sent(20);
        call.Dropped(3, isFirst: true);
        _clock.Advance(Interval);

        var spans = Of(listener, call);
        Assert.Equal(2, spans.Count);
        Assert.Equal([0, 1], spans.Select(static span => span.GetTagItem("thriftstreams.interval.number")));
        Assert.Equal([Interval, Interval], spans.Select(static span => span.Duration));
        Assert.Equal((1L, 10L, 2L, 15L), Totals(spans[0]));
        Assert.Equal((1L, 20L, 0L, 0L), Totals(spans[1]));
        Assert.Equal(3L, spans[1].GetTagItem("thriftstreams.messages.dropped"));
        Assert.Equal("test.IntervalSpanTests/Echo", spans[0].GetTagItem("rpc.method"));
        Assert.False(call.Activity!.IsStopped);
        call.Finish(null);
        _clock.Advance(Interval);
        Assert.Equal(2, Of(listener, call).Count);
    }

    [Fact]
    public void Call_ByDefault_HasNoSpanBeforeItsEnd()
    {
        using var listener = new RecordingListener();
        using var watch = Watch(new());
        var call = watch.TryStart(Method, "test", string.Empty)!;

        for (var i = 0; i < 100; i++)
        {
            _clock.Advance(Interval);
        }

        Assert.Empty(Of(listener, call));
        call.Finish(null);
    }

    [Theory]
    [InlineData(0.5, null)]
    [InlineData(null, 5.0)]
    public void Options_BelowTheirMinimum_AreRefused(double? spanSeconds, double? pauseMilliseconds)
    {
        var options = new ThriftChannelOptions();
        options.Telemetry.SpanInterval = spanSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : Timeout.InfiniteTimeSpan;
        options.Telemetry.PauseThreshold = pauseMilliseconds is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : options.Telemetry.PauseThreshold;

        var error = Assert.Throws<ArgumentOutOfRangeException>(() => ThriftChannel.ForAddress("grpc://127.0.0.1:1", options));
        Assert.StartsWith("Telemetry.", error.ParamName, StringComparison.Ordinal);
    }

    private static List<Activity> Of(RecordingListener listener, CallObservation call)
        => [.. listener.Stopped.Where(span => span.OperationName == "thriftstreams.interval" && span.ParentSpanId == call.Activity!.SpanId && span.TraceId == call.Activity.TraceId)];

    private static (object?, object?, object?, object?) Totals(Activity span) => (
        span.GetTagItem("thriftstreams.messages.sent"), span.GetTagItem("thriftstreams.bytes.sent"), span.GetTagItem("thriftstreams.messages.received"), span.GetTagItem("thriftstreams.bytes.received"));

    private CallWatch Watch(ThriftTelemetryOptions options)
        => new(ThriftCallSide.Client, new EventHub(NullLogger.Instance), NullLogger.Instance, _clock, options, new(NullLogger.Instance, _clock));
}
