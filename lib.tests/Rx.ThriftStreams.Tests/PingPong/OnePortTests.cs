using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Tests.Interop;

namespace Rx.ThriftStreams.Tests.PingPong;

/// <summary>One server, one port, every transport.</summary>
public sealed class OnePortTests : IAsyncLifetime
{
    private readonly SinkService _sink = new();
    private ThriftServer _server = null!;

    public static TheoryData<ThriftTransport> PingPongTransports =>
        [ThriftTransport.Grpc, ThriftTransport.TTHeader, ThriftTransport.TTHeaderFramed, ThriftTransport.Framed, ThriftTransport.Buffered];

    public static TheoryData<ThriftTransport> StreamTransports => [ThriftTransport.Grpc, ThriftTransport.TTHeaderStreaming];

    public async ValueTask InitializeAsync() => _server = await ThriftServer.StartAsync(
        "127.0.0.1:0",
        services => services
            .AddService<Demo.Echo.ITestService>(new EchoService())
            .AddService<IKitchenSink>(_sink)
            .Configure(options => options.RevealErrors = true));

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [MemberData(nameof(StreamTransports))]
    public async Task Streams_OverEachTransport_Work(ThriftTransport transport)
    {
        await using var channel = Open(options => options.StreamTransport = transport);
        var client = new Demo.Echo.TestServiceClient(channel);
        var requests = AsyncEnumerable.Range(0, 3).Select(i => new Demo.Echo.Request { Message = $"m{i}" });

        Assert.Equal(["m0", "m1", "m2"], await client.EchoAsync(requests).Select(r => r.Message).ToListAsync(TestContext.Current.CancellationToken));
        Assert.Equal(
            ["x-0", "x-1", "x-2"],
            await client.EchoServerAsync(new() { Message = "x" }).Select(r => r.Message).ToListAsync(TestContext.Current.CancellationToken));
        Assert.Equal("m0,m1,m2", (await client.EchoClientAsync(requests, TestContext.Current.CancellationToken)).Message);
    }

    [Theory]
    [MemberData(nameof(PingPongTransports))]
    public async Task PingPong_EveryKindOfMethod_Works(ThriftTransport transport)
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var channel = OpenPingPong(transport);
        var client = new KitchenSinkClient(channel);
        var echo = new Demo.Echo.TestServiceClient(channel);

        Assert.Equal(5, await client.AddAsync(2, 3, cancellation));
        Assert.Equal("text", await client.EchoStringAsync("text", cancellation));
        Assert.Equal([1L, 2, 3], await client.RangeAsync(1, 4, cancellation));
        await client.DoVoidAsync("plain", cancellation);
        Assert.Equal("u", (await echo.EchoUnaryAsync(new() { Message = "u" }, cancellation)).Message);
        var sent = new AllTypes { ReqString = "r", ReqI32 = 7, FString = "one" };
        Assert.Equal(sent, await client.PingPongAsync(sent, "plain", cancellation));

        var declared = await Assert.ThrowsAsync<SinkException>(() => client.DoVoidAsync("throw:42:why", cancellation));
        Assert.Equal((42, "why"), (declared.Code, declared.Reason));
        var other = await Assert.ThrowsAsync<OtherException>(() => client.PingPongAsync(sent, "throwother:because", cancellation));
        Assert.Equal("because", other.Why);

        await client.FireAsync("fired", cancellation);
        Assert.Equal("fired", await _sink.Fired.WaitAsync(TimeSpan.FromSeconds(30), cancellation));
    }

    [Theory]
    [InlineData(ThriftTransport.TTHeader)]
    [InlineData(ThriftTransport.Framed)]
    [InlineData(ThriftTransport.Buffered)]
    public async Task PingPong_HandlerErrors_ReadAsFromKitex(ThriftTransport transport)
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var channel = OpenPingPong(transport);
        var client = new KitchenSinkClient(channel);

        var status = await Assert.ThrowsAsync<ThriftStatusException>(() => client.EchoStringAsync("status", cancellation));
        var panic = await Assert.ThrowsAsync<ThriftStatusException>(() => client.EchoStringAsync("fault", cancellation));

        Assert.Equal(
            (6, "biz error: rpc error: code = 9 desc = nope", "nope", ThriftStatusCode.FailedPrecondition),
            (status.Kitex!.Code, status.Kitex.Text, status.Message, status.StatusCode));
        Assert.Equal(
            "panic: [happened in biz handler, method=KitchenSink.EchoString, please check the panic at the server side] boom", panic.Kitex!.Text);
        Assert.Equal("The handler of KitchenSink.EchoString failed: boom", panic.Message);
    }

    [Fact]
    public async Task PingPong_BizErrorAndBackwardOverTTHeader_Arrive()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var channel = OpenPingPong(ThriftTransport.TTHeader);
        var client = new KitchenSinkClient(channel);

        var biz = await Assert.ThrowsAsync<ThriftBizStatusException>(() => client.EchoStringAsync("biz", cancellation));
        await using var call = await client.OpenEchoStringAsync("backward", cancellationToken: cancellation);
        await call.GetResponseAsync();

        Assert.Equal((404, "not here", "v"), (biz.Code, biz.Message, biz.Extra["k"]));
        Assert.Equal("value", call.Backward["lab-backward"]);
    }

    [Theory]
    [InlineData(ThriftTransport.TTHeader)]
    [InlineData(ThriftTransport.TTHeaderFramed)]
    public async Task PingPong_AnswerWithALongHeader_ArrivesWhole(ThriftTransport transport)
    {
        await using var channel = OpenPingPong(transport);

        await using var call = await new KitchenSinkClient(channel).OpenEchoStringAsync("longbackward", cancellationToken: TestContext.Current.CancellationToken);

        Assert.NotNull(await call.GetResponseAsync());
        Assert.Equal(new string('b', 5_000), call.Backward["lab-backward"]);
    }

    [Fact]
    public async Task PingPong_MetaInfoCallerAndDeadlineOverTTHeader_ReachTheHandler()
    {
        await using var channel = Open(options =>
        {
            options.PingPongTransport = ThriftTransport.TTHeaderFramed;
            options.ServiceName = "caller";
        });
        var metaInfo = new ThriftMetaInfo();
        metaInfo.Transient["Key"] = "t";
        metaInfo.Persistent["OTHER"] = "p";

        var seen = await new KitchenSinkClient(channel).EchoStringAsync(
            "context", new ThriftCallOptions { MetaInfo = metaInfo, Timeout = TimeSpan.FromMinutes(1) }, TestContext.Current.CancellationToken);

        Assert.Equal("ttheaderframed,caller,t,p,True", seen);
    }

    [Theory]
    [InlineData(ThriftTransport.TTHeader, 1, "unknown method EchoPingPong (service KitchenSink)")]
    [InlineData(ThriftTransport.Framed, 20, "unknown service , method NoSuchMethod")]
    public async Task PingPong_UnknownMethod_IsAnsweredAndTheConnectionClosed(ThriftTransport transport, int type, string text)
    {
        await using var channel = OpenPingPong(transport);
        var method = transport == ThriftTransport.TTHeader ? "EchoPingPong" : "NoSuchMethod";
        var unknown = new UnknownMethodClient(channel, "KitchenSink", method);

        var error = await Assert.ThrowsAsync<ThriftStatusException>(() => unknown.CallAsync(TestContext.Current.CancellationToken));

        Assert.Equal((type, text, ThriftStatusCode.Unimplemented), (error.Kitex!.Code, error.Kitex.Text, error.StatusCode));
        Assert.Equal(5, await new KitchenSinkClient(channel).AddAsync(2, 3, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(ThriftTransport.TTHeader)]
    [InlineData(ThriftTransport.TTHeaderFramed)]
    [InlineData(ThriftTransport.Framed)]
    public async Task PingPong_RequestTooLarge_IsAnsweredThoughItsCallerWritesOn(ThriftTransport transport)
    {
        await using var channel = OpenPingPong(transport);
        var client = new KitchenSinkClient(channel);

        var error = await Assert.ThrowsAsync<ThriftStatusException>(
            () => client.EchoStringAsync(new string('x', 20_000_000), TestContext.Current.CancellationToken));

        Assert.Equal(7, error.Kitex!.Code);
        Assert.EndsWith("larger than the limit(4194304) of ThriftServerOptions.Limits.MaxReceiveMessageSize", error.Message, StringComparison.Ordinal);
        Assert.Equal("fine", await client.EchoStringAsync("fine", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task PingPong_Multiplexed_ManyCallersShareAConnection()
    {
        await using var channel = Open(options =>
        {
            options.PingPongTransport = ThriftTransport.TTHeader;
            options.Connections.Mode = ThriftConnectionMode.Multiplexed;
            options.Connections.MaxPerEndpoint = 1;
        });
        var client = new KitchenSinkClient(channel);

        var sums = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => client.AddAsync(i, 1, TestContext.Current.CancellationToken)));

        Assert.Equal(Enumerable.Range(1, 200), sums);
    }

    [Theory]
    [InlineData("474554202f20485454502f312e310d0a0d0a")]
    [InlineData("0000002600000000ffffffff00000000")]
    [InlineData("7fffffff80010001000000044563686f00000001")]
    [InlineData("80010001ffffffff4563686f00000001")]
    [InlineData("0000004810000000000000010fff000001")]
    public async Task Port_GarbageAsFirstBytes_ClosesThatConnectionOnly(string hex)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(_server.Endpoint, TestContext.Current.CancellationToken);
        var stream = socket.GetStream();
        await stream.WriteAsync(Convert.FromHexString(hex), TestContext.Current.CancellationToken);

        Assert.Equal(0, await ReadToEndAsync(stream));
        await using var channel = OpenPingPong(ThriftTransport.Framed);
        Assert.Equal(5, await new KitchenSinkClient(channel).AddAsync(2, 3, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Port_ByteByByte_IsUnderstood()
    {
        // The example of a framed CALL and its REPLY: EchoPingPong, sequence id 1, {1: {1: "hi"}}.
        var call = Convert.FromHexString("00000026" + "80010001" + "0000000c" + "4563686f50696e67506f6e67" + "00000001" + "0c00010b00010000000268690000");
        using var socket = new TcpClient { NoDelay = true };
        await socket.ConnectAsync(_server.Endpoint, TestContext.Current.CancellationToken);
        var stream = socket.GetStream();
        foreach (var one in call)
        {
            await stream.WriteAsync(new[] { one }, TestContext.Current.CancellationToken);
        }

        var reply = new byte[42];
        await stream.ReadExactlyAsync(reply, TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        Assert.Equal(
            "00000026" + "80010002" + "0000000c" + "4563686f50696e67506f6e67" + "00000001" + "0c00000b00010000000268690000", Convert.ToHexStringLower(reply));
    }

    [Fact]
    public async Task Start_TwoServicesShareAMethod_FailsUnlessAFallbackIsNamed()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => ThriftServer.StartAsync("127.0.0.1:0", Both));
        await using var server = await ThriftServer.StartAsync(
            "127.0.0.1:0", services => Both(services.Configure(options => options.PingPong.FallbackService = "TestService")));

        Assert.Contains("belongs to several services, and calls that name no service could not be routed", error.Message, StringComparison.Ordinal);

        // Both generated contracts are of a service named differently only by their C# namespaces, so the second needs another name.
        static void Both(ThriftServerBuilder services) => services
            .AddService<Demo.Echo.ITestService>(new EchoService())
            .AddService<Twin.ITwinService>(new TwinService());
    }

    private static async Task<long> ReadToEndAsync(NetworkStream stream)
    {
        using var received = new MemoryStream();
        try
        {
            await stream.CopyToAsync(received).WaitAsync(TimeSpan.FromSeconds(30));
        }
        catch (IOException)
        {
            // A reset is as good an end as any.
        }

        return received.Length;
    }

    private ThriftChannel OpenPingPong(ThriftTransport transport) => Open(options =>
    {
        options.PingPongTransport = transport;
        options.StreamTransport = transport == ThriftTransport.Grpc ? ThriftTransport.Grpc : ThriftTransport.TTHeaderStreaming;
    });

    private ThriftChannel Open(Action<ThriftChannelOptions> configure)
    {
        var options = new ThriftChannelOptions { Resilience = { ConnectTimeout = TimeSpan.FromSeconds(30) } };
        configure(options);
        return PatientChannel.ForAddress($"ttheader://{_server.Endpoint}", options);
    }
}
