using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Demo.Echo;
using Rx.ThriftStreams.Tests.Recordings;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Grpc;

/// <summary>Streams that a server resets: what it sent before that is received.</summary>
public sealed class GrpcResetTests : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ThriftChannel _channel;
    private readonly TestServiceClient _client;

    public GrpcResetTests()
    {
        _listener.Start();
        _channel = PatientChannel.ForAddress($"grpc://{_listener.LocalEndpoint}");
        _client = new(_channel);
    }

    public static TheoryData<uint, ThriftStatusCode, string> Codes => new()
    {
        { 0, ThriftStatusCode.Internal, "ended the stream with HTTP/2 error code 0." },
        { 1, ThriftStatusCode.Internal, "ended the stream with HTTP/2 error code 1." },
        { 2, ThriftStatusCode.Internal, "ended the stream with HTTP/2 error code 2." },
        { 3, ThriftStatusCode.ResourceExhausted, "ended the stream with HTTP/2 error code 3." },
        { 5, ThriftStatusCode.Internal, "ended the stream with HTTP/2 error code 5." },
        { 7, ThriftStatusCode.Unavailable, "ended the stream with HTTP/2 error code 7." },
        { 8, ThriftStatusCode.Cancelled, "ended the stream with HTTP/2 error code 8." },
        { 11, ThriftStatusCode.ResourceExhausted, "ended the stream with HTTP/2 error code 11." },
        { 12, ThriftStatusCode.PermissionDenied, "ended the stream with HTTP/2 error code 12." },
        { 13, ThriftStatusCode.Internal, "ended the stream with HTTP/2 error code 13." },
        { 1000, ThriftStatusCode.Unavailable, "ended the stream because it is shutting down." },
        { uint.MaxValue, ThriftStatusCode.Unknown, "ended the stream with HTTP/2 error code 4294967295." },
    };

    public async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync();
        _listener.Dispose();
    }

    [Theory]
    [MemberData(nameof(Codes))]
    public async Task Receive_MessagesThenReset_ReturnsAllAndThenTheError(uint code, ThriftStatusCode status, string text)
    {
        await using var call = await _client.OpenEchoAsync(cancellationToken: TestContext.Current.CancellationToken);
        await using var server = await AcceptAsync();

        await server.SendAsync([.. GrpcWire.AnswerHeaders(1), .. Messages(1, 0, 5), .. GrpcWire.Reset(1, code)]);
        await PingAsync(server);

        var error = await AssertReceivesAsync(call, 5);
        Assert.Equal(status, error.StatusCode);
        Assert.EndsWith(text, error.Message, StringComparison.Ordinal);
        Assert.Empty(call.Trailers);
    }

    [Fact]
    public async Task Receive_PartOfAMessageThenReset_ReportsTheReset()
    {
        await using var call = await _client.OpenEchoAsync(cancellationToken: TestContext.Current.CancellationToken);
        await using var server = await AcceptAsync();

        await server.SendAsync(
            [.. GrpcWire.AnswerHeaders(1), .. Messages(1, 0, 1), .. Http2Wire.Frame(Http2FrameType.Data, 0, 1, [0, 0, 0, 0, 9, 1]), .. GrpcWire.Reset(1, 8)]);
        await PingAsync(server);

        Assert.Equal(ThriftStatusCode.Cancelled, (await AssertReceivesAsync(call, 1)).StatusCode);
    }

    [Fact]
    public async Task Receive_ManyStreamsResetAtOnce_ReturnsTheMessagesOfEach()
    {
        var first = await _client.OpenEchoAsync(cancellationToken: TestContext.Current.CancellationToken);
        await using var server = await AcceptAsync();
        List<ThriftDuplexStreamingCall<Request, Response>> calls = [first];
        for (var i = 1; i < 50; i++)
        {
            calls.Add(await _client.OpenEchoAsync(cancellationToken: TestContext.Current.CancellationToken));
        }

        await server.WaitAsync(static received => received.HeadersOf(99).Count == 1, "the last request");
        List<byte> bytes = [];
        for (var stream = 1; stream < 100; stream += 2)
        {
            bytes.AddRange([.. GrpcWire.AnswerHeaders(stream), .. Messages(stream, 0, 3)]);
        }

        for (var stream = 1; stream < 100; stream += 2)
        {
            bytes.AddRange(GrpcWire.Reset(stream, 8));
        }

        await server.SendAsync([.. bytes]);
        await PingAsync(server);

        foreach (var call in calls)
        {
            Assert.Equal(ThriftStatusCode.Cancelled, (await AssertReceivesAsync(call, 3)).StatusCode);
            await call.DisposeAsync();
        }

        await AssertWorksAsync(server, 101);
    }

    [Fact]
    public async Task Receive_EveryByteInAWriteOfItsOwn_ReturnsAllAndThenTheError()
    {
        await using var call = await _client.OpenEchoAsync(cancellationToken: TestContext.Current.CancellationToken);
        await using var server = await AcceptAsync();

        foreach (var one in (byte[])[.. GrpcWire.AnswerHeaders(1), .. Messages(1, 0, 2), .. GrpcWire.Reset(1, 8)])
        {
            await server.SendAsync([one]);
        }

        await PingAsync(server);

        Assert.Equal(ThriftStatusCode.Cancelled, (await AssertReceivesAsync(call, 2)).StatusCode);
        await AssertWorksAsync(server, 3);
    }

    [Fact]
    public async Task Receive_ResetBeforeMessages_IsAnErrorAtOnce()
    {
        await using var call = await _client.OpenEchoAsync(cancellationToken: TestContext.Current.CancellationToken);
        await using var server = await AcceptAsync();

        await server.SendAsync([.. GrpcWire.AnswerHeaders(1), .. GrpcWire.Reset(1, 8)]);

        Assert.Equal(ThriftStatusCode.Cancelled, (await AssertReceivesAsync(call, 0)).StatusCode);
        await AssertWorksAsync(server, 3);
    }

    /// <summary>No window is left for the request, and none will be granted.</summary>
    [Fact]
    public async Task Send_StreamIsReset_FailsAndTheRequestStops()
    {
        await using var call = await _client.OpenEchoAsync(cancellationToken: TestContext.Current.CancellationToken);
        await using var server = await AcceptAsync();
        await server.SendAsync([.. GrpcWire.AnswerHeaders(1), .. Messages(1, 0, 5), .. GrpcWire.Reset(1, 8)]);

        await Assert.ThrowsAnyAsync<ThriftException>(async () =>
        {
            while (true)
            {
                await call.SendAsync(Ask(new string('x', 10_000)), TestContext.Current.CancellationToken).Soon();
            }
        });

        Assert.Equal(ThriftStatusCode.Cancelled, (await AssertReceivesAsync(call, 5)).StatusCode);
    }

    [Fact]
    public async Task Upload_StreamIsReset_FailsWithTheError()
    {
        var upload = _client.EchoClientAsync(Endless(), TestContext.Current.CancellationToken);
        await using var server = await GrpcWire.AcceptAsync(_listener);
        await server.WaitAsync(static received => received.HeadersOf(1).Count == 1, "the request");

        await server.SendAsync([.. GrpcWire.AnswerHeaders(1), .. Messages(1, 0, 1), .. GrpcWire.Reset(1, 11)]);

        var error = await Assert.ThrowsAsync<ThriftTransportException>(() => upload.Soon());
        Assert.Equal(ThriftStatusCode.ResourceExhausted, error.StatusCode);

        static async IAsyncEnumerable<Request> Endless()
        {
            while (true)
            {
                yield return Ask(new string('x', 1000));
                await Task.Yield();
            }
        }
    }

    [Fact]
    public async Task Receive_OverTls_ReturnsAllAndThenTheError()
    {
        using var certificate = TestCertificate.Create("localhost");
        await using var channel = PatientChannel.ForAddress($"grpcs://{_listener.LocalEndpoint}", new()
        {
            TlsOptions = new() { RemoteCertificateValidationCallback = (_, peer, _, _) => peer!.GetCertHashString() == certificate.GetCertHashString() },
        });
        var opening = new TestServiceClient(channel).OpenEchoAsync(cancellationToken: TestContext.Current.CancellationToken).AsTask();
        var tls = new SslStream(new NetworkStream(await _listener.AcceptSocketAsync(TestContext.Current.CancellationToken).Soon(), ownsSocket: true));
        await tls.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions { ServerCertificate = certificate, ApplicationProtocols = [SslApplicationProtocol.Http2] }, TestContext.Current.CancellationToken);
        await using var server = new Http2Peer(tls, isServer: true, Http2Wire.Frame(Http2FrameType.Settings, 0, 0, []));
        await using var call = await opening.Soon();
        await server.WaitAsync(static received => received.HeadersOf(1).Count == 1, "the request");

        await server.SendAsync([.. GrpcWire.AnswerHeaders(1), .. Messages(1, 0, 5), .. GrpcWire.Reset(1, 8)]);
        await PingAsync(server);

        Assert.Equal(ThriftStatusCode.Cancelled, (await AssertReceivesAsync(call, 5)).StatusCode);
    }

    private static byte[] Messages(int stream, int first, int count)
        => [.. Enumerable.Range(first, count).SelectMany(i => GrpcWire.Message(stream, GrpcWire.Struct($"{i}")))];

    /// <summary>Waits until the client has read everything that was sent before.</summary>
    private static async Task PingAsync(Http2Peer server)
    {
        await server.SendAsync(Http2Wire.Frame(Http2FrameType.Ping, 0, 0, new byte[8]));
        await server.WaitAsync(static received => received.Frames.Any(static frame => frame.Type == Http2FrameType.Ping && frame.HasFlag1), "the answer to the ping");
    }

    private static async Task<ThriftTransportException> AssertReceivesAsync(ThriftDuplexStreamingCall<Request, Response> call, int count)
    {
        await using var responses = call.GetAsyncEnumerator(TestContext.Current.CancellationToken);
        for (var i = 0; i < count; i++)
        {
            Assert.True(await responses.MoveNextAsync().Soon());
            Assert.Equal($"{i}", responses.Current.Message);
        }

        return await Assert.ThrowsAsync<ThriftTransportException>(async () => await responses.MoveNextAsync().Soon());
    }

    private async Task AssertWorksAsync(Http2Peer server, int stream)
    {
        await using var call = await _client.OpenEchoAsync(cancellationToken: TestContext.Current.CancellationToken);
        await server.WaitAsync(received => received.HeadersOf(stream).Count == 1, "another request");
        await server.SendAsync(
            [.. GrpcWire.AnswerHeaders(stream), .. Messages(stream, 0, 1), .. Http2Wire.Headers(stream, endStream: true, [("grpc-status", "0")])]);

        Assert.Equal("0", Assert.Single(await call.ToListAsync(TestContext.Current.CancellationToken)).Message);
    }

    private async Task<Http2Peer> AcceptAsync()
    {
        var server = await GrpcWire.AcceptAsync(_listener);
        await server.WaitAsync(static received => received.HeadersOf(1).Count == 1, "the request");
        return server;
    }
}
