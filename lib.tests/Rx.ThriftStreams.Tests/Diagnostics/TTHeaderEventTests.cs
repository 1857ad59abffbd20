using System.Diagnostics;
using Demo.Echo;

namespace Rx.ThriftStreams.Tests.Diagnostics;

/// <summary>The decorators of the transport's stream work unchanged over TTHeader Streaming.</summary>
[Collection(nameof(TelemetryTests))]
public sealed class TTHeaderEventTests
{
    [Fact]
    public async Task DuplexCall_OverTTHeader_TellsItsLifePassesMiddlewareAndCarriesTheTrace()
    {
        var steps = new List<string>();
        string? traceParent = null;
        await using var host = new StreamingHost(new EchoService(), options =>
        {
            options.StreamMiddleware.Add((context, next) =>
            {
                context.RequestHeaders.TryGetValue("traceparent", out traceParent);
                return next();
            });
            options.ReceiveMiddleware.Add(async (context, next) =>
            {
                var message = await next();
                steps.Add((message as Request)?.Message ?? "end");
                return message;
            });
        });
        await host.StartAsync();
        await using var channel = PatientChannel.ForAddress($"ttheader://{host.Endpoint}");
        var log = new EventCollector();
        using var subscription = channel.Events.Subscribe(log);
        using var activity = new Activity("plain").SetIdFormat(ActivityIdFormat.W3C).Start();

        var requests = AsyncEnumerable.Range(0, 2).Select(i => new Request { Message = $"{i}" });
        var count = await new TestServiceClient(channel).EchoAsync(requests).CountAsync(TestContext.Current.CancellationToken)
            .AsTask().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        Assert.Equal(2, count);
        Assert.Equal(["0", "1", "end"], steps);
        Assert.Equal(activity.Id, traceParent);
        log.AssertGrammar();
        Assert.Equal(("ttheader-streaming", 2, 2, 18), (log.Finish.Transport, log.Finish.SentMessages, log.Finish.ReceivedMessages, log.Finish.SentBytes));
        Assert.Equal(2, log.All.Count(e => e.Kind == ThriftStreamEventKind.StreamRecv));
    }
}
