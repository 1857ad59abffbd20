using Demo.Echo;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Hosting;

/// <summary>A host without a port for its Thrift services says so at its start, and its callers are told why.</summary>
public sealed class Http2StartTests
{
    [Fact]
    public async Task Start_NameOfTheEndpointFitsNoSection_WarnsAndNamesBoth()
    {
        var log = new LogCollector();
        await using var app = await StartAsync(log, (configuration, kestrel) => kestrel.Configure(configuration).Endpoint("Thrft", endpoint => endpoint.UseThriftStreams()));

        var (level, id, text, _) = Assert.Single(log.Entries, static entry => entry.Level >= LogLevel.Warning);
        Assert.Equal((LogLevel.Warning, 84), (level, id));
        Assert.Equal(
            "Thrift services are mapped, but no endpoint can serve them, because all speak HTTP/1.1 only. Call UseThriftStreams() on an endpoint. Endpoint(\"Thrft\") fits no section of the configuration, which has "
                + "Kestrel:Endpoints:Thrift: what it calls, such as UseThriftStreams(), has no effect. The endpoints are http://127.0.0.1:" + new Uri(app.Urls.Single()).Port + ".",
            text);
    }

    /// <summary>Another endpoint hides the mistake: its port serves gRPC, and the one that was meant for Thrift refuses everything else.</summary>
    [Theory]
    [InlineData("http2")]
    [InlineData("thrift")]
    [InlineData("thrift over http")]
    [InlineData("json")]
    public async Task Start_NameFitsNoSectionAndAnotherEndpointCanServe_WarnsAndNamesBoth(string served)
    {
        var log = new LogCollector();
        await using var app = await StartAsync(
            log,
            (configuration, kestrel) =>
            {
                kestrel.Configure(configuration).Endpoint("Thrft", static endpoint => endpoint.UseThriftStreams());
                if (served == "thrift")
                {
                    kestrel.Listen(System.Net.IPAddress.Loopback, 0, static listen => listen.UseThriftStreams());
                }
                else if (served == "http2")
                {
                    kestrel.Listen(System.Net.IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http2);
                }
            },
            served);

        var (level, id, text, _) = Assert.Single(log.Entries, static entry => entry.Level >= LogLevel.Warning);
        Assert.Equal((LogLevel.Warning, 84), (level, id));
        Assert.StartsWith(
            "Thrift services are mapped, but code configures an endpoint that does not exist. Endpoint(\"Thrft\") fits no section of the configuration, which has Kestrel:Endpoints:Thrift: what it calls, such as "
                + "UseThriftStreams(), has no effect. The endpoints are http://127.0.0.1:",
            text,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_NoEndpointForThrift_Warns()
    {
        var log = new LogCollector();
        await using var app = await StartAsync(log, static (_, kestrel) => kestrel.Listen(System.Net.IPAddress.Loopback, 0));

        Assert.Equal(
            "Thrift services are mapped, but no endpoint can serve them, because all speak HTTP/1.1 only. Call UseThriftStreams() on an endpoint. The endpoints are " + app.Urls.Single() + ".",
            Assert.Single(log.Entries, static entry => entry.Id == 84).Text);
    }

    [Theory]
    [InlineData("name")]
    [InlineData("http2")]
    [InlineData("thrift over http")]
    [InlineData("json")]
    public async Task Start_EndpointThatCanServe_DoesNotWarn(string served)
    {
        var log = new LogCollector();
        await using var app = await StartAsync(
            log,
            (configuration, kestrel) =>
            {
                if (served == "name")
                {
                    kestrel.Configure(configuration).Endpoint("thrift", static endpoint => endpoint.UseThriftStreams());
                }
                else
                {
                    kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = served == "http2" ? HttpProtocols.Http2 : HttpProtocols.Http1);
                }
            },
            served);

        Assert.DoesNotContain(log.Entries, static entry => entry.Level >= LogLevel.Warning);
    }

    [Theory]
    [InlineData(HttpProtocols.Http1)]
    [InlineData(HttpProtocols.Http1AndHttp2)]
    public async Task Call_PortForHttp1Only_SaysSo(HttpProtocols protocols)
    {
        await using var app = await StartAsync(new LogCollector(), (_, kestrel) => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = protocols));
        var address = new Uri(app.Urls.Single()).Authority;
        await using var channel = ThriftChannel.ForAddress("grpc://" + address);

        var error = await Assert.ThrowsAnyAsync<ThriftException>(() => new TestServiceClient(channel).EchoUnaryAsync(Ask("x"), TestContext.Current.CancellationToken).Soon());

        Assert.Contains("speaks HTTP/1.1 only there: gRPC needs a port for HTTP/2.", error.Message, StringComparison.Ordinal);
    }

    private static async Task<WebApplication> StartAsync(LogCollector log, Action<IConfiguration, KestrelServerOptions> configure, string served = "")
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection([new("Kestrel:Endpoints:Thrift:Url", "http://127.0.0.1:0")]);
        builder.Logging.ClearProviders().AddProvider(log);
        builder.Services.AddThriftStreams();
        var section = builder.Configuration.GetSection("Kestrel");
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            // Kestrel would listen on the endpoints of its own section besides.
            kestrel.Configure();
            configure(section, kestrel);
        });
        var app = builder.Build();
        app.MapThriftService<ITestService>(new EchoService());
        if (served == "thrift over http")
        {
            app.MapThriftHttp();
        }
        else if (served == "json")
        {
            app.MapThriftJson<ITestService>();
        }

        await app.StartAsync(TestContext.Current.CancellationToken);
        return app;
    }
}
