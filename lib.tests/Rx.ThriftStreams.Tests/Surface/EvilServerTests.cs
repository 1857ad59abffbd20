using Demo.Echo;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Rx.ThriftStreams.Transports.Grpc;
using static Rx.ThriftStreams.Tests.Support.GrpcBody;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Surface;

/// <summary>Servers that violate gRPC: whatever they send, the client reports what is wrong.</summary>
public sealed class EvilServerTests
{
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
    public async Task GoodAnswer_ReceivesIt()
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
    public async Task BrokenMessage_GivesWhatCameBeforeAndThenAProtocolError(string what, byte[] bytes)
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
    public async Task TrailersOfAllKinds_AreMappedByKitexsRules(string name, string value, int code)
    {
        var (_, error) = await ReceiveAsync(Frame(Ok), after: response => response.AppendTrailer(name, value)).Soon();

        Assert.Equal(code, (int)error!.StatusCode);
    }

    [Fact]
    public async Task NoTrailers_IsAnInternalError()
    {
        var (received, error) = await ReceiveAsync(Frame(Ok), after: _ => { }).Soon();

        Assert.Equal(["ok"], received);
        Assert.Equal((ThriftStatusCode.Internal, "server closed the stream without sending trailers"), (error!.StatusCode, error.Message));
    }

    [Fact]
    public async Task StatusThatIsNoNumber_IsTyped()
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
    public async Task AnswerThatIsNotGrpc_IsMappedByItsHttpStatus(int http, int code, string meaning)
    {
        var (_, error) = await ReceiveAsync([1, 2, 3], context => (context.Response.StatusCode, context.Response.ContentType) = (http, "text/html"), _ => { }).Soon();

        Assert.Equal(code, (int)error!.StatusCode);
        Assert.Contains(meaning, error.Message, StringComparison.Ordinal);
        Assert.EndsWith($" (HTTP status code {http}, content-type \"text/html\").", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(401, "Bearer error=\"invalid_token\"", ", WWW-Authenticate: Bearer error=\"invalid_token\").")]
    [InlineData(403, "Bearer error=\"insufficient_scope\"", ", WWW-Authenticate: Bearer error=\"insufficient_scope\").")]
    [InlineData(401, "Bearer", ", WWW-Authenticate: Bearer).")]
    [InlineData(401, " ", "text/html\").")]
    [InlineData(500, "Bearer", "text/html\").")]
    public async Task RefusedCredentials_OverHttp_HaveTheReasonOfTheServer(int http, string challenge, string end)
    {
        var (_, error) = await ReceiveAsync(
            [1],
            context =>
            {
                (context.Response.StatusCode, context.Response.ContentType) = (http, "text/html");
                context.Response.Headers.WWWAuthenticate = challenge;
            },
            _ => { }).Soon();

        Assert.EndsWith(end, error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RefusedCredentials_SeveralChallenges_AreAllNamed()
    {
        var (_, error) = await ReceiveAsync(
            [1],
            context =>
            {
                (context.Response.StatusCode, context.Response.ContentType) = (401, "text/html");
                context.Response.Headers.WWWAuthenticate = new(["Bearer error=\"invalid_token\"", "Basic"]);
            },
            _ => { }).Soon();

        Assert.EndsWith(", WWW-Authenticate: Bearer error=\"invalid_token\", Basic).", error!.Message, StringComparison.Ordinal);
    }

    /// <summary>HttpClient lets neither line breaks nor NUL through, but other control characters.</summary>
    [Fact]
    public void RefusedCredentials_ReasonOfHostileBytes_IsEscapedAndShort()
    {
        var error = GrpcHttpStatus.Of(401, null, "Bearer \u001b[31m\r\nforged\u2028" + new string('x', 100_000));

        Assert.Contains("WWW-Authenticate: Bearer \\u001B[31m\\u000D\\u000Aforged\\u2028xxx", error.Message, StringComparison.Ordinal);
        Assert.InRange(error.Message.Length, 256, 512);
        Assert.DoesNotContain(error.Message, char.IsControl);
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
    public async Task StreamReset_IsMappedByItsCode(int reset, ThriftStatusCode code)
    {
        var (_, error) = await ReceiveAsync([], context => context.Features.Get<IHttpResetFeature>()!.Reset(reset), _ => { }).Soon();

        Assert.Equal(code, Assert.IsType<ThriftTransportException>(error).StatusCode);
    }

    [Theory]
    [InlineData("not a number", "{}", 13)]
    [InlineData("5", "[1]", 13)]
    [InlineData("5", "{\"a\":", 13)]
    public async Task BizStatusThatDoesNotParse_IsInternal(string status, string extra, int code)
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
    public async Task BizStatusWithStatus0_IsSuccess()
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
    public async Task MessageTooLarge_IsResourceExhaustedBeforeItIsRead()
    {
        var (received, error) = await ReceiveAsync([.. Frame(Ok), .. Frame([1], length: int.MaxValue)]).Soon();

        Assert.Equal(["ok"], received);
        Assert.Equal(ThriftStatusCode.ResourceExhausted, error!.StatusCode);
    }

    [Fact]
    public async Task GzipBomb_IsResourceExhausted()
    {
        var bomb = Gzip(Message(new string('x', 64 * 1024 * 1024)));
        Assert.True(bomb.Length < 128 * 1024);

        var (_, error) = await ReceiveAsync(Frame(bomb, flag: 1), context => context.Response.Headers["grpc-encoding"] = "gzip").Soon();

        Assert.Equal(ThriftStatusCode.ResourceExhausted, error!.StatusCode);
    }

    [Fact]
    public async Task CompressionItDoesNotKnow_IsInternal()
    {
        var (_, error) = await ReceiveAsync(Frame(Ok), context => context.Response.Headers["grpc-encoding"] = "br").Soon();

        Assert.Equal(ThriftStatusCode.Internal, error!.StatusCode);
        Assert.Contains("\"br\"", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "without a message")]
    [InlineData(2, "second message")]
    public async Task WrongNumberOfAnswersToOneRequest_IsAProtocolError(int count, string text)
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
}
