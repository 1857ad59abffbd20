using System.Runtime.CompilerServices;
using Demo.Echo;
using Microsoft.AspNetCore.Builder;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Contracts;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Proxy;

/// <summary>What goes with the messages: headers, trailers, metainfo, and names; and what a caller must not be able to smuggle past a proxy.</summary>
public sealed class ProxyMetadataTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Pairs { get; } = new(
        from front in new[] { "grpc", "ttheader" }
        from back in new[] { "grpc", "ttheader" }
        select (front, back));

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Stream_HeadersTrailersAndMetaInfo_AreForwardedBothWays(string front, string back)
    {
        var service = new MetadataService();
        await using var chain = await ProxyChain.StartAsync(front, back, service, ProxyScope.All);
        var options = new ThriftCallOptions
        {
            Headers = new() { ["tenant"] = "blue" },
            MetaInfo = new() { Transient = { ["NEAR"] = "1" }, Persistent = { ["FAR"] = "2" } },
        };
        options.Headers.Add("tenant", "green");

        await using var call = await chain.Client.OpenEchoServerAsync(Ask("x"), options, Token);
        var headers = await call.GetHeadersAsync(Token);
        await call.CountAsync(Token);

        Assert.Equal("blue, green", string.Join(", ", service.Headers!.GetValues("tenant")));
        Assert.Equal(("1", "2"), (service.MetaInfo!.Transient["NEAR"], service.MetaInfo.Persistent["FAR"]));
        Assert.Equal("h", headers["answer-header"]);
        Assert.Equal("t", call.Trailers["answer-trailer"]);
    }

    [Theory]
    [InlineData(ThriftTransport.TTHeader, ThriftTransport.TTHeaderFramed, "BACK answer-header")]
    [InlineData(ThriftTransport.TTHeader, ThriftTransport.Grpc, "answer-header")]
    [InlineData(ThriftTransport.Grpc, ThriftTransport.TTHeader, "")]
    public async Task PingPong_HeadersAndMetaInfo_AreForwardedAsFarAsTheTransportsCarryThem(ThriftTransport front, ThriftTransport back, string expected)
    {
        var service = new MetadataService();
        await using var chain = await ProxyChain.StartAsync(
            "ttheader", "ttheader", service, upstream: new() { PingPongTransport = back }, client: new() { PingPongTransport = front });

        await using var call = await chain.Client.OpenEchoPingPongAsync(Ask("x"), new() { Headers = new() { ["tenant"] = "blue" } }, Token);
        await call;

        Assert.Equal("blue", service.Headers!["tenant"]);
        Assert.Equal(expected, string.Join(' ', call.Backward.Keys.Order(StringComparer.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Headers_OfASingleHop_AreNotForwarded(string front, string back)
    {
        var service = new MetadataService();
        await using var chain = await ProxyChain.StartAsync(
            front, back, service, client: new() { ServiceName = "caller" }, upstream: new() { ServiceName = "proxy", Defaults = new() { Headers = new() { ["gate"] = "proxy's" } } });

        var headers = new ThriftMetadata { ["keep-alive"] = "5", ["proxy-authorization"] = "secret", ["isn"] = "Admin", ["gate"] = "caller's", ["kept"] = "yes" };
        await chain.Client.EchoServerAsync(Ask("x"), new() { Headers = headers }, Token).CountAsync(Token);

        Assert.Equal("yes", service.Headers!["kept"]);
        Assert.Equal(["proxy's"], service.Headers.GetValues("gate"));
        Assert.DoesNotContain(service.Headers, static header => header.Key is "keep-alive" or "proxy-authorization" or "isn");
        Assert.Equal("proxy", service.Caller);
    }

    [Theory]
    [InlineData("grpc", "ttheader")]
    [InlineData("ttheader", "grpc")]
    public async Task Headers_ThatAreDropped_DoNotReachTheServer(string front, string back)
    {
        var service = new MetadataService();
        await using var chain = await ProxyChain.StartAsync(front, back, service, options: new() { DroppedHeaders = { "Authorization", "answer-header" } });
        var options = new ThriftCallOptions
        {
            Headers = new() { ["authorization"] = "Bearer x" },
            MetaInfo = new() { Transient = { ["AUTHORIZATION"] = "Bearer x" } },
        };

        await using var call = await chain.Client.OpenEchoServerAsync(Ask("x"), options, Token);
        var headers = await call.GetHeadersAsync(Token);
        await call.CountAsync(Token);

        Assert.False(service.Headers!.TryGetValue("authorization", out _));
        Assert.Empty(service.MetaInfo!.Transient);
        Assert.False(headers.TryGetValue("answer-header", out _));
    }

    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public async Task Headers_ThatBelongToTheProtocolOfTheNextHop_CannotBeSmuggled(string back)
    {
        var service = new MetadataService();
        await using var chain = await ProxyChain.StartAsync("ttheader", back, service, ProxyScope.All);
        var headers = new ThriftMetadata();
        foreach (var name in new[] { "grpc-timeout", "grpc-status", ":authority", "content-type", "biz-status", "rx-timeout", "te" })
        {
            headers.AddReceived(name, "1n");
        }

        await chain.Client.EchoServerAsync(Ask("x"), new() { Headers = headers }, Token).CountAsync(Token);

        Assert.DoesNotContain(service.Headers!, header => headers.Any(sent => sent.Key == header.Key));
    }

    [Fact]
    public async Task Header_ThatGrpcCannotCarry_IsAClearError()
    {
        await using var chain = await ProxyChain.StartAsync("ttheader", "grpc", new EchoService());
        var headers = new ThriftMetadata();
        headers.AddReceived("a b", "value");

        var error = await Assert.ThrowsAsync<ThriftStatusException>(
            () => chain.Client.EchoServerAsync(Ask("x"), new() { Headers = headers }, Token).CountAsync(Token).AsTask());

        Assert.Equal(ThriftStatusCode.InvalidArgument, error.StatusCode);
        Assert.Contains("\"a b\"", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../Admin/Drop")]
    [InlineData("Echo?x=1")]
    [InlineData("Echo/../../Other/Drop")]
    [InlineData("Echo%2fDrop")]
    public async Task MethodName_ThatIsNotOfTheIdl_IsRefusedBeforeTheNextHop(string name)
    {
        await using var chain = await ProxyChain.StartAsync("ttheader", "grpc", new EchoService(), ProxyScope.All);
        var method = new ThriftMethod<ThriftRawMessage, ThriftRawMessage>(string.Empty, "TestService", name, ThriftStreamingMode.PingPong);

        var error = await Assert.ThrowsAsync<ThriftStatusException>(() => new ThriftInvoker(chain.Channel).CallAsync(method, new ThriftRawMessage(new byte[1]), cancellationToken: Token));

        Assert.Equal(ThriftStatusCode.Unimplemented, error.StatusCode);
    }

    [Theory]
    [InlineData("Shop")]
    [InlineData("Test")]
    public async Task Service_ThatIsNotTheProxys_IsUnknown(string service)
    {
        await using var chain = await ProxyChain.StartAsync("grpc", "ttheader", new EchoService(), ProxyScope.Named);
        var method = new ThriftMethod<ThriftRawMessage, ThriftRawMessage>("echo", service, "EchoServer", ThriftStreamingMode.Bidirectional);

        var calling = new ThriftInvoker(chain.Channel).DuplexStreamingAsync(method, AsyncEnumerable.Empty<ThriftRawMessage>(), cancellationToken: Token);

        await Assert.ThrowsAsync<ThriftStatusException>(() => calling.CountAsync(Token).AsTask());
    }

    [Fact]
    public async Task MapThriftProxy_OfAServiceOfWhichMethodsAreMapped_LeavesThoseAlone()
    {
        await using var chain = await ProxyChain.StartAsync("grpc", "grpc", new EchoService());
        await using var server = await ThriftServer.StartAsync(
            "127.0.0.1:0",
            builder => builder
                .AddService<ITestService>(new MetadataService())
                .Map(endpoints => endpoints.MapThriftProxy("TestService", chain.Channel)),
            Token);
        await using var channel = PatientChannel.ForAddress($"grpc://{server.Endpoint}");

        Assert.Equal(["own"], await new TestServiceClient(channel).EchoServerAsync(Ask("x"), Token).Select(static r => r.Message).ToListAsync(Token));
    }

    [Theory]
    [InlineData("")]
    [InlineData("shop/Shop")]
    [InlineData("shop.")]
    public async Task MapThriftProxy_NameThatIsNotOne_Throws(string name)
    {
        await using var channel = PatientChannel.ForAddress("grpc://127.0.0.1:1");
        await Assert.ThrowsAnyAsync<ArgumentException>(() => ThriftServer.StartAsync("127.0.0.1:0", builder => builder.Map(endpoints => endpoints.MapThriftProxy(name, channel)), Token));
    }

    [Fact]
    public async Task MapThriftProxy_TwiceForTheSameCalls_OrWithAChannelThatDoesNotFlow_Throws()
    {
        await using var channel = PatientChannel.ForAddress("grpc://127.0.0.1:1");
        await using var dry = PatientChannel.ForAddress("grpc://127.0.0.1:1", new() { FlowServerContext = false });
        await using var dryCalls = PatientChannel.ForAddress("grpc://127.0.0.1:1", new() { Defaults = new() { FlowServerContext = false } });
        await using var dryMethod = PatientChannel.ForAddress("grpc://127.0.0.1:1", new() { Methods = { ["Do"] = new() { FlowServerContext = false } } });

        await Assert.ThrowsAsync<InvalidOperationException>(() => ThriftServer.StartAsync(
            "127.0.0.1:0", builder => builder.Map(endpoints => endpoints.MapThriftProxy(channel)).Map(endpoints => endpoints.MapThriftProxy(channel)), Token));
        await Assert.ThrowsAsync<InvalidOperationException>(() => ThriftServer.StartAsync(
            "127.0.0.1:0", builder => builder.Map(endpoints => endpoints.MapThriftProxy("S", channel)).Map(endpoints => endpoints.MapThriftProxy("a.S", channel)), Token));
        foreach (var refused in new[] { dry, dryCalls, dryMethod })
        {
            await Assert.ThrowsAsync<ArgumentException>(() => ThriftServer.StartAsync("127.0.0.1:0", builder => builder.Map(endpoints => endpoints.MapThriftProxy(refused)), Token));
        }
    }

    private sealed class MetadataService : EchoBase
    {
        public ThriftMetadata? Headers { get; private set; }

        public ThriftMetaInfo? MetaInfo { get; private set; }

        public string? Caller { get; private set; }

        public override async IAsyncEnumerable<Response> EchoServerAsync(Request req, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            Take();
            await Task.CompletedTask;
            yield return Answer("own");
        }

        public override Task<Response> EchoPingPongAsync(Request req, CancellationToken cancellationToken = default)
        {
            Take();
            return base.EchoPingPongAsync(req, cancellationToken);
        }

        private void Take()
        {
            var context = ThriftServerContext.Current!;
            (Headers, MetaInfo, Caller) = (context.RequestHeaders, context.MetaInfo, context.CallerService);
            context.ResponseHeaders["answer-header"] = "h";
            context.ResponseTrailers["answer-trailer"] = "t";
            context.MetaInfo.Backward["BACK"] = "b";
        }
    }
}
