using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using Demo.Echo;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Rx.ThriftStreams.Wire;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Surface;

/// <summary>Peers that violate the protocols: whatever they send, this side reports what is wrong and continues.</summary>
public sealed class EvilPeerTests
{
    /// <summary>A response with the text "ok", as Thrift Binary.</summary>
    private static readonly byte[] Ok = [11, 0, 1, 0, 0, 0, 2, (byte)'o', (byte)'k', 0];

    private static byte[] Frame(byte[] body, byte flag = 0, int? length = null)
    {
        var frame = new byte[5 + body.Length];
        frame[0] = flag;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), length ?? body.Length);
        body.CopyTo(frame, 5);
        return frame;
    }

    private static byte[] Gzip(byte[] body)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal))
        {
            gzip.Write(body);
        }

        return compressed.ToArray();
    }

    private static byte[] Message(string text)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(text);
        byte[] head = [11, 0, 1, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(3), bytes.Length);
        return [.. head, .. bytes, 0];
    }

    /// <summary>Calls a server that answers a stream with these bytes.</summary>
    private static async Task<(List<string?> Received, ThriftException? Error)> ReceiveAsync(
        byte[] body,
        Action<HttpContext>? before = null,
        Action<HttpResponse>? after = null,
        ThriftChannelOptions? options = null)
    {
        await using var server = await ScriptedHttp2Server.StartAsync(async context =>
        {
            context.Response.ContentType = "application/grpc+thrift";
            before?.Invoke(context);
            if (body.Length > 0)
            {
                await context.Response.Body.WriteAsync(body);
            }

            if (after is null)
            {
                context.Response.AppendTrailer("grpc-status", "0");
            }
            else
            {
                after(context.Response);
            }
        });
        await using var channel = PatientChannel.ForAddress($"grpc://{server.Endpoint}", options);
        var received = new List<string?>();
        try
        {
            await foreach (var response in new TestServiceClient(channel).EchoServerAsync(Ask("x"), TestContext.Current.CancellationToken))
            {
                received.Add(response.Message);
            }

            return (received, null);
        }
        catch (ThriftException error)
        {
            return (received, error);
        }
    }

    [Fact]
    public async Task Client_GoodAnswer_ReceivesIt()
    {
        var (received, error) = await ReceiveAsync([.. Frame(Ok), .. Frame(Ok)]).Soon();

        Assert.Equal(["ok", "ok"], received);
        Assert.Null(error);
    }

    public static TheoryData<string, byte[]> BrokenMessages() => new()
    {
        { "garbage", Frame([255, 255, 255]) },
        { "truncated struct", Frame(Ok[..^1]) },
        { "empty message", Frame([]) },
        { "text longer than the message", Frame([11, 0, 1, 127, 255, 255, 255, 1]) },
        { "frame that ends within its message", Frame(Ok, length: 100) },
        { "frame that ends within its prefix", [0, 0, 0] },
        { "flag that does not exist", Frame(Ok, flag: 7) },
        { "compressed without a name", Frame(Gzip(Ok), flag: 1) },
    };

    [Theory]
    [MemberData(nameof(BrokenMessages))]
    public async Task Client_BrokenMessage_GivesWhatCameBeforeAndThenAProtocolError(string what, byte[] bytes)
    {
        Assert.NotEmpty(what);

        var (received, error) = await ReceiveAsync([.. Frame(Ok), .. bytes]).Soon();

        Assert.Equal(["ok"], received);
        Assert.IsType<ThriftProtocolException>(error);
    }

    [Theory]
    [InlineData("grpc-status", "12345", 12345)]
    [InlineData("grpc-status", "13", 13)]
    [InlineData("x-only", "x", 2)]
    public async Task Client_TrailersOfAllKinds_AreMappedByKitexsRules(string name, string value, int code)
    {
        var (_, error) = await ReceiveAsync(Frame(Ok), after: response => response.AppendTrailer(name, value)).Soon();

        Assert.Equal(code, (int)error!.StatusCode);
    }

    [Fact]
    public async Task Client_NoTrailers_IsAnInternalError()
    {
        var (received, error) = await ReceiveAsync(Frame(Ok), after: _ => { }).Soon();

        Assert.Equal(["ok"], received);
        Assert.Equal((ThriftStatusCode.Internal, "server closed the stream without sending trailers"), (error!.StatusCode, error.Message));
    }

    [Fact]
    public async Task Client_StatusThatIsNoNumber_IsTyped()
    {
        var (_, error) = await ReceiveAsync(Frame(Ok), after: response => response.AppendTrailer("grpc-status", "many")).Soon();

        Assert.NotNull(error);
        Assert.NotEqual(ThriftStatusCode.OK, error.StatusCode);
    }

    [Theory]
    [InlineData(400, 13, "understand the request")]
    [InlineData(401, 16, "needs credentials")]
    [InlineData(403, 7, "does not permit")]
    [InlineData(404, 12, "No gRPC service")]
    [InlineData(429, 14, "limits the rate")]
    [InlineData(503, 14, "is not available")]
    [InlineData(500, 2, "not gRPC")]
    [InlineData(200, 2, "not gRPC")]
    public async Task Client_AnswerThatIsNotGrpc_IsMappedByItsHttpStatus(int http, int code, string meaning)
    {
        var (_, error) = await ReceiveAsync([1, 2, 3], context => (context.Response.StatusCode, context.Response.ContentType) = (http, "text/html"), _ => { }).Soon();

        Assert.Equal(code, (int)error!.StatusCode);
        Assert.Contains(meaning, error.Message, StringComparison.Ordinal);
        Assert.EndsWith($" (HTTP status code {http}, content-type \"text/html\").", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, ThriftStatusCode.Internal)]
    [InlineData(2, ThriftStatusCode.Internal)]
    [InlineData(3, ThriftStatusCode.ResourceExhausted)]
    [InlineData(8, ThriftStatusCode.Cancelled)]
    [InlineData(11, ThriftStatusCode.ResourceExhausted)]
    [InlineData(12, ThriftStatusCode.PermissionDenied)]
    [InlineData(1000, ThriftStatusCode.Unavailable)]
    [InlineData(4711, ThriftStatusCode.Unknown)]
    public async Task Client_StreamReset_IsMappedByItsCode(int reset, ThriftStatusCode code)
    {
        var (_, error) = await ReceiveAsync([], context => context.Features.Get<IHttpResetFeature>()!.Reset(reset), _ => { }).Soon();

        Assert.Equal(code, Assert.IsType<ThriftTransportException>(error).StatusCode);
    }

    [Theory]
    [InlineData("not a number", "{}", 13)]
    [InlineData("5", "[1]", 13)]
    [InlineData("5", "{\"a\":", 13)]
    public async Task Client_BizStatusThatDoesNotParse_IsInternal(string status, string extra, int code)
    {
        var (_, error) = await ReceiveAsync(
            [],
            after: response =>
            {
                response.AppendTrailer("grpc-status", "9");
                response.AppendTrailer("biz-status", status);
                response.AppendTrailer("biz-extra", extra);
            }).Soon();

        Assert.Equal(code, (int)Assert.IsType<ThriftProtocolException>(error).StatusCode);
    }

    [Fact]
    public async Task Client_BizStatusWithStatus0_IsSuccess()
    {
        var (received, error) = await ReceiveAsync(
            Frame(Ok),
            after: response =>
            {
                response.AppendTrailer("grpc-status", "0");
                response.AppendTrailer("biz-status", "5");
            }).Soon();

        Assert.Null(error);
        Assert.Equal(["ok"], received);
    }

    [Fact]
    public async Task Client_MessageTooLarge_IsResourceExhaustedBeforeItIsRead()
    {
        var (received, error) = await ReceiveAsync([.. Frame(Ok), .. Frame([1], length: int.MaxValue)]).Soon();

        Assert.Equal(["ok"], received);
        Assert.Equal(ThriftStatusCode.ResourceExhausted, error!.StatusCode);
    }

    [Fact]
    public async Task Client_GzipBomb_IsResourceExhausted()
    {
        var bomb = Gzip(Message(new string('x', 64 * 1024 * 1024)));
        Assert.True(bomb.Length < 128 * 1024);

        var (_, error) = await ReceiveAsync(Frame(bomb, flag: 1), context => context.Response.Headers["grpc-encoding"] = "gzip").Soon();

        Assert.Equal(ThriftStatusCode.ResourceExhausted, error!.StatusCode);
    }

    [Fact]
    public async Task Client_CompressionItDoesNotKnow_IsInternal()
    {
        var (_, error) = await ReceiveAsync(Frame(Ok), context => context.Response.Headers["grpc-encoding"] = "br").Soon();

        Assert.Equal(ThriftStatusCode.Internal, error!.StatusCode);
        Assert.Contains("\"br\"", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "without a message")]
    [InlineData(2, "second message")]
    public async Task Client_WrongNumberOfAnswersToOneRequest_IsAProtocolError(int count, string text)
    {
        await using var server = await ScriptedHttp2Server.StartAsync(async context =>
        {
            context.Response.ContentType = "application/grpc+thrift";
            for (var i = 0; i < count; i++)
            {
                await context.Response.Body.WriteAsync(Frame(Ok));
            }

            context.Response.AppendTrailer("grpc-status", "0");
        });
        await using var channel = PatientChannel.ForAddress($"grpc://{server.Endpoint}");

        var error = await Assert.ThrowsAsync<ThriftProtocolException>(
            () => new TestServiceClient(channel).EchoClientAsync(AsyncEnumerable.Empty<Request>(), TestContext.Current.CancellationToken).Soon());

        Assert.Contains(text, error.Message, StringComparison.Ordinal);
    }

    /// <summary>Posts bytes to a server as a gRPC request and returns the status of the response.</summary>
    private static async Task<(string? Status, string? Text, byte[] Body)> PostAsync(HttpClient http, IPEndPoint server, byte[] body, string? encoding = null, string? accept = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://{server}/echo.TestService/Echo")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc+thrift");
        if (encoding is not null)
        {
            request.Headers.Add("grpc-encoding", encoding);
        }

        if (accept is not null)
        {
            request.Headers.Add("grpc-accept-encoding", accept);
        }

        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken).Soon();
        var answer = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken).Soon();
        return (Trailer("grpc-status"), Trailer("grpc-message"), answer);

        string? Trailer(string name) => response.TrailingHeaders.TryGetValues(name, out var values) || response.Headers.TryGetValues(name, out values) ? values.Single() : null;
    }

    private static ScriptedService Echoing => new() { Echo = (requests, _) => requests.Select(request => Answer(request.Message!)) };

    public static TheoryData<string, byte[], string?, string> BrokenRequests() => new()
    {
        // A message that is not Thrift has Kitex's number 7; framing that is not gRPC is an internal error.
        { "garbage", Frame([255, 255, 255]), null, "7" },
        { "truncated struct", Frame(Ok[..^1]), null, "7" },
        { "text longer than the message", Frame([11, 0, 1, 127, 255, 255, 255, 1]), null, "7" },
        { "frame that ends within its message", Frame(Ok, length: 100), null, "13" },
        { "frame that ends within its prefix", [0, 0, 0], null, "13" },
        { "flag that does not exist", Frame(Ok, flag: 7), null, "13" },
        { "length beyond the limit", Frame(Ok, length: int.MaxValue), null, "8" },
        { "negative length", Frame(Ok, length: -1), null, "8" },
        { "compression that is not known", Frame(Ok), "br", "13" },
        { "no gzip", Frame(Ok, flag: 1), "gzip", "7" },
        { "compressed by nothing", Frame(Ok, flag: 1), null, "13" },
        { "gzip bomb", Frame(Gzip(Message(new string('x', 64 * 1024 * 1024))), flag: 1), "gzip", "8" },
    };

    [Theory]
    [MemberData(nameof(BrokenRequests))]
    public async Task Server_BrokenRequest_IsAnsweredAndTheConnectionLivesOn(string what, byte[] bytes, string? encoding, string status)
    {
        Assert.NotEmpty(what);
        await using var loop = await Loopback.StartAsync(Echoing);
        using var handler = new SocketsHttpHandler { EnableMultipleHttp2Connections = false };
        using var http = new HttpClient(handler);

        var (refusal, text, _) = await PostAsync(http, loop.Server.Endpoint, bytes, encoding);
        Assert.Equal(status, refusal);
        if (status == "7")
        {
            // The status of a caller without permission: clients recognize the text.
            Assert.Equal(ThriftStatusCode.Internal, ReceivedErrors.Of(7, Uri.UnescapeDataString(text!), ThriftMetadata.Empty, null).StatusCode);
        }

        var (next, _, body) = await PostAsync(http, loop.Server.Endpoint, Frame(Ok));
        Assert.Equal("0", next);
        Assert.Equal(Frame(Ok), body);
    }

    [Fact]
    public async Task Server_CallerAcceptsGzip_CompressesAndReadsWhatIsCompressed()
    {
        await using var loop = await Loopback.StartAsync(Echoing);
        using var http = new HttpClient();

        var (status, _, body) = await PostAsync(http, loop.Server.Endpoint, Frame(Gzip(Ok), flag: 1), "gzip", "identity,gzip");

        Assert.Equal("0", status);
        Assert.Equal(1, body[0]);
        using var gzip = new GZipStream(new MemoryStream(body[5..]), CompressionMode.Decompress);
        using var plain = new MemoryStream();
        await gzip.CopyToAsync(plain, TestContext.Current.CancellationToken);
        Assert.Equal(Ok, plain.ToArray());
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("identity")]
    public async Task Compressor_OfTheCall_WorksBothWays(string compressor)
    {
        await using var loop = await Loopback.StartAsync(Echoing);
        var text = new string('x', 1024 * 1024);

        var received = await loop.Client.EchoAsync(AsyncEnumerable.Repeat(Ask(text), 3), new ThriftCallOptions { Compressor = compressor }, TestContext.Current.CancellationToken)
            .Select(r => r.Message).ToListAsync(TestContext.Current.CancellationToken).Soon();

        Assert.Equal([text, text, text], received);
    }

    [Fact]
    public async Task Compressor_ThatIsNotKnown_IsRefusedByName()
    {
        await using var channel = PatientChannel.ForAddress("grpc://127.0.0.1:1");

        var error = await Assert.ThrowsAsync<ArgumentException>(() => new TestServiceClient(channel).OpenEchoAsync(new() { Compressor = "zstd" }).Soon());

        Assert.Contains("\"zstd\"", error.Message, StringComparison.Ordinal);
        Assert.Contains("gzip", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task MessageTooLarge_OnEitherSide_EndsItsCallAlone(bool onTheServer)
    {
        await using var loop = await Loopback.StartAsync(
            new() { Echo = (requests, _) => requests.Select(request => Answer(request.Message + request.Message)) },
            server => server.Limits.MaxReceiveMessageSize = onTheServer ? 1000 : 1_000_000,
            channel => channel.Limits.MaxReceiveMessageSize = onTheServer ? 1_000_000 : 3000);
        await using var other = await loop.Client.OpenEchoAsync().Soon();
        await using var responses = other.GetAsyncEnumerator(TestContext.Current.CancellationToken);
        await other.SendAsync(Ask("a")).Soon();
        Assert.True(await responses.MoveNextAsync().Soon());

        var error = await Assert.ThrowsAsync<ThriftStatusException>(
            () => loop.Client.EchoAsync(AsyncEnumerable.Repeat(Ask(new string('x', 2000)), 1)).CountAsync(TestContext.Current.CancellationToken).Soon());

        Assert.Equal(ThriftStatusCode.ResourceExhausted, error.StatusCode);
        await other.SendAsync(Ask("b")).Soon();
        Assert.True(await responses.MoveNextAsync().Soon());
        Assert.Equal("bb", responses.Current.Message);
    }
}
