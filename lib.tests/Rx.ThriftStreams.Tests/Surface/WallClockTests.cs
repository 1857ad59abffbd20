using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Surface;

/// <summary>Time limits measure time that passes: setting the wall clock changes none of them.</summary>
public sealed class WallClockTests
{
    [Theory]
    [InlineData(ThriftTransport.Grpc, 1)]
    [InlineData(ThriftTransport.TTHeaderFramed, 1)]
    [InlineData(ThriftTransport.Framed, 1)]
    [InlineData(ThriftTransport.Grpc, -1)]
    public async Task Clock_SetWhileACallRuns_TurnsNoErrorIntoATimeout(ThriftTransport form, int hours)
    {
        var clock = new SettableClock();
        var service = new ScriptedService
        {
            EchoUnary = (_, _) =>
            {
                clock.Offset = TimeSpan.FromHours(hours);
                throw new ThriftStatusException(ThriftStatusCode.NotFound, "There is no such thing.");
            },
        };
        await using var loop = await Loopback.StartAsync(service, channel: channel => (channel.TimeProvider, channel.PingPongTransport) = (clock, form), scheme: "ttheader");

        var error = await Assert.ThrowsAnyAsync<ThriftException>(
            () => loop.Client.EchoPingPongAsync(Ask("x"), new() { Timeout = TimeSpan.FromSeconds(30) }, TestContext.Current.CancellationToken).Soon());

        Assert.IsNotType<ThriftTimeoutException>(error);
        Assert.Contains("There is no such thing.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Clock_SetWhileAHandlerRuns_LeavesItsCallsTheTimeThatIsLeft()
    {
        var clock = new SettableClock();
        TimeSpan? left = null;
        await using var back = await Loopback.StartAsync(new() { EchoUnary = static (request, _) => Task.FromResult(Answer(request.Message!)) });
        var service = new ScriptedService
        {
            EchoUnary = async (request, _) =>
            {
                clock.Offset = TimeSpan.FromHours(1);
                left = ThriftServerContext.Current!.TimeLeft;
                return await back.Client.EchoUnaryAsync(request, CancellationToken.None);
            },
        };
        await using var loop = await Loopback.StartAsync(service, server => server.TimeProvider = clock);

        var answer = await loop.Client.EchoUnaryAsync(Ask("x"), new() { Timeout = TimeSpan.FromMinutes(5) }, TestContext.Current.CancellationToken).Soon();

        Assert.Equal("x", answer.Message);
        Assert.InRange(left!.Value, TimeSpan.FromMinutes(4), TimeSpan.FromMinutes(5));
    }

    private sealed class SettableClock : TimeProvider
    {
        public TimeSpan Offset { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Offset;
    }
}
