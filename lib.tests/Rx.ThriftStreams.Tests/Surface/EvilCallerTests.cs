using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using Demo.Echo;
using Rx.ThriftStreams.Wire;
using static Rx.ThriftStreams.Tests.Support.GrpcBody;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Surface;

/// <summary>Callers that violate gRPC, and messages that are compressed or too large: the server answers what is wrong and continues.</summary>
public sealed class EvilCallerTests
{
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
    public async Task BrokenRequest_IsAnsweredAndTheConnectionLivesOn(string what, byte[] bytes, string? encoding, string status)
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
    public async Task CallerAcceptsGzip_CompressesAndReadsWhatIsCompressed()
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
