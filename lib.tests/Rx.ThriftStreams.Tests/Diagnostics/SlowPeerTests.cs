using System.Runtime.CompilerServices;
using Demo.Echo;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.AspNetCore;

namespace Rx.ThriftStreams.Tests.Diagnostics;

/// <summary>A client that does not take what a server sends: what each side reports, over real transports.</summary>
[Collection(nameof(TelemetryTests))]
public sealed class SlowPeerTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly EventCollector _server = new();
    private readonly EventCollector _client = new();

    /// <param name="scheme">The transport.</param>
    /// <param name="clientKnows">Whether the client sees what waits for it. Over gRPC most of it is in buffers of HttpClient.</param>
    [Theory]
    [InlineData("grpc", false)]
    [InlineData("ttheader", true)]
    public async Task Client_ThatStopsReading_IsReportedUntilItReads(string scheme, bool clientKnows)
    {
        using var meter = new Measurements();
        await using var server = await ThriftServer.StartAsync(
            "127.0.0.1:0",
            setup => setup.AddService<ITestService>(new FloodService()).Configure(options => options.TimeProvider = _clock),
            TestContext.Current.CancellationToken);
        server.Events.Subscribe(_server);
        await using var channel = PatientChannel.ForAddress($"{scheme}://{server.Endpoint}", new() { TimeProvider = _clock });
        channel.Events.Subscribe(_client);
        var responses = new TestServiceClient(channel).EchoServerAsync(new(), TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        await using (responses.ConfigureAwait(false))
        {
            Assert.True(await responses.MoveNextAsync());
            await UntilAsync(() => IsPaused(_server, ThriftStreamEventKind.SendPaused) && (!clientKnows || IsPaused(_client, ThriftStreamEventKind.ReceivePaused)));
            Assert.True(!clientKnows || meter.Read("thriftstreams.client.receive.queue", "echo.TestService/EchoServer") > 10_000);
            Assert.Equal(1, meter.Read("thriftstreams.server.send.waiting", "echo.TestService/EchoServer"));

            while (IsPaused(_server, ThriftStreamEventKind.SendPaused))
            {
                Assert.True(await responses.MoveNextAsync());
            }

            Assert.False(IsPaused(_client, ThriftStreamEventKind.ReceivePaused));
        }

        await _server.FinishedAsync();
        foreach (var events in new[] { _server, _client })
        {
            events.AssertGrammar();
            AssertAlternate(events, ThriftStreamEventKind.SendPaused, ThriftStreamEventKind.SendResumed);
            AssertAlternate(events, ThriftStreamEventKind.ReceivePaused, ThriftStreamEventKind.ReceiveResumed);
        }
    }

    [Fact]
    public async Task Client_InMemory_IsSeenLikeAnyOther()
    {
        await using var server = ThriftInMemoryServer.Create(setup => setup
            .AddService<ITestService>(new FloodService())
            .Configure(options => options.TimeProvider = _clock));
        server.Events.Subscribe(_server);
        await using var channel = server.CreateChannel(new() { TimeProvider = _clock });
        channel.Events.Subscribe(_client);
        var responses = new TestServiceClient(channel).EchoServerAsync(new(), TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        await using (responses.ConfigureAwait(false))
        {
            Assert.True(await responses.MoveNextAsync());
            await UntilAsync(() => IsPaused(_server, ThriftStreamEventKind.SendPaused) && IsPaused(_client, ThriftStreamEventKind.ReceivePaused));
        }
    }

    /// <summary>Whether an episode is open: the last event about that direction is its beginning.</summary>
    private static bool IsPaused(EventCollector events, ThriftStreamEventKind paused) => events.Kinds.LastOrDefault(kind => kind == paused || kind == paused + 1) == paused;

    /// <summary>Each episode begins once and ends once; the end of the call may end the last.</summary>
    private static void AssertAlternate(EventCollector events, ThriftStreamEventKind paused, ThriftStreamEventKind resumed)
    {
        var open = false;
        foreach (var kind in events.Kinds.Where(kind => kind == paused || kind == resumed))
        {
            Assert.Equal(open ? resumed : paused, kind);
            open = !open;
        }
    }

    /// <summary>Moves the clock until something is reported: the bytes are on their way at their own speed.</summary>
    private Task UntilAsync(Func<bool> condition) => Waits.Until(() =>
    {
        _clock.Advance(TimeSpan.FromMilliseconds(100));
        return condition();
    });

    private sealed class FloodService : EchoBase
    {
        private static readonly string Text = new('x', 10_000);

        public override async IAsyncEnumerable<Response> EchoServerAsync(Request req, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                yield return new Response { Message = Text };
                await Task.Yield();
            }
        }
    }
}
