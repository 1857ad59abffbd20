using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Demo.Echo;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Rx.ThriftStreams.Tests.Samples;

/// <summary>The code of docs/http-json.md, compiled and run.</summary>
public sealed class HttpJsonSamples
{
    [Fact]
    public async Task Server_WithTwoPorts_AnswersJson()
    {
        var (thriftPort, jsonPort) = (0, 0);

        // <sample http-json-server>
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddThriftStreams();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, thriftPort, listen => listen.UseThriftStreams());
            kestrel.Listen(IPAddress.Loopback, jsonPort, listen => listen.Protocols = HttpProtocols.Http1);
        });

        await using var app = builder.Build();
        app.MapThriftService<ITestService, EchoService>();
        app.MapThriftJson<ITestService>();
        app.MapThriftOpenApi();

        // </sample http-json-server>
        await app.StartAsync(TestContext.Current.CancellationToken);
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Last()) };
        using var content = new StringContent("""{"message":"hi"}""", Encoding.UTF8, "application/json");
        using var response = await client.PostAsync(new Uri("/api/echo.TestService/EchoUnary", UriKind.Relative), content, TestContext.Current.CancellationToken);
        Assert.Equal("""{"message":"hi"}""", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        await app.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Server_ThatIsStrict_RefusesUnknownMembers()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddThriftStreams();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        await using var app = builder.Build();
        app.MapThriftService<ITestService, EchoService>();

        // <sample http-json-strict>
        app.MapThriftJson<ITestService>(options: new() { RefuseUnknownMembers = true });

        // </sample http-json-strict>
        await app.StartAsync(TestContext.Current.CancellationToken);
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Last()) };
        using var content = new StringContent("""{"mesage":"hi"}""", Encoding.UTF8, "application/json");
        using var response = await client.PostAsync(new Uri("/api/echo.TestService/EchoUnary", UriKind.Relative), content, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var problem = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        Assert.Equal("Request has no field \"mesage\". Did you mean \"message\"? (at $.mesage).", (string?)problem["detail"]);
        Assert.Equal("$.mesage", (string?)problem["path"]);
        await app.StopAsync(TestContext.Current.CancellationToken);
    }
}
