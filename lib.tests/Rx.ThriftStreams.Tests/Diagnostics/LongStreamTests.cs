using Demo.Echo;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Diagnostics;

namespace Rx.ThriftStreams.Tests.Diagnostics;

/// <summary>What is measured while a stream runs.</summary>
[Collection(nameof(TelemetryTests))]
public sealed class LongStreamTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private readonly FakeTimeProvider _clock = new();

    [Theory]
    [InlineData(ThriftCallSide.Client, "client")]
    [InlineData(ThriftCallSide.Server, "server")]
    public void Responses_OfAStream_AreTimedWhileItRuns(ThriftCallSide side, string name)
    {
        var method = new ThriftMethod<Request, Response>("test", nameof(LongStreamTests), $"{nameof(Responses_OfAStream_AreTimedWhileItRuns)}{name}", ThriftStreamingMode.Bidirectional);
        using var meter = new Measurements();
        var call = Start(side, method);

        foreach (var seconds in new[] { 2, 3, 5 })
        {
            Request(call, side);
            _clock.Advance(seconds * Second);
            Response(call, side);
        }

        Assert.Equal([2.0], meter.Of($"thriftstreams.{name}.first_response.duration", method.FullName));
        Assert.Equal([3.0, 5.0], meter.Of($"thriftstreams.{name}.response.gap", method.FullName));
        Assert.Equal([1.0], meter.Of($"thriftstreams.{name}.active_calls", method.FullName));
        Assert.Equal([10.0, 10.0, 10.0], meter.Of($"rpc.{name}.request.size", method.FullName));
        Assert.Empty(meter.Of($"rpc.{name}.call.duration", method.FullName));
        call.Finish(null);
        Assert.Equal([10.0], meter.Of($"rpc.{name}.call.duration", method.FullName));
    }

    [Fact]
    public void Send_ThatWaits_IsMeasured()
    {
        var method = new ThriftMethod<Request, Response>("test", nameof(LongStreamTests), nameof(Send_ThatWaits_IsMeasured), ThriftStreamingMode.Bidirectional);
        using var meter = new Measurements();
        var call = Start(ThriftCallSide.Client, method);

        var since = call.SendWaits();
        _clock.Advance(4 * Second);
        call.SendWaited(since);

        Assert.Equal([4.0], meter.Of("thriftstreams.client.send.wait", method.FullName));
    }

    private CallObservation Start(ThriftCallSide side, ThriftMethod method)
        => new CallWatch(side, new EventHub(NullLogger.Instance), NullLogger.Instance, _clock, new()).TryStart(method, "test", string.Empty)!;

    private static void Request(CallObservation call, ThriftCallSide side)
    {
        if (side == ThriftCallSide.Client)
        {
            call.Sent(10);
        }
        else
        {
            call.Received(10);
        }
    }

    private static void Response(CallObservation call, ThriftCallSide side)
    {
        if (side == ThriftCallSide.Client)
        {
            call.Received(20);
        }
        else
        {
            call.Sent(20);
        }
    }
}
