using System.Net;
using Demo.Echo;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.AspNetCore;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Grpc;

/// <summary>Requests that are nearly calls: other paths, methods of HTTP and content types.</summary>
public sealed class GrpcStrictnessTests : IAsyncLifetime
{
    private const string Thrift = "application/grpc+thrift";

    /// <summary>The arguments of <c>EchoUnary</c>, a request whose message is <c>x</c>, with the prefix of gRPC.</summary>
    private static readonly byte[] Body = Convert.FromHexString("000000000D" + "0C0001" + "0B00010000000178" + "00" + "00");

    private readonly LogCollector _log = new();
    private readonly HttpClient _http = new();
    private ThriftServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await StartAsync(requirePackage: false);

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData("/echo.TestService/EchoUnary", "0")]
    [InlineData("/other.TestService/EchoUnary", "0")]
    [InlineData("/TestService/EchoUnary", "0")]
    [InlineData("/echo.TestService/echounary", "1")]
    [InlineData("/echo.TestService/%45choUnary", "13")]
    [InlineData("/echo.TestService/EchoUnary?x=1", "13")]
    [InlineData("/echo.TestService/EchoUnary/", "13")]
    [InlineData("/public/../echo.TestService/EchoUnary", "13")]
    [InlineData("/./echo.TestService/EchoUnary", "13")]
    [InlineData("/echo.TestService/./EchoUnary", "13")]
    [InlineData("/echo.TestService/EchoUnary/.", "13")]
    [InlineData("/echo.TestService/EchoUnary/x/..", "13")]
    public async Task Path_ThatIsNotSentAsItIsRead_ReachesNoMethod(string path, string status)
    {
        var answer = await SendAsync(_server, path);

        Assert.Equal((HttpStatusCode.OK, status), (answer.Http, answer.Grpc));
    }

    [Theory]
    [InlineData("/echo.TestService/EchoUnary", "0")]
    [InlineData("/other.TestService/EchoUnary", "1")]
    [InlineData("/TestService/EchoUnary", "1")]
    [InlineData("/x.echo.TestService/EchoUnary", "1")]
    public async Task RequirePackage_OfAnotherPackage_IsUnknown(string path, string status)
    {
        await using var server = await StartAsync(requirePackage: true);

        Assert.Equal(status, (await SendAsync(server, path)).Grpc);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("PUT")]
    public async Task Method_OtherThanPost_IsRefused(string method)
    {
        var answer = await SendAsync(_server, "/echo.TestService/EchoUnary", method: new HttpMethod(method));

        Assert.Equal((HttpStatusCode.MethodNotAllowed, null), (answer.Http, answer.Grpc));
    }

    [Theory]
    [InlineData("application/grpc")]
    [InlineData("application/grpc+proto")]
    public async Task ContentType_OfAnotherGrpcPayload_IsAnsweredInTermsOfGrpcAndLoggedOnce(string contentType)
    {
        var answer = await SendAsync(_server, "/echo.TestService/EchoUnary", contentType);

        Assert.Equal((HttpStatusCode.OK, "13"), (answer.Http, answer.Grpc));
        Assert.Contains("is not served", answer.Message, StringComparison.Ordinal);
        var warning = Assert.Single(_log.Entries, entry => entry.Level == LogLevel.Warning);
        Assert.Contains(contentType, warning.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ContentType_ThatIsNotGrpc_IsUnsupported()
    {
        var answer = await SendAsync(_server, "/echo.TestService/EchoUnary", "application/json");

        Assert.Equal((HttpStatusCode.UnsupportedMediaType, null), (answer.Http, answer.Grpc));
        Assert.Single(_log.Entries, entry => entry.Level == LogLevel.Warning);
    }

    private Task<ThriftServer> StartAsync(bool requirePackage) => ThriftServer.StartAsync(
        "127.0.0.1:0",
        server => server
            .AddService<ITestService>(new EchoService())
            .Configure(options => options.Grpc.RequirePackage = requirePackage)
            .Logging(logging => logging.AddProvider(_log)),
        TestContext.Current.CancellationToken);

    private async Task<(HttpStatusCode Http, string? Grpc, string Message)> SendAsync(
        ThriftServer server,
        string path,
        string contentType = Thrift,
        HttpMethod? method = null)
    {
        var uri = new Uri($"http://{server.Endpoint}{path}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var request = new HttpRequestMessage(method ?? HttpMethod.Post, uri)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(Body),
        };
        request.Content.Headers.TryAddWithoutValidation("content-type", contentType);
        using var response = await _http.SendAsync(request, TestContext.Current.CancellationToken).Soon();
        await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken).Soon();
        return (response.StatusCode, Field("grpc-status"), Field("grpc-message") ?? string.Empty);

        string? Field(string name)
            => response.TrailingHeaders.TryGetValues(name, out var values) || response.Headers.TryGetValues(name, out values) ? values.Single() : null;
    }
}
