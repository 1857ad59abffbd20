using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;

namespace Rx.ThriftStreams.Tests.HttpJson;

/// <summary>Streams over WebSocket, events and lines: ends, errors, limits, back-pressure and cancellation.</summary>
public sealed class HttpJsonStreamTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Socket_BidirectionalStream_AnswersEachMessage()
    {
        await using var host = await JsonHost.StartAsync();
        using var socket = await host.ConnectAsync("echo.TestService/Echo");

        for (var i = 0; i < 3; i++)
        {
            await socket.SendTextAsync($$$"""{"message":{"message":"{{{i}}}"}}""");
            Assert.Equal($$$"""{"message":{"message":"{{{i}}}"}}""", await socket.ReceiveTextAsync());
        }

        await socket.SendTextAsync("""{"end":{}}""");
        Assert.Equal(["""{"end":{}}"""], await socket.ReceiveAllAsync());
        Assert.Equal(WebSocketCloseStatus.NormalClosure, socket.CloseStatus);
    }

    [Fact]
    public async Task Socket_ClientStream_AnswersOnce()
    {
        await using var host = await JsonHost.StartAsync();
        using var socket = await host.ConnectAsync("shop.Shop/Up");

        foreach (var text in new[] { """{"message":{"name":"a"}}""", """ { "message" : {"name":"b"} } """, """{"end":{}}""" })
        {
            await socket.SendTextAsync(text);
        }

        Assert.Equal(["""{"message":{"name":"a+b","count":2}}""", """{"end":{}}"""], await socket.ReceiveAllAsync());
    }

    [Theory]
    [InlineData("""{"message":{"count":"x"}}""", ThriftStatusCode.InvalidArgument)]
    [InlineData("""{"message":{}}x""", ThriftStatusCode.InvalidArgument)]
    [InlineData("""{"other":{}}""", ThriftStatusCode.InvalidArgument)]
    [InlineData("""{"message":{},"end":{}}""", ThriftStatusCode.InvalidArgument)]
    [InlineData("5", ThriftStatusCode.InvalidArgument)]
    [InlineData("", ThriftStatusCode.InvalidArgument)]
    [InlineData(null, ThriftStatusCode.ResourceExhausted)]
    public async Task Socket_MessageThatIsNotOne_EndsTheCallWithAProblem(string? text, ThriftStatusCode code)
    {
        await using var host = await JsonHost.StartAsync(configure: static options => options.Limits.MaxReceiveMessageSize = 1000);
        using var socket = await host.ConnectAsync("shop.Shop/Both");

        await socket.SendTextAsync(text ?? $$$"""{"message":{"name":"{{{new string('x', 2000)}}}"}}""");

        var problem = JsonNode.Parse(Assert.Single(await socket.ReceiveAllAsync()))!["problem"]!;
        Assert.Equal((int)code, (int)problem["code"]!);
        Assert.Equal(4000 + (int)code, (int)socket.CloseStatus!);
    }

    [Fact]
    public async Task Socket_BinaryMessage_EndsTheCallWithAProblem()
    {
        await using var host = await JsonHost.StartAsync();
        using var socket = await host.ConnectAsync("shop.Shop/Both");

        await socket.SendAsync(new byte[] { 1 }, WebSocketMessageType.Binary, endOfMessage: true, Token);

        Assert.Contains("binary", Assert.Single(await socket.ReceiveAllAsync()), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Socket_HeadersAndTrailers_AreSentAsMessages()
    {
        await using var host = await JsonHost.StartAsync(configure: static options => options.StreamMiddleware.Add(async (context, next) =>
        {
            context.ResponseHeaders.Add("x-first", "1");
            context.ResponseTrailers.Add("x-last", "2");
            await next();
        }));
        using var socket = await host.ConnectAsync("shop.Shop/Both");

        await socket.SendTextAsync("""{"end":{}}""");

        Assert.Equal(["""{"headers":{"x-first":["1"]}}""", """{"end":{"trailers":{"x-last":["2"]}}}"""], await socket.ReceiveAllAsync());
    }

    [Theory]
    [InlineData("https://evil.example", HttpStatusCode.Forbidden)]
    [InlineData("https://friend.example", HttpStatusCode.SwitchingProtocols)]
    [InlineData(null, HttpStatusCode.SwitchingProtocols)]
    public async Task Socket_FromAPageOfAnotherOrigin_IsRefused(string? origin, HttpStatusCode status)
    {
        await using var host = await JsonHost.StartAsync(options: new() { AllowedOrigins = { "https://friend.example" } });

        var connecting = host.ConnectAsync("shop.Shop/Both", options => options.SetRequestHeader("Origin", origin ?? $"http://{host.Authority}"));

        if (status == HttpStatusCode.SwitchingProtocols)
        {
            using var socket = await connecting;
            Assert.Equal(WebSocketState.Open, socket.State);
        }
        else
        {
            Assert.Equal(status, (await Assert.ThrowsAsync<HttpRequestException>(() => connecting)).StatusCode);
        }
    }

    [Fact]
    public async Task Get_OfAStreamOfRequests_AsksForAWebSocket()
    {
        await using var host = await JsonHost.StartAsync();

        using var response = await host.Client.GetAsync(new Uri("/api/shop.Shop/Both", UriKind.Relative), Token);

        Assert.Equal(HttpStatusCode.UpgradeRequired, response.StatusCode);
    }

    [Theory]
    [InlineData("text/event-stream", "event: problem\ndata: {")]
    [InlineData("application/x-ndjson", "{\"problem\":{")]
    public async Task Stream_ThatBreaks_EndsWithAProblem(string accept, string start)
    {
        await using var host = await StartAsync(new Source());

        var (status, body) = await host.PostAsync("source.Source/Broken", "{}", accept);

        Assert.Equal(HttpStatusCode.OK, status);
        var end = body[body.IndexOf(start, StringComparison.Ordinal)..];
        Assert.Contains("\"detail\":\"torn\"", end, StringComparison.Ordinal);
        Assert.Contains("\"code\":15", end, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text/event-stream")]
    [InlineData("application/x-ndjson")]
    public async Task Stream_WhoseCallerLeaves_IsCancelledAndHasWaitedForIt(string accept)
    {
        var source = new Source();
        await using var host = await StartAsync(source);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/source.Source/Endless") { Content = new StringContent("{}", Encoding.UTF8, "application/json") };
        request.Headers.Accept.ParseAdd(accept);

        using (var response = await host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token))
        {
            await (await response.Content.ReadAsStreamAsync(Token)).ReadExactlyAsync(new byte[100_000], Token);
        }

        await source.Ended.Soon();
        Assert.InRange(source.Sent, 100, 50_000);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Socket_ThatItsCallerCloses_CancelsTheHandler(bool isPolite)
    {
        var source = new Source();
        await using var host = await StartAsync(source);
        using var socket = await host.ConnectAsync("source.Source/Silent");
        Assert.Equal("""{"message":{"text":"begun"}}""", await socket.ReceiveTextAsync());

        if (isPolite)
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Token);
        }
        else
        {
            socket.Abort();
        }

        await source.Ended.Soon();
    }

    private static Task<JsonHost> StartAsync(Source source) => JsonHost.StartAsync(map: app =>
    {
        app.MapThriftService(Source.Schema.Descriptor, source);
        app.MapThriftJson(Source.Schema);
    });
}
