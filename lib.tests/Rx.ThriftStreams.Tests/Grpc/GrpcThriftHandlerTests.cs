using System.Net;
using System.Net.Http.Headers;
using Demo.Echo;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Transports.Grpc;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Grpc;

/// <summary>What a call learns of its HTTP exchange.</summary>
public sealed class GrpcThriftHandlerTests
{
    private static readonly ThriftMethod<Request, Response> Method = new("echo", "TestService", "Echo", ThriftStreamingMode.Bidirectional);
    private readonly GrpcExchange _exchange = new(
        Method,
        new(ThriftCallOptions.None, TimeProvider.System, limit: null, headers: null, metaInfo: null),
        "authority",
        new GrpcConnectionState());

    [Fact]
    public async Task SendAsync_AnsweredBeforeTheBodyIsAskedFor_CountsAsConnected()
    {
        var connected = _exchange.WatchConnection();
        await SendAsync(static _ => Task.CompletedTask);

        await connected.Soon();
        await _exchange.Answered.Soon();
    }

    [Fact]
    public async Task SendAsync_TheStreamIsOverBeforeTheBodyBegins_FailsWhoeverSends()
    {
        var connected = _exchange.WatchConnection();
        await SendAsync(static async content => await Assert.ThrowsAsync<HttpRequestException>(() => content.CopyToAsync(new BrokenStream())));

        await connected.Soon();
        var error = await Assert.ThrowsAsync<IOException>(async () => await _exchange.Requests.SendAsync(Ask(new string('x', 70_000))).Soon());
        Assert.Equal("reset", error.Message);
    }

    private async Task SendAsync(Func<HttpContent, Task> onContent)
    {
        GrpcExchange.Current = _exchange;
        using var invoker = new HttpMessageInvoker(new GrpcThriftHandler(new RefusingHandler(onContent), new ThriftChannelOptions()));
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://localhost/echo.TestService/Echo");
        using var response = await invoker.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>Answers with a status alone.</summary>
    private sealed class RefusingHandler(Func<HttpContent, Task> onContent) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await onContent(request.Content!);
            var response = new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent([]) };
            response.Content.Headers.ContentType = new MediaTypeHeaderValue(GrpcFrame.ContentType);
            response.Headers.Add("grpc-status", "20");
            return response;
        }
    }

    /// <summary>Belongs to a stream that was reset.</summary>
    private sealed class BrokenStream : MemoryStream
    {
        public override Task FlushAsync(CancellationToken cancellationToken) => Task.FromException(new IOException("reset"));
    }
}
