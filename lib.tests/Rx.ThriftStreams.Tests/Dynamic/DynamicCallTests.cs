using System.Net;
using System.Text.Json.Nodes;
using Demo.Echo;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Compiler.Tests;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Dynamic;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Tests.Dynamic;

/// <summary>Generic clients and servers: every kind of method on every transport, also against generated code.</summary>
public sealed class DynamicCallTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<ThriftTransport, ThriftProtocol> Calls() => new()
    {
        { ThriftTransport.Grpc, ThriftProtocol.Binary },
        { ThriftTransport.TTHeader, ThriftProtocol.Binary },
        { ThriftTransport.TTHeaderFramed, ThriftProtocol.Binary },
        { ThriftTransport.Framed, ThriftProtocol.Binary },
        { ThriftTransport.Framed, ThriftProtocol.Compact },
        { ThriftTransport.Framed, ThriftProtocol.Json },
        { ThriftTransport.Buffered, ThriftProtocol.Binary },
        { ThriftTransport.Buffered, ThriftProtocol.Json },
    };

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Call_OfEveryKind_AnswersJson(ThriftTransport transport, ThriftProtocol protocol)
    {
        var shop = new Shop();
        await using var server = await ServeAsync(shop);
        await using var channel = Open(server, transport, protocol);
        var client = new ThriftDynamicClient(channel, Shop.Schema);

        AssertJson("""{"name":"pen","count":1,"data":"AP/+"}""", await client.CallJsonAsync("Get", "\"pen\"", cancellationToken: Token));
        AssertJson("null", await client.CallJsonAsync("Put", """{"name":"pen","data":"/w=="}""", cancellationToken: Token));
        AssertJson("5", await client.CallJsonAsync("Add", """{"a":2,"b":3}""", cancellationToken: Token));
        AssertJson("null", await client.CallJsonAsync("Note", "\"hello\"", cancellationToken: Token));
        Assert.Equal("hello", await shop.Noted.WaitAsync(Token));
        AssertJson("""{"name":"u","data":"AAE="}""", await client.CallJsonAsync("Una", """{"name":"u","data":"AAE="}""", cancellationToken: Token));
        var refused = await Assert.ThrowsAsync<ThriftDynamicException>(() => client.CallJsonAsync("Get", "\"\"", cancellationToken: Token));
        Assert.Equal("Refused", refused.Name);
        AssertJson("""{"code":7,"reason":"no name"}""", refused.Value.ToJson());
        await Assert.ThrowsAsync<ThriftDynamicException>(() => client.CallJsonAsync("Put", """{"name":""}""", cancellationToken: Token));
    }

    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public async Task Stream_OfEveryKind_CarriesJson(string scheme)
    {
        await using var server = await ServeAsync(new Shop());
        await using var channel = PatientChannel.ForAddress($"{scheme}://{server.Endpoint}");
        var client = new ThriftDynamicClient(channel, Shop.Schema);
        var items = new[] { """{"name":"a"}""", """{"name":"b","count":9}""" };

        var down = await client.ServerStreamingJsonAsync("Down", items[0]).ToListAsync(Token);
        var up = await client.ClientStreamingJsonAsync("Up", items.ToAsyncEnumerable(), cancellationToken: Token);
        var both = await client.DuplexStreamingJsonAsync("Both", items.ToAsyncEnumerable()).ToListAsync(Token);

        Assert.Equal(["""{"name":"0","count":0}""", """{"name":"1","count":1}""", """{"name":"2","count":2}"""], down);
        AssertJson("""{"name":"a+b","count":2}""", up);
        Assert.Equal(items, both);
    }

    [Theory]
    [InlineData(ThriftProtocol.Binary)]
    [InlineData(ThriftProtocol.Compact)]
    [InlineData(ThriftProtocol.Json)]
    public async Task Call_OverHttp_AnswersJson(ThriftProtocol protocol)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddThriftStreams();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http1));
        await using var app = builder.Build();
        app.MapThriftService(Shop.Schema.Descriptor, new Shop());
        app.MapThriftHttp("/thrift");
        await app.StartAsync(Token);
        await using var channel = PatientChannel.ForAddress(
            $"http://{new Uri(app.Urls.First()).Authority}",
            new() { PingPong = { Protocol = protocol, HttpPath = "/thrift" } });
        var client = new ThriftDynamicClient(channel, Shop.Schema);

        AssertJson("""{"name":"pen","count":1,"data":"AP/+"}""", await client.CallJsonAsync("Get", "\"pen\"", cancellationToken: Token));
        AssertJson("null", await client.CallJsonAsync("Put", """{"name":"u","data":"AAE="}""", cancellationToken: Token));
        await Assert.ThrowsAsync<ThriftDynamicException>(() => client.CallJsonAsync("Get", "\"\"", cancellationToken: Token));
    }

    [Fact]
    public async Task InMemoryServer_ServesADynamicService()
    {
        await using var server = ThriftInMemoryServer.Create(setup => setup.AddService(Shop.Schema.Descriptor, new Shop()));
        await using var channel = server.CreateChannel();

        AssertJson("5", await new ThriftDynamicClient(channel, Shop.Schema).CallJsonAsync("Add", """{"a":2,"b":3}""", cancellationToken: Token));
    }

    [Fact]
    public async Task Bytes_WithoutAnySchema_ReachTheServer()
    {
        await using var server = await ServeAsync(new Shop());
        await using var channel = PatientChannel.ForAddress($"grpc://{server.Endpoint}");
        var method = new ThriftMethod<ThriftDynamicMessage, ThriftDynamicMessage>("shop", "Shop", "Get", ThriftStreamingMode.PingPong);
        var arguments = new ThriftDynamicMessage(Convert.FromHexString("0b00010000000370656e00"));

        var result = await new ThriftInvoker(channel).CallAsync(method, arguments, cancellationToken: Token);

        Assert.Equal("0c00000b00010000000370656e0a000200000000000000010b00030000000300fffe0000", Convert.ToHexStringLower(result.Bytes.Span));
        Assert.Null(result.Schema);
        Assert.Throws<InvalidOperationException>(() => result.ToJson());
    }

    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public async Task GeneratedServer_AnswersADynamicClient(string scheme)
    {
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", static setup => setup.AddService<ITestService>(new EchoService()), Token);
        await using var channel = PatientChannel.ForAddress($"{scheme}://{server.Endpoint}");
        var client = new ThriftDynamicClient(channel, EchoSchema());

        AssertJson("""{"message":"hi"}""", await client.CallJsonAsync("EchoPingPong", """{"message":"hi"}""", cancellationToken: Token));
        AssertJson("""{"message":"hi"}""", await client.CallJsonAsync("EchoUnary", """{"message":"hi"}""", cancellationToken: Token));
        Assert.Equal(["""{"message":"hi"}"""], await client.DuplexStreamingJsonAsync("Echo", new[] { """{"message":"hi"}""" }.ToAsyncEnumerable()).ToListAsync(Token));
    }

    [Fact]
    public async Task DynamicServer_AnswersAGeneratedClient()
    {
        var service = EchoSchema();
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", setup => setup.AddService(service.Descriptor, new Mirror()), Token);
        await using var channel = PatientChannel.ForAddress($"ttheader://{server.Endpoint}");
        var client = new TestServiceClient(channel);

        Assert.Equal("a", (await client.EchoPingPongAsync(new() { Message = "a" }, Token)).Message);
        Assert.Equal(["b", "c"], await client.EchoAsync(new Request[] { new() { Message = "b" }, new() { Message = "c" } }.ToAsyncEnumerable(), Token).Select(static r => r.Message!).ToListAsync(Token));
        var refused = await Assert.ThrowsAsync<ThriftStatusException>(() => client.EchoClientAsync(AsyncEnumerable.Empty<Request>(), Token));
        Assert.Equal(ThriftStatusCode.Unimplemented, refused.StatusCode);
    }

    [Fact]
    public async Task Client_MethodOfAnotherNameOrKind_IsRefusedBeforeTheCall()
    {
        await using var channel = ThriftChannel.ForAddress("grpc://127.0.0.1:1");
        var client = new ThriftDynamicClient(channel, Shop.Schema);

        Assert.Contains("no method \"Gone\"", (await Assert.ThrowsAsync<ThriftSchemaException>(() => client.CallJsonAsync("Gone", "1", cancellationToken: Token))).Message, StringComparison.Ordinal);
        Assert.Contains("kind Bidirectional", (await Assert.ThrowsAsync<ThriftSchemaException>(() => client.CallJsonAsync("Both", "{}", cancellationToken: Token))).Message, StringComparison.Ordinal);
        Assert.Throws<ThriftSchemaException>(() => client.ServerStreamingJsonAsync("Get", "{}"));
        var error = await Assert.ThrowsAsync<ThriftJsonException>(() => client.CallJsonAsync("Put", """{"count":"many"}""", cancellationToken: Token));
        Assert.Equal("$.count", error.Path);
    }

    private static ThriftServiceSchema EchoSchema()
        => ThriftSchema.FromFile(Path.Combine(Repository.Root, "lib.tests/Rx.ThriftStreams.Tests/Idl/echo.thrift")).GetService("TestService");

    private static Task<ThriftServer> ServeAsync(Shop shop) => ThriftServer.StartAsync("127.0.0.1:0", setup => setup.AddService(Shop.Schema.Descriptor, shop), Token);

    private static ThriftChannel Open(ThriftServer server, ThriftTransport transport, ThriftProtocol protocol)
        => transport == ThriftTransport.Grpc
            ? PatientChannel.ForAddress($"grpc://{server.Endpoint}")
            : PatientChannel.ForAddress($"ttheader://{server.Endpoint}", new() { PingPongTransport = transport, PingPong = { Protocol = protocol } });

    private static void AssertJson(string expected, string actual) => Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(actual)), $"{actual} instead of {expected}");

    /// <summary>Answers with what was sent; it does not handle client streams.</summary>
    private sealed class Mirror : ThriftDynamicHandler
    {
        public override Task<ThriftDynamicMessage?> CallAsync(ThriftMethodSchema method, ThriftDynamicMessage arguments, CancellationToken cancellationToken)
            => Task.FromResult<ThriftDynamicMessage?>(ThriftDynamicMessage.FromJson(method.Response, arguments.ToJson()));

        public override IAsyncEnumerable<ThriftDynamicMessage> DuplexStreamingAsync(
            ThriftMethodSchema method,
            IAsyncEnumerable<ThriftDynamicMessage> requests,
            CancellationToken cancellationToken)
            => requests;
    }
}
