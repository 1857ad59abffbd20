using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Tests.Interop;

namespace Rx.ThriftStreams.Tests.PingPong;

/// <summary>Thrift over HTTP/1.1: this library's client and server, and what others may send.</summary>
public sealed class ThriftHttpTests : IAsyncLifetime
{
    private readonly SinkService _sink = new();
    private WebApplication _application = null!;
    private string _endpoint = null!;

    public static TheoryData<string> Responses =>
    [
        "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}",
        "HTTP/1.0 200 OK\r\ncontent-type: application/x-thrift\r\n\r\n{body}",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{first}\r\n{rest-length};x=y\r\n{rest}\r\n0\r\nA: b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{body}",
    ];

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddThriftStreams(options =>
        {
            options.RevealErrors = true;
            options.Limits.MaxReceiveMessageSize = 100_000;
        });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1));
        _application = builder.Build();
        _application.UseRouting();
        _application.MapThriftService<IKitchenSink>(_sink);
        _application.MapThriftHttp("/thrift");
        await _application.StartAsync(TestContext.Current.CancellationToken);
        _endpoint = new Uri(_application.Urls.First()).Authority;
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    [Theory]
    [InlineData(ThriftProtocol.Binary)]
    [InlineData(ThriftProtocol.Compact)]
    [InlineData(ThriftProtocol.Json)]
    public async Task Call_EveryKindOfMethod_Works(ThriftProtocol protocol)
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var channel = Open(_endpoint, protocol);
        var client = new KitchenSinkClient(channel);

        Assert.Equal(5, await client.AddAsync(2, 3, cancellation));
        Assert.Equal([1L, 2, 3], await client.RangeAsync(1, 4, cancellation));
        var declared = await Assert.ThrowsAsync<SinkException>(() => client.DoVoidAsync("throw:42:why", cancellation));
        Assert.Equal((42, "why"), (declared.Code, declared.Reason));
        var status = await Assert.ThrowsAsync<ThriftStatusException>(() => client.EchoStringAsync("status", cancellation));
        Assert.Equal((ThriftStatusCode.FailedPrecondition, "nope"), (status.StatusCode, status.Message));
        var large = await Assert.ThrowsAsync<ThriftStatusException>(() => client.EchoStringAsync(new string('x', 200_000), cancellation));
        Assert.Equal(ThriftStatusCode.ResourceExhausted, large.StatusCode);

        await client.FireAsync("fired", cancellation);
        Assert.Equal("fired", await _sink.Fired.WaitAsync(TimeSpan.FromSeconds(30), cancellation));
    }

    [Fact]
    public async Task Call_WithHeaders_SendsThem()
    {
        await using var channel = Open(_endpoint, ThriftProtocol.Binary);
        var headers = new ThriftMetadata { { "authorization", "Bearer x" }, { "lab", "é" } };

        var seen = await new KitchenSinkClient(channel).EchoStringAsync("header:authorization", new ThriftCallOptions { Headers = headers }, TestContext.Current.CancellationToken);

        Assert.Equal("Bearer x", seen);
    }

    [Fact]
    public async Task Call_OfAnotherPath_FailsWithTheStatus()
    {
        await using var channel = Open(_endpoint, ThriftProtocol.Binary, "/elsewhere");

        var error = await Assert.ThrowsAsync<ThriftStatusException>(() => new KitchenSinkClient(channel).AddAsync(2, 3, TestContext.Current.CancellationToken));

        Assert.Equal(ThriftStatusCode.Unimplemented, error.StatusCode);
        Assert.Contains("404", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text/plain", "80010001000000034164640000000100", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("application/x-thrift", "ffff", HttpStatusCode.BadRequest)]
    [InlineData("application/x-thrift", "", HttpStatusCode.BadRequest)]
    [InlineData("application/x-thrift; charset=utf-8", "80010001000000034164640000000100", HttpStatusCode.OK)]
    [InlineData("application/vnd.apache.thrift.binary", "80010004000000034164640000000100", HttpStatusCode.OK)]
    [InlineData(null, "80010001000000034164640000000100", HttpStatusCode.OK)]
    public async Task Request_ByHand_IsAnsweredWithItsStatus(string? contentType, string hex, HttpStatusCode status)
    {
        using var http = new HttpClient();
        using var content = new ByteArrayContent(Convert.FromHexString(hex));
        content.Headers.ContentType = contentType is null ? null : MediaTypeHeaderValue.Parse(contentType);

        using var response = await http.PostAsync(new Uri($"http://{_endpoint}/thrift"), content, TestContext.Current.CancellationToken);

        Assert.Equal(status, response.StatusCode);
        var isOneway = hex.StartsWith("80010004", StringComparison.Ordinal);
        Assert.Equal(status == HttpStatusCode.OK && !isOneway, (await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)).Length > 0);
    }

    [Fact]
    public async Task Request_ChunkedAndTooLarge_IsRefused()
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"http://{_endpoint}/thrift")) { Content = new ByteArrayContent(new byte[300_000]) };
        request.Headers.TransferEncodingChunked = true;

        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
    }

    [Theory]
    [MemberData(nameof(Responses))]
    public async Task Response_OfOtherServers_IsRead(string response)
    {
        Assert.Equal(5, await CallAsync(request => Fill(response, Answer(request))));
    }

    [Fact]
    public async Task Oneway_ThatTheServerNeverAnswers_EndsAtOnce_AndItsConnectionAfterAWhile()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var clock = new FakeTimeProvider();
        await using var channel = ThriftChannel.ForAddress(
            $"http://{listener.LocalEndpoint}", new ThriftChannelOptions { TimeProvider = clock, Resilience = { ConnectTimeout = Timeout.InfiniteTimeSpan } });
        var fire = new KitchenSinkClient(channel).FireAsync("x", TestContext.Current.CancellationToken);
        using var server = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        await fire.Soon();

        var end = PingPongWire.ReadToEndAsync(server.GetStream());
        while (!end.IsCompleted)
        {
            // The limit begins when the call has ended, which may be after this.
            clock.Advance(TimeSpan.FromSeconds(5));
            await Task.Yield();
        }

        Assert.NotEmpty(await end);
    }

    [Theory]
    [InlineData("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", ThriftStatusCode.Unavailable)]
    [InlineData("HTTP/1.1 401 No\r\n\r\n", ThriftStatusCode.Unauthenticated)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n", ThriftStatusCode.ResourceExhausted)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7fffffff\r\n", ThriftStatusCode.ResourceExhausted)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", ThriftStatusCode.Internal)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", ThriftStatusCode.Internal)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", ThriftStatusCode.Internal)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ThriftStatusCode.Internal)]
    [InlineData("SSH-2.0-OpenSSH\r\n\r\n", ThriftStatusCode.Internal)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12", ThriftStatusCode.Unavailable)]
    public async Task Response_ThatIsNotAnAnswer_FailsWithItsStatus(string response, ThriftStatusCode status)
    {
        var error = await Assert.ThrowsAnyAsync<ThriftException>(() => CallAsync(_ => Encoding.ASCII.GetBytes(response)));

        Assert.Equal(status, error.StatusCode);
    }

    [Fact]
    public async Task Response_WithAnEndlessHead_Fails()
        => await Assert.ThrowsAsync<ThriftProtocolException>(() => CallAsync(_ => Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\n" + new string('x', 40_000))));

    [Fact]
    public async Task Start_TwoServicesShareAMethodOnAPort_FailsUnlessAFallbackIsNamed()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => StartBothAsync(_ => { }));
        await StartBothAsync(options => options.PingPong.FallbackService = "TestService");
        await StartBothAsync(options => options.PingPong.RefuseWithoutServiceName = true);
        await StartBothAsync(_ => { }, secondPort: 1);

        Assert.Contains("belongs to several services, and calls that name no service could not be routed", error.Message, StringComparison.Ordinal);
    }

    private static async Task StartBothAsync(Action<ThriftServerOptions> configure, int? secondPort = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddThriftStreams(configure);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1));
        await using var application = builder.Build();
        application.MapThriftHttp("/thrift");
        application.MapThriftService<Demo.Echo.ITestService>(new EchoService());
        var second = application.MapThriftService<Twin.ITwinService>(new TwinService());
        if (secondPort is { } port)
        {
            second.RequireThriftPorts(port);
        }

        await application.StartAsync(TestContext.Current.CancellationToken);
    }

    private static ThriftChannel Open(string endpoint, ThriftProtocol protocol, string path = "/thrift")
        => PatientChannel.ForAddress($"http://{endpoint}", new ThriftChannelOptions { PingPong = { Protocol = protocol, HttpPath = path } });

    /// <summary>Calls Add on a server that answers one request with those bytes, then closes.</summary>
    private static async Task<int> CallAsync(Func<byte[], byte[]> answer)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = ServeAsync();
        await using var channel = Open(listener.LocalEndpoint.ToString()!, ThriftProtocol.Binary);
        try
        {
            return await new KitchenSinkClient(channel).AddAsync(2, 3, TestContext.Current.CancellationToken);
        }
        finally
        {
            await serving;
        }

        async Task ServeAsync()
        {
            using var client = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
            var stream = client.GetStream();
            var received = new List<byte>();
            var chunk = new byte[4096];
            while (!Encoding.Latin1.GetString([.. received]).Contains("\r\n\r\n", StringComparison.Ordinal) || received[^1] != 0)
            {
                var read = await stream.ReadAsync(chunk, TestContext.Current.CancellationToken);
                received.AddRange(chunk.AsSpan(0, read));
            }

            await stream.WriteAsync(answer([.. received]), TestContext.Current.CancellationToken);
        }
    }

    private static byte[] Answer(byte[] request)
    {
        var body = request.AsSpan(request.AsSpan().IndexOf("\r\n\r\n"u8) + 4);

        // The name and the sequence id of the request.
        return [0x80, 1, 0, 2, .. body[4..15], .. Convert.FromHexString("0800000000000500")];
    }

    private static byte[] Fill(string response, byte[] body)
    {
        var text = Encoding.Latin1.GetString(body);
        return Encoding.Latin1.GetBytes(response
            .Replace("{length}", $"{body.Length}", StringComparison.Ordinal)
            .Replace("{body}", text, StringComparison.Ordinal)
            .Replace("{first}", text[..5], StringComparison.Ordinal)
            .Replace("{rest}", text[5..], StringComparison.Ordinal)
            .Replace("{rest-length}", $"{body.Length - 5:x}", StringComparison.Ordinal));
    }
}
