using Demo.Echo;
using Microsoft.AspNetCore.Builder;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Dynamic;
using Rx.ThriftStreams.Serialization;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Proxy;

/// <summary>Every mode over every pair of transports, and what cannot work.</summary>
public sealed class ProxyTransportTests
{
    private static readonly ThriftTransport[] PingPong =
        [ThriftTransport.Grpc, ThriftTransport.TTHeader, ThriftTransport.TTHeaderFramed, ThriftTransport.Framed, ThriftTransport.Buffered];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, string, ProxyScope> Streams { get; } = new(
        from front in new[] { "grpc", "ttheader" }
        from back in new[] { "grpc", "ttheader" }
        from scope in Enum.GetValues<ProxyScope>()
        select (front, back, scope));

    public static TheoryData<ThriftTransport, ThriftTransport> Calls { get; } = new(
        from front in PingPong
        from back in PingPong
        select (front, back));

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task Streams_OfEveryMode_ReachTheServer(string front, string back, ProxyScope scope)
    {
        await using var chain = await ProxyChain.StartAsync(front, back, new EchoService(), scope);
        string[] texts = [.. Enumerable.Range(0, 50).Select(static i => $"{i}")];
        var requests = texts.Select(Ask).ToAsyncEnumerable();

        Assert.Equal(texts, await chain.Client.EchoAsync(requests, Token).Select(static r => r.Message).ToListAsync(Token));
        Assert.Equal(string.Join(',', texts), (await chain.Client.EchoClientAsync(requests, Token)).Message);
        Assert.Equal(["x-0", "x-1", "x-2"], await chain.Client.EchoServerAsync(Ask("x"), Token).Select(static r => r.Message).ToListAsync(Token));
        Assert.Empty(await chain.Client.EchoAsync(AsyncEnumerable.Empty<Request>(), Token).ToListAsync(Token));
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task Calls_OfOneMessage_ReachTheServer_UnlessTheirModeIsUnknown(string front, string back, ProxyScope scope)
    {
        await using var chain = await ProxyChain.StartAsync(front, back, new EchoService(), scope);
        if (front == "grpc" && back == "ttheader" && scope != ProxyScope.Described)
        {
            // Over gRPC the call may be a stream, and the server refuses to serve it as one.
            var refused = await Assert.ThrowsAsync<ThriftStatusException>(() => chain.Client.EchoUnaryAsync(Ask("x"), Token));
            Assert.Contains("call it by ping-pong", refused.Message, StringComparison.Ordinal);
            return;
        }

        Assert.Equal("x", (await chain.Client.EchoUnaryAsync(Ask("x"), Token)).Message);
        Assert.Equal("y", (await chain.Client.EchoPingPongAsync(Ask("y"), Token)).Message);
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task PingPong_OverEveryPair_ReachesTheServer(ThriftTransport front, ThriftTransport back)
    {
        await using var chain = await ProxyChain.StartAsync(
            "ttheader", "ttheader", new EchoService(), upstream: new() { PingPongTransport = back }, client: new() { PingPongTransport = front });

        Assert.Equal("x", (await chain.Client.EchoPingPongAsync(Ask("x"), Token)).Message);
    }

    [Theory]
    [InlineData(ThriftProtocol.Compact, ThriftTransport.Grpc)]
    [InlineData(ThriftProtocol.Json, ThriftTransport.TTHeader)]
    public async Task PingPong_InAnotherProtocol_IsConvertedToBinaryAndBack(ThriftProtocol protocol, ThriftTransport back)
    {
        await using var chain = await ProxyChain.StartAsync(
            "ttheader",
            "ttheader",
            new EchoService(),
            upstream: new() { PingPongTransport = back },
            client: new() { PingPongTransport = ThriftTransport.Framed, PingPong = { Protocol = protocol } });

        Assert.Equal("x", (await chain.Client.EchoPingPongAsync(Ask("x"), Token)).Message);
    }

    [Theory]
    [InlineData(ProxyScope.Named)]
    [InlineData(ProxyScope.Described)]
    public async Task PingPong_WithoutAServiceName_ReachesTheOnlyService(ProxyScope scope)
    {
        await using var chain = await ProxyChain.StartAsync(
            "ttheader", "grpc", new EchoService(), scope, client: new() { PingPongTransport = ThriftTransport.Framed });

        Assert.Equal("x", (await chain.Client.EchoPingPongAsync(Ask("x"), Token)).Message);
    }

    [Fact]
    public async Task PingPong_WithoutAServiceName_IsRefusedByAProxyOfAllServices_UntilAFallbackServiceIsSet()
    {
        var framed = new ThriftChannelOptions { PingPongTransport = ThriftTransport.Framed };
        await using var refusing = await ProxyChain.StartAsync("ttheader", "grpc", new EchoService(), ProxyScope.All, client: framed);
        await using var naming = await ProxyChain.StartAsync(
            "ttheader", "grpc", new EchoService(), ProxyScope.All, client: framed, proxy: static options => options.PingPong.FallbackService = "TestService");

        var refused = await Assert.ThrowsAsync<ThriftStatusException>(() => refusing.Client.EchoPingPongAsync(Ask("x"), Token));

        Assert.Contains("FallbackService", refused.Message, StringComparison.Ordinal);
        Assert.Equal("x", (await naming.Client.EchoPingPongAsync(Ask("x"), Token)).Message);
    }

    [Theory]
    [InlineData("grpc", "ttheader")]
    [InlineData("ttheader", "grpc")]
    public async Task Proxies_InARow_Work(string first, string second)
    {
        await using var chain = await ProxyChain.StartAsync(second, first, new EchoService(), ProxyScope.Named);
        await using var outer = await ThriftServer.StartAsync(
            "127.0.0.1:0", builder => builder.Map(endpoints => endpoints.MapThriftProxy(chain.Channel)), Token);
        await using var channel = PatientChannel.ForAddress($"{first}://{outer.Endpoint}");

        Assert.Equal(["x-0", "x-1", "x-2"], await new TestServiceClient(channel).EchoServerAsync(Ask("x"), Token).Select(static r => r.Message).ToListAsync(Token));
    }

    [Theory]
    [InlineData(ThriftTransport.Grpc, ThriftTransport.TTHeader)]
    [InlineData(ThriftTransport.TTHeader, ThriftTransport.Grpc)]
    [InlineData(ThriftTransport.Framed, ThriftTransport.TTHeader)]
    public async Task Oneway_IsForwardedAsOneway(ThriftTransport front, ThriftTransport back)
    {
        var received = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var schema = ThriftSchema.FromText("namespace go notes\nservice Notes { oneway void Note(1: string text) }").GetService("Notes");
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", builder => builder.AddService(schema.Descriptor, new NoteHandler(received)), Token);
        await using var upstream = PatientChannel.ForAddress($"ttheader://{server.Endpoint}", new() { PingPongTransport = back });
        await using var proxy = await ThriftServer.StartAsync(
            "127.0.0.1:0",
            builder => builder.Map(endpoints => endpoints.MapThriftProxy(schema.Descriptor, upstream)),
            Token);
        await using var channel = PatientChannel.ForAddress($"ttheader://{proxy.Endpoint}", new() { PingPongTransport = front });

        await new ThriftDynamicClient(channel, schema).CallJsonAsync("Note", "\"hello\"", cancellationToken: Token);

        Assert.Equal("\"hello\"", await received.Task.Soon());
    }

    private sealed class NoteHandler(TaskCompletionSource<string> received) : ThriftDynamicHandler
    {
        public override Task<ThriftDynamicMessage?> CallAsync(ThriftMethodSchema method, ThriftDynamicMessage arguments, CancellationToken cancellationToken)
        {
            received.SetResult(arguments.ToJson());
            return Task.FromResult<ThriftDynamicMessage?>(null);
        }
    }
}
