using Demo.Echo;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Tests.Samples;

namespace Rx.ThriftStreams.Tests.Proxies;

/// <summary>Calls through the proxies of docs/proxies.md.</summary>
public sealed class ReverseProxyTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Yarp_PassesGrpc()
    {
        var service = new HoldingService();
        await using var server = await StartAsync(service);
        var port = Ports.Free();
        await using var proxy = ReverseProxySamples.Yarp(port, server.Endpoint);
        await proxy.StartAsync(Token);

        await AssertPassesAsync($"grpc://127.0.0.1:{port}", service);
    }

    [Fact]
    public async Task Nginx_PassesGrpc()
    {
        var service = new HoldingService();
        await using var server = await StartAsync(service);
        await using var proxy = await NginxProxy.StartAsync(server.Endpoint.Port);

        await AssertPassesAsync($"grpc://127.0.0.1:{proxy.GrpcPort}", service);
    }

    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public async Task Nginx_AsTcp_PassesEveryProtocol(string scheme)
    {
        var service = new HoldingService();
        await using var server = await StartAsync(service);
        await using var proxy = await NginxProxy.StartAsync(server.Endpoint.Port);

        await AssertPassesAsync($"{scheme}://127.0.0.1:{proxy.TcpPort}", service);
    }

    private static Task<ThriftServer> StartAsync(HoldingService service)
        => ThriftServer.StartAsync("127.0.0.1:0", setup => setup.AddService<ITestService>(service), Token);

    private static async Task AssertPassesAsync(string address, HoldingService service)
    {
        await using var channel = PatientChannel.ForAddress(address);
        var client = new TestServiceClient(channel);

        // Each answer is awaited before the next request: nothing may be held back.
        await using (var call = await client.OpenEchoAsync(cancellationToken: Token))
        {
            await using var responses = call.GetAsyncEnumerator(Token);
            for (var i = 0; i < 20; i++)
            {
                await call.SendAsync(new() { Message = $"{i}" }, Token);
                Assert.True(await responses.MoveNextAsync().Soon());
                Assert.Equal($"{i}", responses.Current.Message);
            }

            await call.CompleteAsync(Token);
            Assert.False(await responses.MoveNextAsync().Soon());
        }

        // More than the buffers of a proxy.
        var large = new string('x', 200_000);
        Assert.Equal(large, (await client.EchoUnaryAsync(new() { Message = large }, Token)).Message);

        service.Unary = static _ => throw new ThriftStatusException(ThriftStatusCode.NotFound, "no such thing: 100 % of \"ä\"");
        var error = await Assert.ThrowsAsync<ThriftStatusException>(() => client.EchoUnaryAsync(new(), Token));
        Assert.Equal((ThriftStatusCode.NotFound, "no such thing: 100 % of \"ä\""), (error.StatusCode, error.Message));

        Assert.Equal(5, await client.EchoServerAsync(new() { Message = "endless" }, Token).Take(5).CountAsync(Token));
        await service.Cancelled.Task.Soon();
    }
}
