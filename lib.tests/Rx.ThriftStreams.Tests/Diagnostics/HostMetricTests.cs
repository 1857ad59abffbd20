using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using Demo.Echo;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Rx.ThriftStreams.Tests.Diagnostics;

/// <summary>The metrics of ASP.NET Core beside this library's.</summary>
public sealed class HostMetricTests
{
    [Theory]
    [InlineData("/echo.TestService/EchoUnary", false, "/echo.TestService/EchoUnary")]
    [InlineData("/echo.TestService/EchoUnary", true, null)]
    [InlineData("/TestService/EchoUnary", false, "/echo.TestService/EchoUnary")]
    [InlineData("/any.Service/Method", false, "/{**path}")]
    public async Task RequestDuration_HasTheMethodAsItsRoute_UnlessTheServiceDisablesIt(string path, bool isDisabled, string? route)
    {
        var routes = new ConcurrentQueue<object?>();
        object? scope = null;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument is { Name: "http.server.request.duration", Meter.Scope: not null })
                {
                    listener.EnableMeasurementEvents(instrument, instrument.Meter.Scope);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((_, _, tags, state) =>
        {
            if (ReferenceEquals(state, Volatile.Read(ref scope)))
            {
                routes.Enqueue(tags.ToArray().SingleOrDefault(static tag => tag.Key == "http.route").Value);
            }
        });
        listener.Start();
        await using var app = await ThriftApplication.StartAsync(
            static listen => listen.UseThriftStreams(),
            app =>
            {
                var service = app.MapThriftService<ITestService, EchoService>();
                if (isDisabled)
                {
                    service.DisableHttpMetrics();
                }
            },
            static services => services.AddMetrics());
        Volatile.Write(ref scope, app.Services.GetRequiredService<IMeterFactory>());
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://{app.Endpoint()}{path}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent([0, 0, 0, 0, 1, 0]) { Headers = { ContentType = new("application/grpc+thrift") } },
        };

        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        await app.StopAsync(TestContext.Current.CancellationToken);

        Assert.Equal(route is null ? [] : new object[] { route }, routes);
    }
}
