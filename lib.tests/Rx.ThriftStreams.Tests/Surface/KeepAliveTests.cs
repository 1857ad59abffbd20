using Rx.ThriftStreams.AspNetCore;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Surface;

/// <summary>A network that loses everything without a word: nothing arrives, and nothing is refused either.</summary>
public sealed class KeepAliveTests
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Client_PingsAndTheNetworkIsDark_CallEndsWithUnavailable()
    {
        await using var loop = await Loopback.StartAsync(new ScriptedService { EchoServer = static (_, token) => Never(token) });
        using var relay = new CutRelay(loop.Server.Endpoint);
        await using var channel = PatientChannel.ForAddress(
            $"grpc://{relay.Endpoint}", new() { Grpc = { KeepAlivePingDelay = Shortest, KeepAlivePingTimeout = Shortest } });
        await using var call = await new Demo.Echo.TestServiceClient(channel).OpenEchoServerAsync(Ask("x"), cancellationToken: TestContext.Current.CancellationToken);
        await using var responses = call.GetAsyncEnumerator(TestContext.Current.CancellationToken);
        var waiting = responses.MoveNextAsync();

        relay.GoDark();

        var error = await Assert.ThrowsAnyAsync<ThriftException>(() => waiting.Soon());
        Assert.Equal(ThriftStatusCode.Unavailable, error.StatusCode);
        Assert.Contains("PING", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_PingsAndTheNetworkIsDark_HandlerIsCancelled()
    {
        var entered = new TaskCompletionSource<ThriftServerContext>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var loop = await Loopback.StartAsync(
            new ScriptedService
            {
                EchoServer = (_, token) =>
                {
                    entered.TrySetResult(ThriftServerContext.Current!);
                    return Never(token);
                },
            },
            server: static options => (options.Grpc.KeepAlivePingDelay, options.Grpc.KeepAlivePingTimeout) = (Shortest, Shortest));
        using var relay = new CutRelay(loop.Server.Endpoint);
        await using var channel = PatientChannel.ForAddress($"grpc://{relay.Endpoint}");
        await using var call = await new Demo.Echo.TestServiceClient(channel).OpenEchoServerAsync(Ask("x"), cancellationToken: TestContext.Current.CancellationToken);
        var context = await entered.Task.Soon();

        relay.GoDark();

        await context.CancellationToken.Cancelled().Soon();
        Assert.Equal(ThriftStatusCode.Cancelled, context.CancellationReason!.StatusCode);
    }

    [Fact]
    public void Options_LessThanASecond_AreRefusedByName()
    {
        var client = new ThriftChannelOptions { Grpc = { KeepAlivePingDelay = TimeSpan.FromMilliseconds(999) } };
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => ThriftChannel.ForAddress("grpc://127.0.0.1:1", client));
        Assert.Equal("Grpc.KeepAlivePingDelay", error.ParamName);

        var server = new ThriftServerOptions { Grpc = { KeepAlivePingTimeout = TimeSpan.FromMilliseconds(999) } };
        Assert.Equal("Grpc.KeepAlivePingTimeout", Assert.Throws<ArgumentOutOfRangeException>(() => server.Snapshot()).ParamName);
    }
}
