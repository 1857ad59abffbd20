using Demo.Echo;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Wire;
using IKitchenSink = Rx.ThriftStreams.Tests.Interop.IKitchenSink;
using KitchenSinkClient = Rx.ThriftStreams.Tests.Interop.KitchenSinkClient;

namespace Rx.ThriftStreams.Tests.PingPong;

public sealed class PingPongClientTests
{
    private static readonly Request Hi = new() { Message = "hi" };

    public static TheoryData<ThriftTransport> Forms =>
        [ThriftTransport.Buffered, ThriftTransport.Framed, ThriftTransport.TTHeader, ThriftTransport.TTHeaderFramed];

    public static TheoryData<ThriftTransport> HeaderForms => [ThriftTransport.TTHeader, ThriftTransport.TTHeaderFramed];

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task Call_OverEachForm_SendsThatFormAndGetsTheAnswer(ThriftTransport form)
    {
        PingPongRequest? seen = null;
        await using var server = new ScriptedPingPongServer(request => ScriptedPingPongServer.Reply(seen = request, "hello"));
        await using var channel = Open(server, form);

        var answer = await new TestServiceClient(channel).EchoPingPongAsync(Hi, TestContext.Current.CancellationToken);

        Assert.Equal("hello", answer.Message);
        Assert.Equal(("EchoPingPong", ThriftMessageType.Call), (seen!.Method, seen.Type));
        var (outer, inner) = form switch
        {
            ThriftTransport.Buffered => (WireProtocol.Buffered, false),
            ThriftTransport.Framed => (WireProtocol.Framed, false),
            ThriftTransport.TTHeader => (WireProtocol.TTHeader, false),
            _ => (WireProtocol.TTHeader, true),
        };
        Assert.Equal((outer, inner), (seen.Form, seen.InnerFramed));
    }

    [Theory]
    [MemberData(nameof(HeaderForms))]
    public async Task Call_OverTTHeader_CarriesNamesMetaInfoTimeoutAndChecksum(ThriftTransport form)
    {
        PingPongRequest? seen = null;
        await using var server = new ScriptedPingPongServer(request => ScriptedPingPongServer.Reply(seen = request, "hello"));
        await using var channel = Open(server, form, options =>
        {
            options.ServiceName = "caller";
            options.DestinationService = "callee";
            options.TTHeader.SendChecksums = true;
        });
        var metaInfo = new ThriftMetaInfo();
        metaInfo.Transient["Trace-id"] = "t";
        metaInfo.Persistent["TENANT"] = "42";

        await new TestServiceClient(channel).EchoPingPongAsync(
            Hi,
            new ThriftCallOptions { Timeout = TimeSpan.FromSeconds(30), MetaInfo = metaInfo, Headers = new() { { "x-own", "v" } } },
            TestContext.Current.CancellationToken);

        Assert.Equal("caller", seen!.Ints[3]);
        Assert.Equal("callee", seen.Ints[6]);
        Assert.Equal("EchoPingPong", seen.Ints[9]);
        Assert.Equal("1", seen.Ints[22]);
        Assert.Equal(form == ThriftTransport.TTHeaderFramed ? "framed" : "unframed", seen.Ints[1]);
        Assert.InRange(int.Parse(seen.Ints[12], System.Globalization.CultureInfo.InvariantCulture), 1, 30_000);
        Assert.Equal("TestService", seen.Pairs["isn"]);
        Assert.Equal("t", seen.Pairs["RPC_TRANSIT_Trace-id"]);
        Assert.Equal("42", seen.Pairs["RPC_PERSIST_TENANT"]);
        Assert.Equal("v", seen.Pairs["x-own"]);
        Assert.True(seen.Pairs.ContainsKey("crc32c"));
    }

    [Fact]
    public async Task Call_SecondOne_UsesTheSameConnection()
    {
        await using var server = new ScriptedPingPongServer(request => ScriptedPingPongServer.Reply(request, "hello"));
        await using var channel = Open(server, ThriftTransport.Framed);
        var client = new TestServiceClient(channel);

        await client.EchoPingPongAsync(Hi, TestContext.Current.CancellationToken);
        await client.EchoPingPongAsync(Hi, TestContext.Current.CancellationToken);

        Assert.Equal(1, server.Connections);
    }

    /// <summary>Servers handle the requests of a connection in order.</summary>
    [Theory]
    [MemberData(nameof(Forms))]
    public async Task Oneway_WhileItsHandlerRuns_DoesNotDelayTheNextCall(ThriftTransport form)
    {
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", setup => setup.AddService<IKitchenSink>(new ScriptedSink
        {
            Fire = async (_, _) =>
            {
                began.SetResult();
                await go.Task;
            },
        }));
        await using var channel = PatientChannel.ForAddress($"ttheader://{server.Endpoint}", new() { PingPongTransport = form, Connections = { Mode = ThriftConnectionMode.Pooled } });
        var client = new KitchenSinkClient(channel);

        await client.FireAsync("and forget", TestContext.Current.CancellationToken).Soon();
        await began.Task.Soon();

        Assert.Equal("next", await client.EchoStringAsync("next", TestContext.Current.CancellationToken).Soon());
        go.SetResult();
    }

    [Fact]
    public async Task Call_PerCallMode_UsesAConnectionEach()
    {
        await using var server = new ScriptedPingPongServer(request => ScriptedPingPongServer.Reply(request, "hello"));
        await using var channel = Open(server, ThriftTransport.Framed, options => options.Connections.Mode = ThriftConnectionMode.PerCall);
        var client = new TestServiceClient(channel);

        await client.EchoPingPongAsync(Hi, TestContext.Current.CancellationToken);
        await client.EchoPingPongAsync(Hi, TestContext.Current.CancellationToken);

        Assert.Equal(2, server.Connections);
    }

    [Fact]
    public async Task Call_ServerAsksToResetTheConnection_UsesAnotherAfterwards()
    {
        await using var server = new ScriptedPingPongServer(
            request => ScriptedPingPongServer.Reply(request with { ReplyPairs = ["crrst=1"] }, "hello"));
        await using var channel = Open(server, ThriftTransport.TTHeader);
        var client = new TestServiceClient(channel);

        await client.EchoPingPongAsync(Hi, TestContext.Current.CancellationToken);
        await client.EchoPingPongAsync(Hi, TestContext.Current.CancellationToken);

        Assert.Equal(2, server.Connections);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task Call_AnsweredWithAnException_ThrowsItWithTypeAndDropsTheConnection(ThriftTransport form)
    {
        await using var server = new ScriptedPingPongServer(
            request => ScriptedPingPongServer.Exception(request, ApplicationErrorType.InternalError, "biz error: boom"));
        await using var channel = Open(server, form);
        var client = new TestServiceClient(channel);

        var error = await Assert.ThrowsAsync<ThriftStatusException>(() => client.EchoPingPongAsync(Hi, TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<ThriftStatusException>(() => client.EchoPingPongAsync(Hi, TestContext.Current.CancellationToken));

        Assert.Equal((6, "biz error: boom", "boom"), (error.Kitex!.Code, error.Kitex.Text, error.Message));
        Assert.Equal(2, server.Connections);
    }

    [Theory]
    [MemberData(nameof(HeaderForms))]
    public async Task Call_BizStatusInTheHeader_ThrowsItAndKeepsTheConnection(ThriftTransport form)
    {
        await using var server = new ScriptedPingPongServer(request => ScriptedPingPongServer.Reply(
            request with { ReplyPairs = ["biz-status=404", "biz-message=né", "biz-extra={\"k\":\"v\"}"] }, "ignored"));
        await using var channel = Open(server, form);
        var client = new TestServiceClient(channel);

        var error = await Assert.ThrowsAsync<ThriftBizStatusException>(() => client.EchoPingPongAsync(Hi, TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<ThriftBizStatusException>(() => client.EchoPingPongAsync(Hi, TestContext.Current.CancellationToken));

        Assert.Equal((404, "né", "v"), (error.Code, error.Message, error.Extra["k"]));
        Assert.Equal(1, server.Connections);
    }

    [Fact]
    public async Task Call_BackwardPairs_AreOnTheCallObject()
    {
        await using var server = new ScriptedPingPongServer(
            request => ScriptedPingPongServer.Reply(request with { ReplyPairs = ["lab-backward=value"] }, "hello"));
        await using var channel = Open(server, ThriftTransport.TTHeader);

        await using var call = await new TestServiceClient(channel).OpenEchoPingPongAsync(Hi, cancellationToken: TestContext.Current.CancellationToken);
        await call.GetResponseAsync();

        Assert.Equal("value", call.Backward["lab-backward"]);
    }

    [Fact]
    public async Task Call_AnswerWithAnotherSequenceId_IsRefused()
    {
        await using var server = new ScriptedPingPongServer(request => ScriptedPingPongServer.Reply(request, "hello", sequenceId: request.SequenceId + 1));
        await using var channel = Open(server, ThriftTransport.Framed);

        var error = await Assert.ThrowsAsync<ThriftProtocolException>(
            () => new TestServiceClient(channel).EchoPingPongAsync(Hi, TestContext.Current.CancellationToken));

        Assert.Equal(4, error.Kitex!.Code);
        Assert.Contains("out of order sequence response", error.Kitex.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_AnswerToAnotherMethod_IsRefused()
    {
        await using var server = new ScriptedPingPongServer(request => ScriptedPingPongServer.Reply(request, "hello", method: "Other"));
        await using var channel = Open(server, ThriftTransport.Buffered);

        var error = await Assert.ThrowsAsync<ThriftProtocolException>(
            () => new TestServiceClient(channel).EchoPingPongAsync(Hi, TestContext.Current.CancellationToken));

        Assert.Equal("wrong method name, expect=EchoPingPong, actual=Other", error.Kitex!.Text);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task Call_ServerClosesInsteadOfAnswering_FailsAsUnavailable(ThriftTransport form)
    {
        await using var server = new ScriptedPingPongServer(_ => null);
        await using var channel = Open(server, form);

        var error = await Assert.ThrowsAsync<ThriftTransportException>(
            () => new TestServiceClient(channel).EchoPingPongAsync(Hi, TestContext.Current.CancellationToken));

        Assert.Equal(ThriftStatusCode.Unavailable, error.StatusCode);
    }

    [Fact]
    public async Task Call_AnswerLargerThanAllowed_IsResourceExhausted()
    {
        await using var server = new ScriptedPingPongServer(_ => [0x7F, 0xFF, 0xFF, 0xF0, 0x80, 0x01, 0x00, 0x02]);
        await using var channel = Open(server, ThriftTransport.Framed);

        var error = await Assert.ThrowsAsync<ThriftStatusException>(
            () => new TestServiceClient(channel).EchoPingPongAsync(Hi, TestContext.Current.CancellationToken));

        Assert.Equal(ThriftStatusCode.ResourceExhausted, error.StatusCode);
    }

    [Fact]
    public async Task Call_GarbageAsAnswer_IsAProtocolError()
    {
        await using var server = new ScriptedPingPongServer(_ => "HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());
        await using var channel = Open(server, ThriftTransport.Framed);

        await Assert.ThrowsAsync<ThriftProtocolException>(
            () => new TestServiceClient(channel).EchoPingPongAsync(Hi, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Call_IdleConnectionClosedByTheServer_IsReplacedUnnoticed()
    {
        var answered = 0;
        await using var first = new ScriptedPingPongServer(
            request => Interlocked.Increment(ref answered) == 1 ? ScriptedPingPongServer.Reply(request, "hello") : null);
        await using var channel = Open(first, ThriftTransport.Framed);
        var client = new TestServiceClient(channel);
        await client.EchoPingPongAsync(Hi, TestContext.Current.CancellationToken);

        // The second call makes the script close its connection; the third must not be given that one again.
        await Assert.ThrowsAsync<ThriftTransportException>(() => client.EchoPingPongAsync(Hi, TestContext.Current.CancellationToken));
        Interlocked.Exchange(ref answered, 0);

        Assert.Equal("hello", (await client.EchoPingPongAsync(Hi, TestContext.Current.CancellationToken)).Message);
        Assert.Equal(2, first.Connections);
    }

    [Fact]
    public async Task Call_Multiplexed_AnswersInAnyOrderReachTheirCalls()
    {
        var waiting = new List<PingPongRequest>();
        await using var server = new ScriptedPingPongServer(request =>
        {
            lock (waiting)
            {
                waiting.Add(request);
                return waiting.Count < 3
                    ? []
                    : [.. Enumerable.Reverse(waiting).SelectMany(one => ScriptedPingPongServer.Reply(one, $"answer {one.SequenceId}"))];
            }
        });
        await using var channel = Open(server, ThriftTransport.TTHeader, options =>
        {
            options.Connections.Mode = ThriftConnectionMode.Multiplexed;
            options.Connections.MaxPerEndpoint = 1;
        });
        var client = new TestServiceClient(channel);

        // One after the other, so that the script sees three separate requests.
        var calls = new List<Task<Response>>();
        for (var i = 1; i <= 3; i++)
        {
            calls.Add(client.EchoPingPongAsync(Hi, TestContext.Current.CancellationToken));
            var expected = i;
            Assert.True(SpinWait.SpinUntil(
                () =>
                {
                    lock (waiting)
                    {
                        return waiting.Count == expected;
                    }
                },
                TimeSpan.FromSeconds(30)));
        }

        var answers = await Task.WhenAll(calls).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        Assert.Equal(waiting.Select(request => $"answer {request.SequenceId}"), answers.Select(answer => answer.Message));
        Assert.Equal(1, server.Connections);
    }

    [Fact]
    public async Task Call_Cancelled_ThrowsWithTheTokenAndClosesTheConnection()
    {
        using var cancellation = new CancellationTokenSource();
        await using var server = new ScriptedPingPongServer(_ =>
        {
            cancellation.Cancel();
            return [];
        });
        await using var channel = Open(server, ThriftTransport.Framed);

        var error = await Assert.ThrowsAsync<OperationCanceledException>(() => new TestServiceClient(channel).EchoPingPongAsync(Hi, cancellation.Token));

        Assert.Equal(cancellation.Token, error.CancellationToken);
    }

    private static ThriftChannel Open(ScriptedPingPongServer server, ThriftTransport form, Action<ThriftChannelOptions>? configure = null)
    {
        var options = new ThriftChannelOptions { PingPongTransport = form, Resilience = { ConnectTimeout = TimeSpan.FromSeconds(30) } };
        configure?.Invoke(options);
        return PatientChannel.ForAddress($"ttheader://{server.Endpoint}", options);
    }
}
