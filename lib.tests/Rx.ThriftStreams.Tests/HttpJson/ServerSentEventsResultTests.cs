using System.Collections.Concurrent;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.Dynamic;
using Rx.ThriftStreams.HttpJson;
using Rx.ThriftStreams.Tests.Interop;

namespace Rx.ThriftStreams.Tests.HttpJson;

/// <summary>Streams that an endpoint of a gateway passes on as server-sent events.</summary>
public sealed class ServerSentEventsResultTests : IDisposable
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    private static readonly ThriftStructSchema s_soldOut = ThriftSchema.FromText("exception SoldOut { 1: i32 left }").GetStruct("SoldOut");

    private readonly HttpClient _http = new();
    private readonly ConcurrentQueue<Exception> _thrown = [];
    private readonly FakeTimeProvider _clock = new();

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task Stream_ThatSucceeds_EndsWithAnEvent()
    {
        await using var application = await StartAsync(static _ => ThriftResults.ServerSentEvents(Texts(null, "a", " b\r\nc\nd\re", "")));

        using var answer = await _http.GetAsync(UriOf(application), Token);

        Assert.Equal(("text/event-stream", "no-store"), (answer.Content.Headers.ContentType!.MediaType, answer.Headers.CacheControl!.ToString()));
        Assert.Equal("data: a\n\ndata:  b\ndata: c\ndata: d\ndata: e\n\ndata: \n\nevent: end\ndata: {}\n\n", await answer.Content.ReadAsStringAsync(Token));
    }

    [Fact]
    public async Task Stream_WithoutMessages_IsTheEnd()
    {
        await using var application = await StartAsync(static _ => ThriftResults.ServerSentEvents(Texts(null)));

        Assert.Equal("event: end\ndata: {}\n\n", await _http.GetStringAsync(UriOf(application), Token));
    }

    [Fact]
    public async Task Values_AreJsonInOneLineByTheOptionsOfTheApplication()
    {
        await using var application = await StartAsync(
            static _ => ThriftResults.ServerSentEvents(Texts(null, "a").Select(static text => new Demo.Echo.Response { Message = text })),
            static services => services.ConfigureHttpJsonOptions(static options => options.SerializerOptions.WriteIndented = true));

        Assert.Equal("data: {\"message\":\"a\"}\n\nevent: end\ndata: {}\n\n", await _http.GetStringAsync(UriOf(application), Token));
    }

    public static TheoryData<Exception, string> Failures => new()
    {
        {
            new ThriftStatusException(ThriftStatusCode.NotFound, "no such thing"),
            """{"type":"about:blank","title":"NotFound","status":404,"detail":"no such thing","code":5}"""
        },
        { new ThriftTransportException(ThriftStatusCode.Unavailable, "10.0.0.5:8888 is gone."), """{"type":"about:blank","title":"Unavailable","status":503,"code":14}""" },
        {
            new ThriftBizStatusException(1001, "no funds", new Dictionary<string, string> { ["k"] = "v" }),
            """{"type":"about:blank","title":"BusinessError","status":422,"detail":"no funds","code":13,"bizCode":1001,"bizExtra":{"k":"v"}}"""
        },
        { ThriftProtocolException.Unsent(new("secret")), """{"type":"about:blank","title":"Internal","status":500,"detail":"internal error","code":13}""" },
        { new InvalidOperationException("secret"), """{"type":"about:blank","title":"Internal","status":500,"detail":"internal error","code":13}""" },
    };

    [Theory]
    [MemberData(nameof(Failures), DisableDiscoveryEnumeration = true)]
    public async Task Stream_ThatFailsInTheMiddle_EndsWithItsProblem(Exception error, string problem)
    {
        await using var application = await StartAsync(_ => ThriftResults.ServerSentEvents(Texts(error, "a")));

        using var answer = await _http.GetAsync(UriOf(application), HttpCompletionOption.ResponseHeadersRead, Token);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(Token));
        var lines = new List<string>();
        while (lines.Count < 6 && await reader.ReadLineAsync(Token) is { } line)
        {
            lines.Add(line);
        }

        Assert.Equal(["data: a", "", "event: problem"], lines[..3]);
        Assert.Equal(problem, WithoutTrace(lines[3]["data: ".Length..]).ToJsonString());

        // A fault of the endpoint is thrown for the log, as without this result. Those of calls are logged by their channels.
        await application.StopAsync(Token);
        Assert.Equal(error is ThriftException and not ThriftProtocolException { IsUnsent: true } ? [] : [error], _thrown);
    }

    [Fact]
    public async Task Stream_ThatFailsBeforeItsFirstMessage_HasAStatus()
    {
        await using var application = await StartAsync(static _ => ThriftResults.ServerSentEvents(Texts(new ThriftStatusException(ThriftStatusCode.NotFound, "no such thing"))));

        using var answer = await _http.GetAsync(UriOf(application), Token);

        Assert.Equal((HttpStatusCode.NotFound, "application/problem+json"), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        Assert.Equal("no such thing", (string?)JsonNode.Parse(await answer.Content.ReadAsStringAsync(Token))!["detail"]);
    }

    public static TheoryData<ThriftException> Errors =>
    [
        new ThriftStatusException(ThriftStatusCode.NotFound, "no such thing"),
        new ThriftStatusException(ThriftStatusCode.PermissionDenied, "secret"),
        new ThriftBizStatusException(1001, "no funds", new Dictionary<string, string> { ["k"] = "v" }),
        new SinkException { Code = 7, Reason = "out of order" },
        new ThriftDynamicException("SoldOut", ThriftDynamicMessage.FromJson(s_soldOut, """{"left":3}""")),
        new ThriftTransportException(ThriftStatusCode.Unavailable, "10.0.0.5:8888 is gone."),
    ];

    [Theory]
    [MemberData(nameof(Errors), DisableDiscoveryEnumeration = true)]
    public async Task Problem_BeforeAndAfterTheFirstEvent_IsTheSame(ThriftException error)
    {
        await using var early = await StartAsync(_ => ThriftResults.ServerSentEvents(Texts(error)));
        await using var late = await StartAsync(_ => ThriftResults.ServerSentEvents(Texts(error, "a")));

        using var answer = await _http.GetAsync(UriOf(early), Token);
        var before = WithoutTrace(await answer.Content.ReadAsStringAsync(Token));
        var after = WithoutTrace((await _http.GetStringAsync(UriOf(late), Token)).Split("event: problem\ndata: ")[1]);

        Assert.True(JsonNode.DeepEquals(before, after), $"{before} {after}");
        Assert.Equal((error as ThriftDeclaredException)?.DeclaredName, (string?)before["exception"]);
        Assert.Equal(error is ThriftDynamicException ? 3 : null, (int?)before["value"]?["left"]);
        Assert.Equal(error is ThriftBizStatusException ? 1001 : null, (int?)before["bizCode"]);
    }

    /// <summary>Two servers: the caller of the gateway disconnects, and the handler behind it is cancelled.</summary>
    [Fact]
    public async Task Caller_ThatDisconnects_EndsTheCall()
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await AspNetCore.ThriftServer.StartAsync("127.0.0.1:0", setup => setup.AddService<Demo.Echo.ITestService>(new ScriptedService
        {
            EchoServer = (request, cancellationToken) => EndlessAsync(cancelled, cancellationToken),
        }), Token);
        await using var channel = PatientChannel.ForAddress($"grpc://{server.Endpoint}");
        var client = new Demo.Echo.TestServiceClient(channel);
        await using var application = await StartAsync(_ => ThriftResults.ServerSentEvents(client.EchoServerAsync(new()).Select(static response => response.Message!)));

        using (var answer = await _http.GetAsync(UriOf(application), HttpCompletionOption.ResponseHeadersRead, Token))
        {
            using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(Token));
            Assert.Equal("data: first", await reader.ReadLineAsync(Token));
        }

        await cancelled.Task.Soon();
        await application.StopAsync(Token);
        Assert.Empty(_thrown);
    }

    [Fact]
    public async Task Stream_ThatIsIdle_HasComments()
    {
        var more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var application = await StartAsync(_ => ThriftResults.ServerSentEvents(Waiting()), services => services.AddSingleton<TimeProvider>(_clock));
        using var answer = await _http.GetAsync(UriOf(application), HttpCompletionOption.ResponseHeadersRead, Token);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(Token));
        Assert.Equal("data: first", await reader.ReadLineAsync(Token));
        Assert.Equal("", await reader.ReadLineAsync(Token));

        _clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(":", await reader.ReadLineAsync(Token).AsTask().Soon());
        more.SetResult();

        Assert.Equal("\nevent: end\ndata: {}\n\n", await reader.ReadToEndAsync(Token));

        async IAsyncEnumerable<string> Waiting()
        {
            yield return "first";
            await more.Task;
        }
    }

    /// <summary>Problem details name the trace of their request.</summary>
    private static JsonObject WithoutTrace(string problem)
    {
        var members = JsonNode.Parse(problem)!.AsObject();
        Assert.NotEmpty((string)members["traceId"]!);
        members.Remove("traceId");
        return members;
    }

    private static Uri UriOf(WebApplication application) => new($"http://127.0.0.1:{application.Endpoint().Port}/");

    private static async IAsyncEnumerable<string> Texts(Exception? end, params string[] texts)
    {
        foreach (var text in texts)
        {
            yield return text;
        }

        await Task.Yield();
        if (end is not null)
        {
            throw end;
        }
    }

    private static async IAsyncEnumerable<Demo.Echo.Response> EndlessAsync(TaskCompletionSource cancelled, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var registration = cancellationToken.Register(() => cancelled.TrySetResult());
        yield return new() { Message = "first" };
        await Task.Delay(Timeout.Infinite, cancellationToken);
    }

    private Task<WebApplication> StartAsync(Func<CancellationToken, Microsoft.AspNetCore.Http.IResult> handle, Action<IServiceCollection>? configure = null)
        => ThriftApplication.StartAsync(
            static listen => listen.Protocols = HttpProtocols.Http1,
            application =>
            {
                application.UseExceptionHandler();
                application.Use(async (_, next) =>
                {
                    try
                    {
                        await next();
                    }
                    catch (Exception error)
                    {
                        _thrown.Enqueue(error);
                        throw;
                    }
                });
                application.MapGet("/", (CancellationToken cancellationToken) => handle(cancellationToken));
            },
            services =>
            {
                services.AddThriftProblemDetails();
                configure?.Invoke(services);
            });
}
