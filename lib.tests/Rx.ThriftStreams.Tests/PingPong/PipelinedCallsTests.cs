using Demo.Echo;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Wire;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.PingPong;

/// <summary>Calls that are sent before earlier ones are answered, to a server that answers them in their order.</summary>
public sealed class PipelinedCallsTests
{
    public static TheoryData<ThriftTransport> Forms => [ThriftTransport.TTHeader, ThriftTransport.TTHeaderFramed, ThriftTransport.Framed, ThriftTransport.Buffered];

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task Calls_SideBySide_AreSentBeforeTheFirstIsAnswered(ThriftTransport form)
    {
        var waiting = new List<PingPongRequest>();
        await using var server = new ScriptedPingPongServer(request =>
        {
            waiting.Add(request);
            return waiting.Count < 3 ? [] : [.. waiting.SelectMany(static one => ScriptedPingPongServer.Reply(one, $"answer {one.SequenceId}"))];
        });
        await using var channel = Open(server.Endpoint, form);
        var client = new TestServiceClient(channel);

        var answers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => CallAsync(client))).Soon();

        Assert.Equal(waiting.Select(static request => $"answer {request.SequenceId}").Order(), answers.Select(static answer => answer.Message).Order());
        Assert.Equal(1, server.Connections);
        Assert.All(waiting, static request => Assert.DoesNotContain("rx-multiplex", request.Pairs.Keys));
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task Calls_ToAServerOfThisLibrary_ReachTheirOwnAnswers(ThriftTransport form)
    {
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", static setup => setup.AddService<ITestService>(new EchoService()));
        await using var channel = Open($"{server.Endpoint}", form, depth: 8, connections: 2);
        var client = new TestServiceClient(channel);

        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => client.EchoPingPongAsync(new() { Message = $"{i}" }, TestContext.Current.CancellationToken))).Soon();

        Assert.Equal(Enumerable.Range(0, 200).Select(static i => $"{i}"), answers.Select(static answer => answer.Message));
    }

    [Fact]
    public async Task Calls_BeyondTheDepth_WaitForTheirTurn()
    {
        var waiting = new List<PingPongRequest>();
        var most = 0;
        await using var server = new ScriptedPingPongServer(request =>
        {
            waiting.Add(request);
            most = Math.Max(most, waiting.Count);
            if (waiting.Count < 2)
            {
                return [];
            }

            byte[] answers = [.. waiting.SelectMany(static one => ScriptedPingPongServer.Reply(one, "hello"))];
            waiting.Clear();
            return answers;
        });
        await using var channel = Open(server.Endpoint, ThriftTransport.Framed, depth: 2);
        var client = new TestServiceClient(channel);

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => CallAsync(client))).Soon();

        Assert.Equal(2, most);
        Assert.Equal(1, server.Connections);
    }

    [Fact]
    public async Task Call_CancelledWhileItWaitsForItsTurn_IsNeverSent()
    {
        var received = 0;
        using var answers = new SemaphoreSlim(0);
        await using var server = new ScriptedPingPongServer(request =>
        {
            Interlocked.Increment(ref received);
            Assert.True(answers.Wait(Limit));
            return ScriptedPingPongServer.Reply(request, "hello");
        });
        await using var channel = Open(server.Endpoint, ThriftTransport.Framed, depth: 1);
        var client = new TestServiceClient(channel);
        var first = CallAsync(client);
        await Until(() => Volatile.Read(ref received) == 1);
        using var cancellation = new CancellationTokenSource();
        var second = client.EchoPingPongAsync(new(), cancellation.Token);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second.Soon());
        answers.Release(2);
        await first.Soon();
        await CallAsync(client).Soon();
        Assert.Equal((2, 1), (received, server.Connections));
    }

    /// <summary>The server still works on it, and answers it: that delays those behind it, and nothing may wait behind them.</summary>
    [Theory]
    [MemberData(nameof(Forms))]
    public async Task Call_GivenUp_LetsItsConnectionGoAfterTheOthers(ThriftTransport form)
    {
        var received = 0;
        using var answers = new SemaphoreSlim(0);
        await using var server = new ScriptedPingPongServer(request =>
        {
            if (Interlocked.Increment(ref received) <= 2)
            {
                Assert.True(answers.Wait(Limit));
            }

            return ScriptedPingPongServer.Reply(request, "hello");
        });
        await using var channel = Open(server.Endpoint, form);
        var client = new TestServiceClient(channel);
        using var cancellation = new CancellationTokenSource();
        var givenUp = client.EchoPingPongAsync(new(), cancellation.Token);
        await Until(() => Volatile.Read(ref received) == 1);
        var behind = CallAsync(client);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => givenUp.Soon());
        answers.Release(2);
        Assert.Equal("hello", (await behind.Soon()).Message);
        Assert.Equal("hello", (await CallAsync(client).Soon()).Message);
        Assert.Equal(2, server.Connections);
        await Until(() => server.Ended == 1);
    }

    /// <summary>The call would wait until its deadline, and without one for ever.</summary>
    [Theory]
    [MemberData(nameof(Forms))]
    public async Task Answer_ToACallThatWasNotMade_FailsTheConnection(ThriftTransport form)
    {
        await using var server = new ScriptedPingPongServer(static request => request.Form == WireProtocol.TTHeader
            ? ScriptedPingPongServer.Reply(request with { SequenceId = 0 }, "hello")
            : ScriptedPingPongServer.Reply(request, "hello", sequenceId: 0));
        await using var channel = Open(server.Endpoint, form);

        var error = await Assert.ThrowsAsync<ThriftTransportException>(() => CallAsync(new TestServiceClient(channel)).Soon());

        Assert.Contains("sequence id 0, which no call on the connection has", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ThriftTransport.TTHeader, ThriftConnectionMode.Multiplexed)]
    [InlineData(ThriftTransport.Framed, ThriftConnectionMode.Pipelined)]
    public async Task Answer_BeforeBytesThatAreNone_IsDelivered(ThriftTransport form, ThriftConnectionMode mode)
    {
        var waiting = new List<PingPongRequest>();
        await using var server = new ScriptedPingPongServer(request =>
        {
            waiting.Add(request);
            return waiting.Count < 2 ? [] : [.. ScriptedPingPongServer.Reply(waiting[0], "hello"), .. "no Thrift message"u8];
        });
        await using var channel = Open(server.Endpoint, form, mode: mode);
        var client = new TestServiceClient(channel);

        var calls = new[] { CallAsync(client), CallAsync(client) };
        await Task.WhenAll(calls).Soon().ContinueWith(static _ => { }, TaskScheduler.Default);

        Assert.Equal("hello", (await Assert.Single(calls, static call => call.IsCompletedSuccessfully)).Message);
        Assert.IsType<ThriftTransportException>(Assert.Single(calls, static call => call.IsFaulted).Exception!.InnerException);
    }

    /// <summary>Nothing announces where a Buffered answer ends: the next call connects anew.</summary>
    [Theory]
    [InlineData(ThriftTransport.TTHeader, 1)]
    [InlineData(ThriftTransport.Framed, 1)]
    [InlineData(ThriftTransport.Buffered, 2)]
    public async Task Answer_TooLarge_FailsItsCall(ThriftTransport form, int connections)
    {
        var count = 0;
        await using var server = new ScriptedPingPongServer(request => ScriptedPingPongServer.Reply(request, ++count == 1 ? new string('x', 100_000) : "fine"));
        await using var channel = Open(server.Endpoint, form, configure: static options => options.Limits.MaxReceiveMessageSize = 10_000);
        var client = new TestServiceClient(channel);

        var error = await Assert.ThrowsAsync<ThriftStatusException>(() => CallAsync(client).Soon());

        Assert.Equal(ThriftStatusCode.ResourceExhausted, error.StatusCode);
        Assert.Equal("fine", (await CallAsync(client).Soon()).Message);
        Assert.Equal(connections, server.Connections);
    }

    [Fact]
    public async Task Lost_ConnectionThatCallsWaitFor_SendsThemOverAnother()
    {
        var received = 0;
        using var mayClose = new SemaphoreSlim(0);
        await using var server = new ScriptedPingPongServer(request =>
        {
            if (Interlocked.Increment(ref received) > 1)
            {
                return ScriptedPingPongServer.Reply(request, "hello");
            }

            Assert.True(mayClose.Wait(Limit));
            return null;
        });
        await using var channel = Open(server.Endpoint, ThriftTransport.Framed, depth: 1);
        var client = new TestServiceClient(channel);
        var lost = CallAsync(client);
        await Until(() => Volatile.Read(ref received) == 1);
        var others = Enumerable.Range(0, 5).Select(_ => CallAsync(client)).ToList();

        mayClose.Release();

        await Assert.ThrowsAsync<ThriftTransportException>(() => lost.Soon());
        Assert.All(await Task.WhenAll(others).Soon(), static answer => Assert.Equal("hello", answer.Message));
        Assert.Equal(2, server.Connections);
    }

    [Fact]
    public async Task Dispose_CallsWaitForTheirTurn_FailsThem()
    {
        var received = 0;
        using var answers = new SemaphoreSlim(0);
        await using var server = new ScriptedPingPongServer(request =>
        {
            Interlocked.Increment(ref received);
            Assert.True(answers.Wait(Limit));
            return ScriptedPingPongServer.Reply(request, "hello");
        });
        var channel = Open(server.Endpoint, ThriftTransport.Framed, depth: 1);
        await using (channel)
        {
            var client = new TestServiceClient(channel);
            var calls = Enumerable.Range(0, 5).Select(_ => CallAsync(client)).ToList();
            await Until(() => Volatile.Read(ref received) == 1);

            await channel.DisposeAsync();

            await Task.WhenAll(calls.Select(static call => Assert.ThrowsAnyAsync<ThriftTransportException>(() => call.Soon())));
            answers.Release(5);
        }
    }

    private static Task<Response> CallAsync(TestServiceClient client) => client.EchoPingPongAsync(new(), TestContext.Current.CancellationToken);

    private static ThriftChannel Open(
        string endpoint,
        ThriftTransport form,
        int depth = 32,
        int connections = 1,
        ThriftConnectionMode mode = ThriftConnectionMode.Pipelined,
        Action<ThriftChannelOptions>? configure = null)
    {
        var options = new ThriftChannelOptions { PingPongTransport = form, Connections = { Mode = mode, MaxPerEndpoint = connections, MaxPipelinedCalls = depth } };
        configure?.Invoke(options);
        return PatientChannel.ForAddress($"ttheader://{endpoint}", options);
    }
}
