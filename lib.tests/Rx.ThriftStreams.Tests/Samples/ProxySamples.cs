using Demo.Echo;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Rx.ThriftStreams.AspNetCore;

namespace Rx.ThriftStreams.Tests.Samples;

/// <summary>The samples of the page on proxies.</summary>
public sealed class ProxySamples
{
    [Fact]
    public async Task Services_AreForwarded()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", server => server.AddService<ITestService>(new EchoService()), cancellationToken);
        await using var echoChannel = PatientChannel.ForAddress($"ttheader://{server.Endpoint}");
        await using var shopChannel = PatientChannel.ForAddress("grpc://127.0.0.1:1");
        await using var legacyChannel = PatientChannel.ForAddress($"grpc://{server.Endpoint}");
        await using var application = await ThriftApplication.StartAsync(listen => listen.UseThriftStreams(), Map, services => services.AddAuthorization().AddAuthentication());
        await using var channel = PatientChannel.ForAddress($"grpc://{application.Endpoint()}");

        Assert.Equal(3, await new TestServiceClient(channel).EchoServerAsync(new() { Message = "x" }, cancellationToken).CountAsync(cancellationToken));

        void Map(WebApplication app)
        {
            // <sample proxy-services>
            app.MapThriftProxy<ITestService>(echoChannel);
            app.MapThriftProxy("shop.Shop", shopChannel).RequireAuthorization();
            app.MapThriftProxy(legacyChannel, new ThriftProxyOptions { DroppedHeaders = { "authorization" } });
            // </sample proxy-services>
        }
    }

    [Fact]
    public async Task Server_TakesProxies()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", server => server.AddService<ITestService>(new EchoService()), cancellationToken);
        await using var channel = PatientChannel.ForAddress($"grpc://{server.Endpoint}");

        // <sample proxy-server>
        await using var proxy = await ThriftServer.StartAsync(
            "127.0.0.1:0", server => server.Map(endpoints => endpoints.MapThriftProxy(channel)), cancellationToken);
        // </sample proxy-server>

        await using var front = PatientChannel.ForAddress($"ttheader://{proxy.Endpoint}");
        Assert.Equal("x", (await new TestServiceClient(front).EchoPingPongAsync(new() { Message = "x" }, cancellationToken)).Message);
    }
}
