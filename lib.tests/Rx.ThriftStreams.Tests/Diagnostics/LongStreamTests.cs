using Demo.Echo;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Diagnostics;
using Rx.ThriftStreams.Options;

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

    public static MatrixTheoryData<ThriftCallSide, string> Ends => new(
        Enum.GetValues<ThriftCallSide>(),
        ["first response", "deadline", "receive", "cancelled", "token", "left", "unavailable", "overloaded", "business", "success", "one way", "answered"]);

    /// <summary>The first response of a server that hangs never arrives: what is known is how long its caller waited.</summary>
    [Theory]
    [MemberData(nameof(Ends))]
    public void End_WithoutAResponse_IsTimedIfSomebodyWaitedInVain(ThriftCallSide side, string end)
    {
        var name = side == ThriftCallSide.Client ? "client" : "server";
        var method = new ThriftMethod<Request, Response>(
            "test", nameof(LongStreamTests), $"{nameof(End_WithoutAResponse_IsTimedIfSomebodyWaitedInVain)}{name}{end}", ThriftStreamingMode.PingPong, isOneway: end == "one way");
        using var meter = new Measurements();
        var call = Start(side, method);
        Request(call, side);
        if (end == "answered")
        {
            _clock.Advance(Second);
            Response(call, side);
        }

        _clock.Advance(5 * Second);
        call.Finish(end switch
        {
            "first response" => new ThriftTimeoutException(ThriftTimeoutKind.FirstResponse, 5 * Second, 5 * Second),
            "deadline" => new ThriftStatusException(ThriftStatusCode.DeadlineExceeded, "Too late."),
            "receive" => new ThriftTimeoutException(ThriftTimeoutKind.Receive, 5 * Second, 5 * Second),
            "token" => new OperationCanceledException(),
            "left" => CallErrors.Disposed(method),
            "unavailable" => new ThriftStatusException(ThriftStatusCode.Unavailable, "Gone."),
            "overloaded" => new ThriftStatusException(ThriftStatusCode.ResourceExhausted, "Too many."),
            "business" => new ThriftBizStatusException(1, "late", statusCode: ThriftStatusCode.DeadlineExceeded),
            "success" => null,
            _ => new ThriftStatusException(ThriftStatusCode.Cancelled, "The caller cancelled the call."),
        });

        var expected = end switch
        {
            "first response" or "deadline" or "receive" or "cancelled" or "token" or "left" => [5.0],
            "answered" => [1.0],
            _ => Array.Empty<double>(),
        };
        Assert.Equal(expected, meter.Of($"thriftstreams.{name}.first_response.duration", method.FullName));
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
        => new CallWatch(side, new EventHub(NullLogger.Instance), NullLogger.Instance, _clock, new(), new(NullLogger.Instance, _clock)).TryStart(method, "test", string.Empty)!;

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
