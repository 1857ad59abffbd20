using System.Net;
using Demo.Echo;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Tests.Samples;

/// <summary>The samples of the page about Apache Thrift.</summary>
public sealed class ApacheSamples
{
    [Fact]
    public async Task Server_AndClient_OfApachesProtocols_UnderstandEachOther()
    {
        const int port = 0;
        const int httpPort = 0;
        var cancellationToken = TestContext.Current.CancellationToken;

        // <sample apache-server>
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddThriftStreams();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, port, listen => listen.UseThriftStreams());
            kestrel.Listen(IPAddress.Loopback, httpPort, listen => listen.Protocols = HttpProtocols.Http1);
        });

        await using var app = builder.Build();
        app.MapThriftService<ITestService, EchoService>();
        app.MapThriftHttp("/thrift");
        await app.StartAsync();

        // </sample apache-server>
        var endpoint = new Uri(app.Urls.First()).Authority;

        // <sample apache-client>
        await using var channel = ThriftChannel.ForAddress($"ttheader://{endpoint}", new ThriftChannelOptions
        {
            PingPongTransport = ThriftTransport.Framed,
            PingPong = { Protocol = ThriftProtocol.Compact, SendServiceName = true },
        });
        var answer = await new TestServiceClient(channel).EchoPingPongAsync(new() { Message = "hello" }, cancellationToken);

        // </sample apache-client>
        Assert.Equal("hello", answer.Message);
    }
}
