using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Tests.Dynamic;

namespace Rx.ThriftStreams.Tests.Proxy;

/// <summary>A service behind a proxy that is also served as JSON.</summary>
public sealed class ProxyJsonTests
{
    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public async Task Json_OfAServiceBehindAProxy_IsAnsweredByItsServer(string back)
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", server => server.AddService(Shop.Schema.Descriptor, new Shop()), token);
        await using var channel = PatientChannel.ForAddress($"{back}://{server.Endpoint}");
        await using var application = await ThriftApplication.StartAsync(
            static listen => listen.Protocols = HttpProtocols.Http1,
            app =>
            {
                app.MapThriftProxy(Shop.Schema.Descriptor, channel);
                app.MapThriftJson(Shop.Schema);
            });
        using var client = new HttpClient { BaseAddress = new Uri($"http://{application.Endpoint()}") };

        using var answered = await client.PostAsync("/api/shop.Shop/Get", new StringContent("\"pen\"", Encoding.UTF8, "application/json"), token);
        using var refused = await client.PostAsync("/api/shop.Shop/Get", new StringContent("\"\"", Encoding.UTF8, "application/json"), token);

        Assert.Equal(HttpStatusCode.OK, answered.StatusCode);
        Assert.Contains("\"pen\"", await answered.Content.ReadAsStringAsync(token), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        Assert.Contains("\"exception\":\"Refused\"", await refused.Content.ReadAsStringAsync(token), StringComparison.Ordinal);
    }
}
