using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Rx.ThriftStreams.Dynamic;

namespace Rx.ThriftStreams.Tests.HttpJson;

public sealed class OpenApiTests
{
    [Fact]
    public async Task Document_OfAllServices_DescribesEveryEndpoint()
    {
        await using var host = await JsonHost.StartAsync();

        var document = JsonNode.Parse(await host.Client.GetStringAsync(new Uri("/openapi.json", UriKind.Relative), TestContext.Current.CancellationToken))!;

        Assert.Equal("3.1.0", (string?)document["openapi"]);
        Assert.Equal(
            ["/api/echo.TestService/Echo", "/api/echo.TestService/EchoClient", "/api/echo.TestService/EchoPingPong", "/api/echo.TestService/EchoServer", "/api/echo.TestService/EchoUnary",
                "/api/shop.Shop/Add", "/api/shop.Shop/Both", "/api/shop.Shop/Down", "/api/shop.Shop/Get", "/api/shop.Shop/Note", "/api/shop.Shop/Put", "/api/shop.Shop/Una", "/api/shop.Shop/Up"],
            document["paths"]!.AsObject().Select(static path => path.Key).Order(StringComparer.Ordinal));
        var paths = document["paths"]!;
        Assert.Equal("""{"$ref":"#/components/schemas/Item"}""", paths["/api/shop.Shop/Get"]!["post"]!["responses"]!["200"]!["content"]!["application/json"]!["schema"]!.ToJsonString());
        Assert.Equal("""{"type":"string"}""", paths["/api/shop.Shop/Get"]!["post"]!["requestBody"]!["content"]!["application/json"]!["schema"]!.ToJsonString());
        Assert.Contains("Refused", (string?)paths["/api/shop.Shop/Get"]!["post"]!["responses"]!["default"]!["description"], StringComparison.Ordinal);
        Assert.NotNull(paths["/api/shop.Shop/Down"]!["get"]!["parameters"]);
        Assert.NotNull(paths["/api/shop.Shop/Down"]!["post"]!["responses"]!["200"]!["content"]!["text/event-stream"]);
        Assert.NotNull(paths["/api/shop.Shop/Both"]!["get"]!["x-websocket"]!["send"]);
        Assert.NotNull(paths["/api/shop.Shop/Note"]!["post"]!["responses"]!["202"]);
        Assert.Equal(
            """{"type":"object","properties":{"name":{"type":"string"},"count":{"type":"integer","format":"int64"},"data":{"type":"string","contentEncoding":"base64"}}}""",
            document["components"]!["schemas"]!["Item"]!.ToJsonString());
        foreach (var reference in References(document))
        {
            Assert.NotNull(document["components"]!["schemas"]![reference["#/components/schemas/".Length..]]);
        }
    }

    [Fact]
    public async Task Document_OfServicesWithTheSameStructs_HasEachOnce()
    {
        const string Idl = """
            namespace go pair
            struct Node { 1: string name, 2: optional Node next, 3: list<Leaf> leaves }
            struct Leaf { 1: i64 size }
            service First { Node Get (1: Node node) }
            service Second { Node Find (1: Leaf leaf) }
            """;
        const string Other = """
            namespace go third
            struct Leaf { 1: string size }
            service Third { Leaf Get (1: Leaf leaf) }
            """;
        await using var host = await JsonHost.StartAsync(map: static app =>
        {
            // Each with a schema of its own, as generated services have.
            foreach (var (idl, name) in new[] { (Idl, "First"), (Idl, "Second"), (Other, "Third") })
            {
                var schema = ThriftSchema.FromText(idl).GetService(name);
                app.MapThriftService(schema.Descriptor, new Silent());
                app.MapThriftJson(schema);
            }
        });

        var document = JsonNode.Parse(await host.Client.GetStringAsync(new Uri("/openapi.json", UriKind.Relative), TestContext.Current.CancellationToken))!;

        var names = document["components"]!["schemas"]!.AsObject().Select(static schema => schema.Key).ToList();
        Assert.Single(names, static name => name.Contains("Node", StringComparison.Ordinal));
        Assert.Equal(["Leaf", "third.Third.Leaf"], names.Where(static name => name.Contains("Leaf", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.All(References(document), reference => Assert.NotNull(document["components"]!["schemas"]![reference["#/components/schemas/".Length..]]));
    }

    private sealed class Silent : ThriftDynamicHandler;

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject all => all.SelectMany(static pair => pair.Key == "$ref" ? [(string)pair.Value!] : References(pair.Value)),
        JsonArray all => all.SelectMany(References),
        _ => [],
    };
}
