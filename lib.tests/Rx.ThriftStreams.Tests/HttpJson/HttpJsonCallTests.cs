using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Tests.Authorization;
using Rx.ThriftStreams.Tests.Dynamic;

namespace Rx.ThriftStreams.Tests.HttpJson;

/// <summary>Calls with one request: POST, answers as JSON, lines and events, and problem details.</summary>
public sealed class HttpJsonCallTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("echo.TestService/EchoPingPong", """{"message":"hi"}""", """{"message":"hi"}""")]
    [InlineData("echo.TestService/EchoUnary", """{"message":"ü€"}""", """{"message":"ü€"}""")]
    [InlineData("shop.Shop/Get", "\"pen\"", """{"name":"pen","count":1,"data":"AP/+"}""")]
    [InlineData("shop.Shop/Add", """{"a":2,"b":3}""", "5")]
    [InlineData("shop.Shop/Put", """{"name":"pen"}""", "null")]
    [InlineData("shop.Shop/Una", """{"name":"u","data":"AAE="}""", """{"name":"u","data":"AAE="}""")]
    public async Task Post_Json_AnswersJson(string method, string request, string response)
    {
        await using var host = await JsonHost.StartAsync();

        Assert.Equal((HttpStatusCode.OK, response), await host.PostAsync(method, request));
    }

    [Fact]
    public async Task Post_ToAOnewayMethod_IsAccepted()
    {
        var shop = new Shop();
        await using var host = await JsonHost.StartAsync(shop);

        Assert.Equal((HttpStatusCode.Accepted, ""), await host.PostAsync("shop.Shop/Note", "\"hello\""));
        Assert.Equal("hello", await shop.Noted.WaitAsync(Token));
    }

    [Fact]
    public async Task Post_DeclaredException_IsAProblemWithItsFields()
    {
        await using var host = await JsonHost.StartAsync();

        using var response = await host.Client.PostAsync("/api/shop.Shop/Get", new StringContent("\"\"", Encoding.UTF8, "application/json"), Token);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        var problem = JsonNode.Parse(await response.Content.ReadAsStringAsync(Token))!;
        Assert.Equal(("Refused", "Refused"), ((string?)problem["title"], (string?)problem["exception"]));
        Assert.Equal("""{"code":7,"reason":"no name"}""", problem["value"]!.ToJsonString());
        Assert.Equal(422, (int)problem["status"]!);
    }

    [Theory]
    [InlineData("shop.Shop/Una", """{"name":""", 400, "$")]
    [InlineData("shop.Shop/Una", """{"count":"many"}""", 400, "$.count")]
    [InlineData("shop.Shop/Add", """{"a":99999999999}""", 400, "$.a")]
    public async Task Post_JsonThatDoesNotFit_NamesThePlace(string method, string request, int status, string path)
    {
        await using var host = await JsonHost.StartAsync();

        var (answered, body) = await host.PostAsync(method, request);

        Assert.Equal(status, (int)answered);
        Assert.Equal(path, (string?)JsonNode.Parse(body)!["path"]);
        Assert.Equal((int)ThriftStatusCode.InvalidArgument, (int)JsonNode.Parse(body)!["code"]!);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Post_BodyOverTheLimit_Answers413(bool isChunked)
    {
        await using var host = await JsonHost.StartAsync(configure: static options => options.Limits.MaxReceiveMessageSize = 1000);
        using var content = new StringContent($"\"{new string('x', 2000)}\"", Encoding.UTF8, "application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/shop.Shop/Get") { Content = content };
        request.Headers.TransferEncodingChunked = isChunked;

        using var response = await host.Client.SendAsync(request, Token);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
    }

    [Fact]
    public async Task Post_DeepJson_IsRefused()
    {
        await using var host = await JsonHost.StartAsync();

        var (status, _) = await host.PostAsync("shop.Shop/Una", $$"""{"unknown":{{new string('[', 2000)}}{{new string(']', 2000)}}}""");

        Assert.Equal(HttpStatusCode.BadRequest, status);
    }

    [Theory]
    [InlineData("text/plain", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("application/x-www-form-urlencoded", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("application/json; charset=utf-16", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("Application/JSON; charset=UTF-8", HttpStatusCode.OK)]
    public async Task Post_TypeThatIsNotJson_IsRefused(string contentType, HttpStatusCode status)
    {
        await using var host = await JsonHost.StartAsync();
        using var content = new ByteArrayContent("\"pen\""u8.ToArray());
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);

        using var response = await host.Client.PostAsync("/api/shop.Shop/Get", content, Token);

        Assert.Equal(status, response.StatusCode);
    }

    [Theory]
    [InlineData("shop.Shop/Nothing")]
    [InlineData("shop.Nobody/Get")]
    [InlineData("Shop/Get")]
    public async Task Post_UnknownMethod_Answers404(string method)
    {
        await using var host = await JsonHost.StartAsync();

        Assert.Equal(HttpStatusCode.NotFound, (await host.PostAsync(method, "{}")).Status);
    }

    [Fact]
    public async Task Post_StreamAsLines_EndsWithTheEnd()
    {
        await using var host = await JsonHost.StartAsync();

        var (status, body) = await host.PostAsync("echo.TestService/EchoServer", """{"message":"a"}""");

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(
            """
            {"message":{"message":"a-0"}}
            {"message":{"message":"a-1"}}
            {"message":{"message":"a-2"}}
            {"end":{}}

            """.ReplaceLineEndings("\n"),
            body);
    }

    [Fact]
    public async Task Post_StreamAsEvents_EndsWithTheEnd()
    {
        await using var host = await JsonHost.StartAsync();

        var (_, body) = await host.PostAsync("shop.Shop/Down", "{}", "text/event-stream");

        Assert.Equal(
            "data: {\"name\":\"0\",\"count\":0}\n\ndata: {\"name\":\"1\",\"count\":1}\n\ndata: {\"name\":\"2\",\"count\":2}\n\nevent: end\ndata: {}\n\n",
            body);
    }

    [Fact]
    public async Task Get_OfAServerStream_AnswersEvents()
    {
        await using var host = await JsonHost.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/echo.TestService/EchoServer?request=" + Uri.EscapeDataString("""{"message":"q"}"""));
        request.Headers.Accept.ParseAdd("text/event-stream");

        using var response = await host.Client.SendAsync(request, Token);

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        Assert.StartsWith("data: {\"message\":\"q-0\"}\n\n", await response.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text/html", HttpStatusCode.NotAcceptable)]
    [InlineData("application/x-ndjson;q=0, text/html", HttpStatusCode.NotAcceptable)]
    [InlineData("text/html, */*;q=0.1", HttpStatusCode.OK)]
    public async Task Post_AcceptWithoutAStream_Answers406(string accept, HttpStatusCode status)
    {
        await using var host = await JsonHost.StartAsync();

        Assert.Equal(status, (await host.PostAsync("shop.Shop/Down", "{}", accept)).Status);
    }

    [Theory]
    [InlineData("Origin", "https://evil.example", HttpStatusCode.Forbidden)]
    [InlineData("Origin", "null", HttpStatusCode.Forbidden)]
    [InlineData("Sec-Fetch-Site", "cross-site", HttpStatusCode.Forbidden)]
    [InlineData("Origin", "https://friend.example", HttpStatusCode.OK)]
    [InlineData("Sec-Fetch-Site", "same-origin", HttpStatusCode.OK)]
    public async Task Get_FromAPageOfAnotherOrigin_IsRefused(string header, string value, HttpStatusCode status)
    {
        await using var host = await JsonHost.StartAsync(options: new() { AllowedOrigins = { "https://friend.example" } });
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/shop.Shop/Down?request={}");
        request.Headers.Add(header, value);

        using var response = await host.Client.SendAsync(request, Token);

        Assert.Equal(status, response.StatusCode);
    }

    [Fact]
    public async Task Post_ThatItsServiceDoesNotPermit_IsRefusedBeforeItsBodyIsRead()
    {
        await using var host = await JsonHost.StartAsync(
            services: static services => services.AddAuthorization().AddAuthentication("key").AddScheme<Microsoft.AspNetCore.Authentication.AuthenticationSchemeOptions, ApiKeyHandler>("key", null),
            conventions: static service => service.RequireAuthorization());

        var (status, body) = await host.PostAsync("shop.Shop/Get", "not JSON");

        Assert.Equal(HttpStatusCode.Unauthorized, status);
        Assert.Equal((int)ThriftStatusCode.Unauthenticated, (int)JsonNode.Parse(body)!["code"]!);
        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => host.ConnectAsync("shop.Shop/Both"));
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    [Fact]
    public async Task Post_ServiceThatIsRestrictedToOtherProtocols_Answers404()
    {
        await using var host = await JsonHost.StartAsync(conventions: static service => service.RequireThriftProtocols(ThriftProtocols.Grpc));

        Assert.Equal(HttpStatusCode.NotFound, (await host.PostAsync("shop.Shop/Get", "\"pen\"")).Status);
    }

    [Fact]
    public async Task Post_HeadersMetaInfoAndDeadline_ReachTheMiddlewareAndTheAnswer()
    {
        ThriftServerContext? seen = null;
        await using var host = await JsonHost.StartAsync(configure: options => options.StreamMiddleware.Add(async (context, next) =>
        {
            seen = context;
            context.ResponseHeaders.Add("x-answer", "one");
            context.ResponseTrailers.Add("x-last", "two");
            await next();
        }));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/shop.Shop/Get") { Content = new StringContent("\"pen\"", Encoding.UTF8, "application/json") };
        request.Headers.Add("X-Mine", "mine");
        request.Headers.Add("rpc-persist-tenant", "t1");
        request.Headers.Add("thrift-timeout-ms", "60000");

        using var response = await host.Client.SendAsync(request, Token);

        Assert.Equal("mine", seen!.RequestHeaders["x-mine"]);
        Assert.Equal("t1", seen.MetaInfo.Persistent["TENANT"]);
        Assert.NotNull(seen.Deadline);
        Assert.Equal("http+json", seen.Transport);
        Assert.Equal("one", response.Headers.GetValues("x-answer").Single());
        Assert.Equal("two", response.Headers.GetValues("thrift-trailer-x-last").Single());
    }

    [Theory]
    [InlineData(ThriftStatusCode.NotFound, 404)]
    [InlineData(ThriftStatusCode.ResourceExhausted, 429)]
    [InlineData(ThriftStatusCode.Unavailable, 503)]
    [InlineData(ThriftStatusCode.DeadlineExceeded, 504)]
    [InlineData(ThriftStatusCode.Internal, 500)]
    public async Task Post_Status_IsMappedToThatOfHttp(ThriftStatusCode code, int status)
    {
        await using var host = await JsonHost.StartAsync(configure: options => options.StreamMiddleware.Add((_, _) => throw new ThriftStatusException(code, "no luck")));

        var (answered, body) = await host.PostAsync("shop.Shop/Down", "{}");

        Assert.Equal(status, (int)answered);
        Assert.Equal("no luck", (string?)JsonNode.Parse(body)!["detail"]);
        Assert.Equal((int)code, (int)JsonNode.Parse(body)!["code"]!);
    }

    [Fact]
    public async Task Post_BusinessErrorAndBug_ShowWhatIsMeantForTheCaller()
    {
        Exception error = new ThriftBizStatusException(1404, "gone", new Dictionary<string, string> { ["k"] = "v" });
        await using var host = await JsonHost.StartAsync(configure: options =>
        {
            options.RevealErrors = false;
            options.StreamMiddleware.Add((_, _) => throw error);
        });

        var (business, body) = await host.PostAsync("shop.Shop/Get", "\"\"");
        error = new InvalidOperationException("secret");
        var (bug, hidden) = await host.PostAsync("shop.Shop/Get", "\"\"");

        Assert.Equal((422, 500), ((int)business, (int)bug));
        Assert.Equal("BusinessError", (string?)JsonNode.Parse(body)!["title"]);
        Assert.Equal("1404 {\"k\":\"v\"}", JsonNode.Parse(body)!["bizCode"] + " " + JsonNode.Parse(body)!["bizExtra"]!.ToJsonString());
        Assert.DoesNotContain("secret", hidden, StringComparison.Ordinal);
    }

    /// <summary>A service that is not available is not an internal error of this one.</summary>
    [Theory]
    [InlineData(ThriftStatusCode.Unavailable, 503, null)]
    [InlineData(ThriftStatusCode.DeadlineExceeded, 504, null)]
    [InlineData(ThriftStatusCode.Internal, 500, "internal error")]
    public async Task Post_FailedCallThatTheHandlerMade_HasADetailThatFitsItsStatus(ThriftStatusCode code, int status, string? detail)
    {
        await using var host = await JsonHost.StartAsync(configure: options =>
        {
            options.RevealErrors = false;
            options.StreamMiddleware.Add((_, _) => throw new ThriftTransportException(code, "10.0.0.5:8888 is gone."));
        });

        var (answered, body) = await host.PostAsync("shop.Shop/Down", "{}");

        Assert.Equal((status, code.ToString(), detail), ((int)answered, (string?)JsonNode.Parse(body)!["title"], (string?)JsonNode.Parse(body)!["detail"]));
        Assert.DoesNotContain("10.0.0.5", body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Get")]
    [InlineData("Down")]
    public async Task Post_OpenCircuitOfACallThatTheHandlerMade_SaysWhenToTryAgain(string method)
    {
        await using var host = await JsonHost.StartAsync(configure: static options => options.StreamMiddleware.Add(
            static (_, _) => throw new ThriftCircuitOpenException(ThriftCircuitScope.Endpoint, "10.0.0.5:8888", TimeSpan.FromSeconds(1.5))));
        using var content = new StringContent("\"pen\"", Encoding.UTF8, "application/json");

        using var response = await host.Client.PostAsync(new Uri($"/api/shop.Shop/{method}", UriKind.Relative), content, Token);

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "2"), (response.StatusCode, response.Headers.RetryAfter?.ToString()));
    }

    [Fact]
    public async Task Post_HandlerThatAsksForAPause_SaysWhenToTryAgain()
    {
        await using var host = await JsonHost.StartAsync(configure: static options => options.StreamMiddleware.Add(static (context, _) =>
        {
            context.ResponseTrailers.Add("grpc-retry-pushback-ms", "2500");
            throw new ThriftStatusException(ThriftStatusCode.ResourceExhausted, "Later.");
        }));
        using var content = new StringContent("\"pen\"", Encoding.UTF8, "application/json");

        using var response = await host.Client.PostAsync(new Uri("/api/shop.Shop/Get", UriKind.Relative), content, Token);

        Assert.Equal((HttpStatusCode.TooManyRequests, "3"), (response.StatusCode, response.Headers.RetryAfter?.ToString()));
        Assert.NotEmpty((string)JsonNode.Parse(await response.Content.ReadAsStringAsync(Token))!["traceId"]!);
    }

    [Fact]
    public async Task MapThriftJson_ServiceThatIsNotMapped_Fails()
    {
        await using var app = WebApplication.CreateSlimBuilder().Build();

        Assert.Throws<InvalidOperationException>(() => app.MapThriftJson(Shop.Schema));
    }
}
