using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Rx.ThriftStreams.Dynamic;
using Rx.ThriftStreams.HttpJson;

namespace Rx.ThriftStreams.Tests.HttpJson;

/// <summary>Requests without required fields, which are refused by default, and with unknown members, which are refused by an option.</summary>
public sealed class HttpJsonStrictTests
{
    private static readonly ThriftServiceSchema Schema = ThriftSchema.FromText(
        """
        namespace go users
        struct User { 1: required string user, 2: optional i32 age }
        service Users {
            User Find (1: User user),
            User Pair (1: required i32 count, 2: User user),
            User Una (1: User user) (streaming.mode = "unary"),
            User Down (1: User user) (streaming.mode = "server"),
            User Both (1: User user) (streaming.mode = "bidirectional"),
        }
        """).GetService();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Find", "{}", "$.user")]
    [InlineData("Find", "null", "$.user")]
    [InlineData("Find", """{"usr":"ann"}""", "$.user")]
    [InlineData("Pair", """{"user":{"user":"ann"}}""", "$.count")]
    [InlineData("Pair", """{"count":1,"user":{}}""", "$.user.user")]
    [InlineData("Una", "{}", "$.user")]
    [InlineData("Down", "{}", "$.user")]
    public async Task Post_RequiredFieldIsMissing_Answers400WithItsPath(string method, string request, string path)
    {
        await using var host = await StartAsync();

        var (status, body) = await host.PostAsync("users.Users/" + method, request);

        var problem = JsonNode.Parse(body)!;
        Assert.Equal((HttpStatusCode.BadRequest, path), (status, (string?)problem["path"]));
        Assert.Contains("The required field", (string?)problem["detail"], StringComparison.Ordinal);
        Assert.Equal((int)ThriftStatusCode.InvalidArgument, (int)problem["code"]!);
    }

    [Theory]
    [InlineData("Find", """{"user":"","old":1}""", """{"user":""}""")]
    [InlineData("Pair", """{"count":0,"user":{"user":"ann"}}""", """{"user":"ann"}""")]
    [InlineData("Una", """{"user":"ann","age":null}""", """{"user":"ann"}""")]
    public async Task Post_WhatIsComplete_IsTakenWithUnknownMembers(string method, string request, string response)
    {
        await using var host = await StartAsync();

        Assert.Equal((HttpStatusCode.OK, response), await host.PostAsync("users.Users/" + method, request));
    }

    [Fact]
    public async Task Post_WithOtherRulesForValues_StillRefusesWhatIsMissing()
    {
        await using var host = await StartAsync(new() { Json = new() { Int64AsText = true, Lenient = true } });

        Assert.Equal(HttpStatusCode.BadRequest, (await host.PostAsync("users.Users/Find", "{}")).Status);
    }

    [Fact]
    public async Task Post_RequiredFieldsAreNotRespected_FillsThemAsKitexDoes()
    {
        await using var host = await StartAsync(new() { RespectRequiredFields = false });

        Assert.Equal((HttpStatusCode.OK, """{"user":""}"""), await host.PostAsync("users.Users/Find", """{"usr":"ann"}"""));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Post_UnknownMembersAreRefused_Answers400WithANearName(bool isInJson)
    {
        await using var host = await StartAsync(isInJson ? new() { Json = new() { RefuseUnknownMembers = true } } : new() { RefuseUnknownMembers = true });

        var (status, body) = await host.PostAsync("users.Users/Pair", """{"count":1,"user":{"usr":"ann"}}""");

        var problem = JsonNode.Parse(body)!;
        Assert.Equal((HttpStatusCode.BadRequest, "$.user.usr"), (status, (string?)problem["path"]));
        Assert.Contains("Did you mean \"user\"?", (string?)problem["detail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_OptionOfTheRulesForValues_AddsToTheDefaults()
    {
        await using var host = await StartAsync(new() { RespectRequiredFields = false, Json = new() { RespectRequiredFields = true } });

        Assert.Equal(HttpStatusCode.BadRequest, (await host.PostAsync("users.Users/Find", "{}")).Status);
    }

    [Fact]
    public async Task Get_RequiredFieldIsMissing_Answers400()
    {
        await using var host = await StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/users.Users/Down?request={}");
        request.Headers.Accept.ParseAdd("text/event-stream");

        using var response = await host.Client.SendAsync(request, Token);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task Socket_MessageWithoutARequiredField_EndsTheStreamWithAProblem()
    {
        await using var host = await StartAsync(new() { RefuseUnknownMembers = true });

        foreach (var (message, path) in new[] { ("{}", "$.user"), ("""{"user":"b","aeg":1}""", "$.aeg") })
        {
            using var socket = await host.ConnectAsync("users.Users/Both");
            await socket.SendTextAsync("""{"message":{"user":"a"}}""");
            Assert.Equal("""{"message":{"user":"a"}}""", await socket.ReceiveTextAsync());
            await socket.SendTextAsync($$"""{"message":{{message}}}""");

            Assert.Equal(path, (string?)JsonNode.Parse(Assert.Single(await socket.ReceiveAllAsync()))!["problem"]!["path"]);
            Assert.Equal(4000 + (int)ThriftStatusCode.InvalidArgument, (int)socket.CloseStatus!);
        }
    }

    [Theory]
    [InlineData(true, """{"type":"object","additionalProperties":false,"properties":{"user":{"type":"string"},"age":{"type":"integer","format":"int32"}},"required":["user"]}""")]
    [InlineData(false, """{"type":"object","properties":{"user":{"type":"string"},"age":{"type":"integer","format":"int32"}},"required":["user"]}""")]
    public async Task OpenApi_OfRefusedMembers_SaysThatThereAreNoOthers(bool isRefused, string schema)
    {
        await using var host = await StartAsync(new() { RefuseUnknownMembers = isRefused });

        var document = JsonNode.Parse(await host.Client.GetStringAsync(new Uri("/openapi.json", UriKind.Relative), Token))!;

        Assert.Equal(schema, document["components"]!["schemas"]!["User"]!.ToJsonString());
    }

    [Fact]
    public async Task OpenApi_OfServicesThatDifferInRefusedMembers_HasBoth()
    {
        const string Idl = "namespace go pair struct Leaf { 1: i64 size } service First { void Get (1: Leaf leaf) } service Second { void Get (1: Leaf leaf) }";
        await using var host = await JsonHost.StartAsync(map: static app =>
        {
            foreach (var (name, isRefused) in new[] { ("First", true), ("Second", false) })
            {
                var service = ThriftSchema.FromText(Idl).GetService(name);
                app.MapThriftService(service.Descriptor, new Users());
                app.MapThriftJson(service, options: new() { RefuseUnknownMembers = isRefused });
            }
        });

        var document = JsonNode.Parse(await host.Client.GetStringAsync(new Uri("/openapi.json", UriKind.Relative), Token))!;

        var schemas = document["components"]!["schemas"]!.AsObject().Where(static schema => schema.Key.Contains("Leaf", StringComparison.Ordinal));
        Assert.Single(schemas, static schema => schema.Value!["additionalProperties"] is not null);
        Assert.Single(schemas, static schema => schema.Value!["additionalProperties"] is null);
    }

    private static Task<JsonHost> StartAsync(ThriftHttpJsonOptions? options = null)
        => JsonHost.StartAsync(map: app =>
        {
            app.MapThriftService(Schema.Descriptor, new Users());
            app.MapThriftJson(Schema, options: options);
        });

    private sealed class Users : ThriftDynamicHandler
    {
        public override Task<ThriftDynamicMessage?> CallAsync(ThriftMethodSchema method, ThriftDynamicMessage arguments, CancellationToken cancellationToken)
            => Task.FromResult<ThriftDynamicMessage?>(ThriftDynamicMessage.FromObject(
                method.Response,
                method.Name == "Pair" ? ((Dictionary<string, object?>)arguments.ToObject()!)["user"] : arguments.ToObject()));

        public override IAsyncEnumerable<ThriftDynamicMessage> ServerStreamingAsync(ThriftMethodSchema method, ThriftDynamicMessage request, CancellationToken cancellationToken)
            => AsyncEnumerable.Repeat(request, 2);

        public override IAsyncEnumerable<ThriftDynamicMessage> DuplexStreamingAsync(ThriftMethodSchema method, IAsyncEnumerable<ThriftDynamicMessage> requests, CancellationToken cancellationToken)
            => requests;
    }
}
