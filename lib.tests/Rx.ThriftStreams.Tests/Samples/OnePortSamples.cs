using System.Net;
using Demo.Echo;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Rx.ThriftStreams.Tests.Samples;

/// <summary>The samples of the pages about one port and ping-pong calls.</summary>
public sealed class OnePortSamples
{
    [Fact]
    public async Task OnePort_InAnApplication_ServesPingPongBesideGrpc()
    {
        const int port = 0;

        // <sample one-port>
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddThriftStreams();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen => listen.UseThriftStreams()));

        await using var app = builder.Build();
        app.MapThriftService<ITestService, EchoService>();
        await app.StartAsync();

        // </sample one-port>
        var endpoint = new Uri(app.Urls.First()).Authority;

        // <sample ping-pong>
        await using var channel = ThriftChannel.ForAddress($"ttheader://{endpoint}", new ThriftChannelOptions
        {
            PingPongTransport = ThriftTransport.Framed,     // streams still go over TTHeader Streaming
            ServiceName = "shop",
        });
        var answer = await new TestServiceClient(channel).EchoPingPongAsync(new() { Message = "hello" });

        // </sample ping-pong>
        Assert.Equal("hello", answer.Message);
        await using var grpc = ThriftChannel.ForAddress($"grpc://{endpoint}");
        Assert.Equal("hello", (await new TestServiceClient(grpc).EchoUnaryAsync(new() { Message = "hello" }, TestContext.Current.CancellationToken)).Message);
    }
}
