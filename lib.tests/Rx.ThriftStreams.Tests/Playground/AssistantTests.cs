using System.Globalization;
using System.Net;
using System.Text.Json;
using Assistant;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.Client;

namespace Rx.ThriftStreams.Tests.Playground;

/// <summary>The complete program of the page about a host with REST, Protobuf and Thrift, run as its users run it: one port has all of them.</summary>
public sealed class AssistantTests : IAsyncLifetime
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    private readonly int _port = Ports.Free();
    private readonly int _http = Ports.Free();
    private PlaygroundProcess? _program;
    private GrpcChannel? _grpc;

    public async ValueTask InitializeAsync()
    {
        _program = PlaygroundProcess.Start("Assistant", "Assistant", new Dictionary<string, string>
        {
            ["Kestrel__Endpoints__All__Url"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_port}"),
            ["Kestrel__Endpoints__Http__Url"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_http}"),
            ["Clients__Chat__Address"] = string.Create(CultureInfo.InvariantCulture, $"grpc://127.0.0.1:{_port}"),
        });
        await _program.ReadUntilAsync("Application started");
        _grpc = GrpcChannel.ForAddress($"http://127.0.0.1:{_port}");
    }

    public ValueTask DisposeAsync()
    {
        _grpc?.Dispose();
        _program?.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task OnePort_AnswersProtobufThriftAndRest()
    {
        Assert.Equal("You asked: Why?", await SummarizeAsync("Why?"));
        foreach (var scheme in new[] { "grpc", "ttheader" })
        {
            await using var channel = PatientChannel.ForAddress($"{scheme}://127.0.0.1:{_port}");
            Assert.Equal(["You ", "asked: ", "Why? "], await new ChatClient(channel).AskAsync(new() { Text = "Why?" }, Token).Select(static token => token.Text).ToListAsync(Token));
        }

        var (status, text) = await GetAsync("Why?", _port, HttpVersion.Version20);
        Assert.Equal((HttpStatusCode.OK, "You asked: Why?"), (status, text));
        Assert.Equal((HttpStatusCode.OK, "You asked: Why?"), await GetAsync("Why?", _http, HttpVersion.Version11));
    }

    [Fact]
    public async Task Stream_OverRest_IsServerSentEvents()
    {
        using var http = new HttpClient();

        Assert.Equal("data: You \n\ndata: asked: \n\ndata: Why? \n\nevent: end\ndata: {}\n\n", await http.GetStringAsync(new Uri($"http://127.0.0.1:{_http}/answers/stream?question=Why%3F"), Token));
    }

    /// <summary>What was asked for are events: the status says what happened, without a body.</summary>
    [Fact]
    public async Task ErrorOfAThriftCall_CallerAcceptsNoProblemDetails_IsAStatus()
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Accept.ParseAdd("text/event-stream");
        using var answer = await http.GetAsync(new Uri($"http://127.0.0.1:{_http}/answers?question="), Token);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task ErrorOfAThriftCall_IsProblemDetailsAndAStatus()
    {
        var (status, text) = await GetAsync(string.Empty, _port, HttpVersion.Version20);
        using var problem = JsonDocument.Parse(text);

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal("InvalidArgument", problem.RootElement.GetProperty("title").GetString());
        Assert.StartsWith("The question is empty.", problem.RootElement.GetProperty("detail").GetString(), StringComparison.Ordinal);
        var error = await Assert.ThrowsAsync<RpcException>(() => SummarizeAsync(string.Empty));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.StartsWith("The question is empty.", error.Status.Detail, StringComparison.Ordinal);
    }

    /// <summary>The route decides, not the content type; what no route has is answered by grpc-dotnet.</summary>
    [Theory]
    [InlineData("assistant.Chat", "Ask", StatusCode.Internal, "application/grpc+thrift")]
    [InlineData("other.Chat", "Ask", StatusCode.Unimplemented, "unimplemented")]
    [InlineData("assistant.Chat", "Forget", StatusCode.Unimplemented, "unimplemented")]
    [InlineData("assistant.v1.Summaries", "Forget", StatusCode.Unimplemented, "unimplemented")]
    public async Task CallWithProtobuf_OfAnotherPath_IsRefused(string service, string method, StatusCode expected, string text)
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => CallAsync(service, method, "Why?"));

        Assert.Equal(expected, error.StatusCode);
        Assert.Contains(text, error.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_KnowsTheServerAndThriftServices()
    {
        Assert.Equal([8, 1], (await CheckAsync(string.Empty)).ToByteArray());
        Assert.Equal([8, 1], (await CheckAsync("assistant.Chat")).ToByteArray());
        Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(() => CheckAsync("assistant.v1.Summaries"))).StatusCode);
    }

    private async Task<string> SummarizeAsync(string text) => (await CallAsync("assistant.v1.Summaries", "Summarize", text)).Value;

    /// <summary>Messages with one text are those of <c>google.protobuf.StringValue</c>.</summary>
    private Task<StringValue> CallAsync(string service, string method, string text)
        => CallAsync(service, method, new StringValue { Value = text }, StringValue.Parser.ParseFrom);

    /// <summary>As the probe of Kubernetes calls it. The answer is field 1 with the status 1, SERVING.</summary>
    private Task<Empty> CheckAsync(string service) => CallAsync("grpc.health.v1.Health", "Check", new StringValue { Value = service }, Empty.Parser.ParseFrom);

    private async Task<T> CallAsync<T>(string service, string method, StringValue request, Func<byte[], T> parse)
        where T : class
    {
        var description = new Method<StringValue, T>(
            MethodType.Unary, service, method, Marshallers.Create(static message => message.ToByteArray(), StringValue.Parser.ParseFrom), Marshallers.Create(static _ => [], parse));
        return await _grpc!.CreateCallInvoker().AsyncUnaryCall(description, null, new CallOptions(cancellationToken: Token), request);
    }

    private static async Task<(HttpStatusCode Status, string Text)> GetAsync(string question, int port, Version version)
    {
        using var client = new HttpClient { DefaultRequestVersion = version, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var response = await client.GetAsync(new Uri($"http://127.0.0.1:{port}/answers?question={Uri.EscapeDataString(question)}"), Token);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(Token));
    }
}
