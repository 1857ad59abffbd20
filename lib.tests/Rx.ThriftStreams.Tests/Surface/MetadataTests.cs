using Demo.Echo;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Surface;

public sealed class MetadataTests
{
    private ThriftMetadata? _headers;
    private ThriftMetaInfo? _metaInfo;
    private string? _caller;

    /// <summary>A service that keeps what came with the call.</summary>
    private ScriptedService Keeping => new()
    {
        EchoUnary = (_, _) =>
        {
            var context = ThriftServerContext.Current!;
            (_headers, _metaInfo, _caller) = (context.RequestHeaders, context.MetaInfo, context.CallerService);
            return Task.FromResult(Answer("ok"));
        },
    };

    [Fact]
    public async Task RequestHeaders_OfCallClientAndChannel_ReachTheHandlerAndTheNearestWins()
    {
        await using var loop = await Loopback.StartAsync(
            Keeping,
            channel: options =>
            {
                options.Defaults = new() { Headers = new() };
                options.Defaults.Headers!.Add("x-channel", "channel");
                options.Defaults.Headers.Add("x-both", "channel");
                options.ServiceName = "me";
            });
        var headers = new ThriftMetadata();
        headers.Add("X-Both", "call");
        headers.Add("x-utf8", "grüße");
        headers.AddBinary("x-bytes-bin", [0, 255, 10, 13]);

        await loop.Client.EchoUnaryAsync(Ask("x"), new ThriftCallOptions { Headers = headers }, TestContext.Current.CancellationToken).Soon();

        Assert.Equal("channel", _headers!["x-channel"]);
        Assert.Equal(["call"], _headers.GetValues("x-both"));
        Assert.Equal("grüße", _headers["x-utf8"]);
        Assert.True(_headers.TryGetBinary("x-bytes-bin", out var bytes));
        Assert.Equal([0, 255, 10, 13], bytes);
        Assert.Equal("me", _caller);
    }

    [Fact]
    public async Task RequestHeaders_WithSeveralValues_ArriveJoinedAsHttpAllows()
    {
        await using var loop = await Loopback.StartAsync(Keeping);
        var headers = new ThriftMetadata();
        headers.Add("x-many", "a");
        headers.Add("x-many", "b");

        await loop.Client.EchoUnaryAsync(Ask("x"), new ThriftCallOptions { Headers = headers }, TestContext.Current.CancellationToken).Soon();

        Assert.Equal("a, b", string.Join(", ", _headers!.GetValues("x-many")));
    }

    [Fact]
    public async Task ResponseMetadata_WithSeveralValuesAndBytes_ArrivesInOrder()
    {
        await using var loop = await Loopback.StartAsync(new()
        {
            EchoUnary = (_, _) =>
            {
                var context = ThriftServerContext.Current!;
                foreach (var metadata in (ThriftMetadata[])[context.ResponseHeaders, context.ResponseTrailers])
                {
                    metadata.Add("x-many", "1");
                    metadata.Add("x-many", "2");
                    metadata.AddBinary("x-bytes-bin", [0, 255]);
                    metadata.Add("x-utf8", "日本");
                }

                return Task.FromResult(Answer("ok"));
            },
        });
        await using var call = await loop.Client.OpenEchoUnaryAsync(Ask("x")).Soon();
        await call.GetResponseAsync().Soon();

        foreach (var metadata in (ThriftMetadata[])[await call.GetHeadersAsync(TestContext.Current.CancellationToken).Soon(), call.Trailers])
        {
            Assert.Equal(["1", "2"], metadata.GetValues("x-many"));
            Assert.True(metadata.TryGetBinary("x-bytes-bin", out var bytes));
            Assert.Equal([0, 255], bytes);
            Assert.Equal("日本", metadata["x-utf8"]);
        }
    }

    [Fact]
    public async Task ResponseHeaders_SentEarly_ArriveBeforeAnyMessageAndCannotBeSentAgain()
    {
        var go = new TaskCompletionSource();
        var second = new TaskCompletionSource<Exception?>();
        await using var loop = await Loopback.StartAsync(new() { EchoServer = (_, _) => Early() });
        await using var stream = await loop.Client.OpenEchoServerAsync(Ask("x")).Soon();

        Assert.Equal("yes", (await stream.GetHeadersAsync(TestContext.Current.CancellationToken).Soon())["x-early"]);

        go.SetResult();
        Assert.Single(await stream.ToListAsync(TestContext.Current.CancellationToken).Soon());
        Assert.IsType<InvalidOperationException>(await second.Task.Soon());

        async IAsyncEnumerable<Response> Early()
        {
            var context = ThriftServerContext.Current!;
            context.ResponseHeaders.Add("x-early", "yes");
            await context.SendHeadersAsync();
            await go.Task;
            second.SetResult(await Record.ExceptionAsync(() => context.SendHeadersAsync()));
            yield return Answer("1");
        }
    }

    [Fact]
    public async Task SendHeadersAsync_AfterTheFirstMessage_SaysThatTheyAreSent()
    {
        var second = new TaskCompletionSource<Exception?>();
        await using var loop = await Loopback.StartAsync(new() { EchoServer = (_, _) => Late() });

        await loop.Client.EchoServerAsync(Ask("x")).CountAsync(TestContext.Current.CancellationToken).Soon();

        Assert.IsType<InvalidOperationException>(await second.Task.Soon());

        async IAsyncEnumerable<Response> Late()
        {
            yield return Answer("1");
            second.SetResult(await Record.ExceptionAsync(() => ThriftServerContext.Current!.SendHeadersAsync()));
        }
    }

    [Theory]
    [InlineData("with space")]
    [InlineData("grpc-status")]
    [InlineData(":path")]
    [InlineData("content-type")]
    [InlineData("biz-status")]
    [InlineData("naïve")]
    [InlineData("")]
    public void Add_NameThatCannotBeSent_SaysWhy(string name)
    {
        var error = Assert.ThrowsAny<ArgumentException>(() => new ThriftMetadata().Add(name, "v"));

        Assert.Equal("name", error.ParamName);
    }

    [Theory]
    [InlineData("x-ok", "line\nbreak")]
    [InlineData("x-ok-bin", "not base64!")]
    public void Add_ValueThatCannotBeSent_SaysWhy(string name, string value)
        => Assert.Equal("value", Assert.ThrowsAny<ArgumentException>(() => new ThriftMetadata().Add(name, value)).ParamName);

    [Fact]
    public async Task MetaInfo_KeysAreFoldedAndReachTheHandler()
    {
        await using var loop = await Loopback.StartAsync(Keeping);
        var metaInfo = new ThriftMetaInfo { Transient = { ["MY_KEY"] = "t" }, Persistent = { ["lower-Key"] = "p", ["bad key"] = "dropped" } };

        await loop.Client.EchoUnaryAsync(Ask("x"), new ThriftCallOptions { MetaInfo = metaInfo }, TestContext.Current.CancellationToken).Soon();

        Assert.Equal(new Dictionary<string, string> { ["MY_KEY"] = "t" }, _metaInfo!.Transient);
        Assert.Equal(new Dictionary<string, string> { ["LOWER_KEY"] = "p" }, _metaInfo.Persistent);
        Assert.DoesNotContain(_headers!, header => header.Key.StartsWith("rpc-", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(ThriftTransientPropagation.SingleHop, null)]
    [InlineData(ThriftTransientPropagation.EveryHop, "t")]
    public async Task MetaInfo_BehindAHandler_FollowsTheRuleOfHops(ThriftTransientPropagation rule, string? transient)
    {
        await using var backend = await Loopback.StartAsync(Keeping, channel: options => options.TransientPropagation = rule);
        await using var front = await Loopback.StartAsync(new()
        {
            EchoUnary = (request, ct) => backend.Client.EchoUnaryAsync(
                request, new ThriftCallOptions { MetaInfo = new() { Transient = { ["OWN"] = "o" }, Persistent = { ["OVER"] = "handler" } } }, ct),
        });
        var metaInfo = new ThriftMetaInfo { Transient = { ["T"] = "t" }, Persistent = { ["P"] = "p", ["OVER"] = "caller" } };

        await front.Client.EchoUnaryAsync(Ask("x"), new ThriftCallOptions { MetaInfo = metaInfo }, TestContext.Current.CancellationToken).Soon();

        Assert.Equal(transient, _metaInfo!.Transient.TryGetValue("T", out var value) ? value : null);
        Assert.Equal("o", _metaInfo.Transient["OWN"]);
        Assert.Equal(new Dictionary<string, string> { ["P"] = "p", ["OVER"] = "handler" }, _metaInfo.Persistent);
    }

    [Fact]
    public async Task Items_OfTheContext_AreSharedByMiddlewareAndHandler()
    {
        await using var loop = await Loopback.StartAsync(
            new() { EchoUnary = (_, _) => Task.FromResult(Answer((string)ThriftServerContext.Current!.Items["key"]!)) },
            server => server.StreamMiddleware.Add(async (context, next) =>
            {
                context.Items["key"] = "from middleware";
                await next();
            }));

        Assert.Equal("from middleware", (await loop.Client.EchoUnaryAsync(Ask("x"), TestContext.Current.CancellationToken).Soon()).Message);
    }

    [Fact]
    public async Task Authority_OfChannelAndCall_IsSent()
    {
        string? host = null;
        await using var server = await ScriptedHttp2Server.StartAsync(async context =>
        {
            host = context.Request.Host.Value;
            context.Response.ContentType = "application/grpc+thrift";
            context.Response.Headers["grpc-status"] = "9";
            await context.Response.CompleteAsync();
        });
        await using var channel = PatientChannel.ForAddress($"grpc://{server.Endpoint}", new() { DestinationService = "demo-server" });
        var client = new TestServiceClient(channel);

        await Assert.ThrowsAsync<ThriftStatusException>(() => client.EchoUnaryAsync(Ask("x"), TestContext.Current.CancellationToken).Soon());
        Assert.Equal("demo-server", host);
        await Assert.ThrowsAsync<ThriftStatusException>(
            () => client.EchoUnaryAsync(Ask("x"), new ThriftCallOptions { Authority = "other" }, TestContext.Current.CancellationToken).Soon());
        Assert.Equal("other", host);
    }

    [Fact]
    public async Task Endpoint_OfTheCall_BeatsTheChannels()
    {
        await using var loop = await Loopback.StartAsync(Keeping);
        await using var channel = PatientChannel.ForAddress("grpc://127.0.0.1:1");

        var options = new ThriftCallOptions { Endpoint = loop.Server.Endpoint.ToString() };

        Assert.Equal("ok", (await new TestServiceClient(channel).EchoUnaryAsync(Ask("x"), options, TestContext.Current.CancellationToken).Soon()).Message);
        await Assert.ThrowsAnyAsync<ArgumentException>(
            () => new TestServiceClient(channel).EchoUnaryAsync(Ask("x"), new ThriftCallOptions { Endpoint = "nonsense" }, TestContext.Current.CancellationToken).Soon());
    }

    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public async Task Header_WithoutAValue_Arrives(string scheme)
    {
        await using var loop = await Loopback.StartAsync(
            new()
            {
                EchoServer = (_, _) =>
                {
                    ThriftServerContext.Current!.ResponseHeaders.Add("x-empty", string.Empty);
                    return AsyncEnumerable.Repeat(Answer("1"), 1);
                },
            },
            scheme: scheme);
        await using var call = await loop.Client.OpenEchoServerAsync(Ask("x")).Soon();

        Assert.Equal(string.Empty, (await call.GetHeadersAsync().Soon())["x-empty"]);
    }

    [Fact]
    public void Value_WithHalfASurrogatePair_IsRefused()
    {
        // Not as data of a theory: attributes hold their texts as UTF-8, which has no halves.
        foreach (var value in (string[])["\ud800", "a\udc00b", "\ud800\ud800\udc00"])
        {
            Assert.Throws<ArgumentException>(() => new ThriftMetadata().Add("x-text", value));
        }

        new ThriftMetadata().Add("x-text", "\ud83d\ude00");
    }
}
