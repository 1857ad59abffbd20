using System.Net;
using Demo.Echo;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Options;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Hosting;

/// <summary>Thrift services in a web application that does other things too.</summary>
public sealed class HostTests
{
    [Fact]
    public async Task MapThriftService_HostServesStaticFiles_LeavesThemAlone()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "hello.txt"), "hello", TestContext.Current.CancellationToken);
            await using var host = await StartAsync(
                kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1),
                application => application.UseRouting().UseStaticFiles(new StaticFileOptions { FileProvider = new PhysicalFileProvider(folder.FullName) }));
            using var http = new HttpClient();

            Assert.Equal("hello", await http.GetStringAsync(new Uri($"{AddressOf(host)}/hello.txt"), TestContext.Current.CancellationToken).Soon());
            using var missing = await http.GetAsync(new Uri($"{AddressOf(host)}/nothing.txt"), TestContext.Current.CancellationToken).Soon();
            Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData(false, null, 100)]
    [InlineData(true, null, 10_000)]
    [InlineData(true, 50, 50)]
    public async Task Limits_OfKestrel_ChangeOnlyForAnEndpointOfStreams(bool streams, int? own, int expected)
    {
        await using var host = await StartAsync(kestrel =>
        {
            if (own is { } streamsPerConnection)
            {
                kestrel.Limits.Http2.MaxStreamsPerConnection = streamsPerConnection;
            }

            kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                if (streams)
                {
                    listen.UseThriftStreams();
                }
            });
        });

        var limits = host.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits.Http2;

        Assert.Equal(expected, limits.MaxStreamsPerConnection);
        Assert.Equal(streams, limits.InitialConnectionWindowSize > new KestrelServerLimits().Http2.InitialConnectionWindowSize);
    }

    /// <summary>One request must not trickle in; a stream may be silent for as long as it likes.</summary>
    [Fact]
    public async Task LeastRateOfRequests_IsLiftedForStreamsOfRequestsOnly()
    {
        var rates = new Dictionary<string, LeastRate>();
        await using var host = await StartAsync(
            kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseThriftStreams()),
            application => application.Use((http, next) =>
            {
                var rate = rates[http.Request.Path.Value!.Split('/')[^1]] = new LeastRate();
                http.Features.Set<IHttpMinRequestBodyDataRateFeature>(rate);
                return next(http);
            }));
        await using var channel = PatientChannel.ForAddress($"grpc://{new Uri(AddressOf(host)).Authority}");
        var client = new TestServiceClient(channel);

        await client.EchoUnaryAsync(Ask("x"), TestContext.Current.CancellationToken).Soon();
        await client.EchoServerAsync(Ask("x")).CountAsync(TestContext.Current.CancellationToken).Soon();
        await client.EchoAsync(AsyncEnumerable.Repeat(Ask("x"), 1)).CountAsync(TestContext.Current.CancellationToken).Soon();

        Assert.NotNull(rates["EchoUnary"].MinDataRate);
        Assert.NotNull(rates["EchoServer"].MinDataRate);
        Assert.Null(rates["Echo"].MinDataRate);
    }

    private static async Task<WebApplication> StartAsync(Action<KestrelServerOptions> kestrel, Action<WebApplication>? configure = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel);
        builder.Services.AddLogging();
        builder.Services.AddThriftStreams();
        var application = builder.Build();
        configure?.Invoke(application);
        application.UseRouting();
        application.MapThriftService<ITestService>(new EchoService());
        await application.StartAsync(TestContext.Current.CancellationToken);
        return application;
    }

    private static string AddressOf(WebApplication host) => host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    private sealed class LeastRate : IHttpMinRequestBodyDataRateFeature
    {
        public MinDataRate? MinDataRate { get; set; } = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
    }
}
