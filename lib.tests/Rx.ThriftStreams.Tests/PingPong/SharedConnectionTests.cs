using System.Collections.Concurrent;
using Demo.Echo;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.AspNetCore;
using SideBySideCalls = Rx.ThriftStreams.AspNetCore.Transports.PingPong.SideBySideCalls;
using Rx.ThriftStreams.Wire;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.PingPong;

/// <summary>Calls over TTHeader share connections when the server has said that they may: what a client asks, and what calls gain and keep.</summary>
public sealed class SharedConnectionTests
{
    private const int SideBySide = 40;

    [Theory]
    [InlineData(ThriftTransport.TTHeader)]
    [InlineData(ThriftTransport.TTHeaderFramed)]
    public async Task Calls_SideBySide_ShareAsManyConnectionsAsConfigured(ThriftTransport form)
    {
        var gate = new CallGateService();
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", setup => setup.AddService<ITestService>(gate));
        await using var channel = Open($"{server.Endpoint}", form, connections: 2);
        var client = new TestServiceClient(channel);
        await client.EchoPingPongAsync(Ask("first"), TestContext.Current.CancellationToken).Soon();

        var calls = Enumerable.Range(0, SideBySide).Select(i => client.EchoPingPongAsync(Ask($"gate {i}"), TestContext.Current.CancellationToken)).ToList();
        await Until(() => gate.Inside == SideBySide);
        gate.Open();
        var answers = await Task.WhenAll(calls).Soon();

        Assert.Equal(Enumerable.Range(0, SideBySide).Select(i => $"gate {i}"), answers.Select(answer => answer.Message));

        // The one of the first call, which one of the others has to itself, and two that the rest shares.
        Assert.Equal(3, gate.Peers.Count);
    }

    [Fact]
    public async Task Calls_OneAfterTheOther_KeepTheirOwnConnection()
    {
        var gate = new CallGateService();
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", setup => setup.AddService<ITestService>(gate));
        await using var channel = Open($"{server.Endpoint}", ThriftTransport.TTHeader, connections: 2);
        var client = new TestServiceClient(channel);

        for (var i = 0; i < 20; i++)
        {
            await client.EchoPingPongAsync(Ask("hi"), TestContext.Current.CancellationToken).Soon();
        }

        Assert.Single(gate.Peers);
    }

    [Fact]
    public async Task Calls_AfterAPause_AreAloneAgain()
    {
        var clock = new FakeTimeProvider();
        var gate = new CallGateService();
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", setup => setup.AddService<ITestService>(gate));
        await using var channel = PatientChannel.ForAddress(
            $"ttheader://{server.Endpoint}", new() { PingPongTransport = ThriftTransport.TTHeader, TimeProvider = clock, Connections = { MaxPerEndpoint = 2 } });
        var client = new TestServiceClient(channel);
        await client.EchoPingPongAsync(Ask("first"), TestContext.Current.CancellationToken).Soon();
        var calls = Enumerable.Range(0, SideBySide).Select(i => client.EchoPingPongAsync(Ask($"gate {i}"), TestContext.Current.CancellationToken)).ToList();
        await Until(() => gate.Inside == SideBySide);
        gate.Open();
        await Task.WhenAll(calls).Soon();
        Assert.Equal(3, gate.Peers.Count);
        gate.Peers.Clear();

        clock.Advance(TimeSpan.FromMinutes(2));
        for (var i = 0; i < 4; i++)
        {
            await client.EchoPingPongAsync(Ask("hi"), TestContext.Current.CancellationToken).Soon();
        }

        // Shared connections would take turns.
        Assert.Single(gate.Peers);
    }

    [Fact]
    public async Task Calls_ToAServerThatDoesNotOffer_AskOnceForEachConnectionAndStayApart()
    {
        var asked = new ConcurrentQueue<bool>();
        await using var server = new ScriptedPingPongServer(request =>
        {
            asked.Enqueue(request.Pairs.ContainsKey("rx-multiplex"));
            return ScriptedPingPongServer.Reply(request, "hello");
        });
        await using var channel = Open($"{server.Endpoint}", ThriftTransport.TTHeader, connections: 2);
        var client = new TestServiceClient(channel);

        for (var i = 0; i < 3; i++)
        {
            await client.EchoPingPongAsync(Ask("hi"), TestContext.Current.CancellationToken).Soon();
        }

        Assert.Equal([true, false, false], asked);
        Assert.Equal(1, server.Connections);
    }

    /// <summary>One address may lead to servers of both kinds: what one of them said does not bind the others.</summary>
    [Fact]
    public async Task Calls_ToAServerThatOfferedAndAnotherAtItsAddress_StopSharing()
    {
        var offers = true;
        var waiting = new ConcurrentQueue<PingPongRequest>();
        using var pair = new Barrier(2);
        await using var server = new ScriptedPingPongServer(request =>
        {
            waiting.Enqueue(request);
            if (!Volatile.Read(ref offers))
            {
                // Both of a pair are under way before either is answered.
                Assert.True(pair.SignalAndWait(Limit));
            }

            return ScriptedPingPongServer.Reply(Volatile.Read(ref offers) ? request with { ReplyPairs = ["rx-multiplex=1"] } : request, "hello");
        });
        await using var channel = Open($"{server.Endpoint}", ThriftTransport.TTHeader, connections: 1);
        var client = new TestServiceClient(channel);
        await client.EchoPingPongAsync(Ask("hi"), TestContext.Current.CancellationToken).Soon();
        Volatile.Write(ref offers, false);

        // Two at a time: one has its own connection, the other shares one with nobody, and learns that it must not.
        await Task.WhenAll(client.EchoPingPongAsync(Ask("hi"), TestContext.Current.CancellationToken), client.EchoPingPongAsync(Ask("hi"), TestContext.Current.CancellationToken)).Soon();
        var asked = waiting.Count(static request => request.Pairs.ContainsKey("rx-multiplex"));
        for (var i = 0; i < 5; i++)
        {
            await Task.WhenAll(client.EchoPingPongAsync(Ask("hi"), TestContext.Current.CancellationToken), client.EchoPingPongAsync(Ask("hi"), TestContext.Current.CancellationToken)).Soon();
        }

        // Only a connection that is made for one call at a time asks once more; the shared one is not used again.
        Assert.Equal(2, asked);
        Assert.Equal(3, server.Connections);
    }

    [Fact]
    public async Task Call_OfAPooledChannel_DoesNotAsk()
    {
        PingPongRequest? seen = null;
        await using var server = new ScriptedPingPongServer(request => ScriptedPingPongServer.Reply(seen = request, "hello"));
        await using var channel = Open($"{server.Endpoint}", ThriftTransport.TTHeader, connections: 2, ThriftConnectionMode.Pooled);

        await new TestServiceClient(channel).EchoPingPongAsync(Ask("hi"), TestContext.Current.CancellationToken).Soon();

        Assert.DoesNotContain("rx-multiplex", seen!.Pairs.Keys);
    }

    [Fact]
    public async Task Handler_OfACallThatAsks_SeesNeitherHeaderNorMetaInfoOfIt()
    {
        ThriftServerContext? context = null;
        var service = new ScriptedService
        {
            EchoUnary = (request, _) =>
            {
                context = ThriftServerContext.Current;
                return Task.FromResult(Answer(request.Message!));
            },
        };
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", setup => setup.AddService<ITestService>(service));
        await using var channel = Open($"{server.Endpoint}", ThriftTransport.TTHeader, connections: 1);
        await using var call = await new TestServiceClient(channel).OpenEchoPingPongAsync(Ask("hi"), cancellationToken: TestContext.Current.CancellationToken);

        await call.GetResponseAsync(TestContext.Current.CancellationToken).Soon();

        Assert.Empty(context!.RequestHeaders);
        Assert.Empty(call.Backward);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(ThriftConnectionMode.Multiplexed)]
    public async Task Cancel_OneCallOfASharedConnection_CancelsItsHandlerOnly(ThriftConnectionMode? mode)
    {
        var gate = new CallGateService();
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", setup => setup.AddService<ITestService>(gate));
        await using var channel = Open($"{server.Endpoint}", ThriftTransport.TTHeader, connections: 1, mode);
        var client = new TestServiceClient(channel);
        await client.EchoPingPongAsync(Ask("first"), TestContext.Current.CancellationToken).Soon();
        var alone = client.EchoPingPongAsync(Ask("gate alone"), TestContext.Current.CancellationToken);
        await Until(() => gate.Inside == 1);

        // Both share a connection, which has had an answer.
        var before = client.EchoPingPongAsync(Ask("shared"), TestContext.Current.CancellationToken);
        await before.Soon();
        using var cancellation = new CancellationTokenSource();
        var cancelled = client.EchoPingPongAsync(Ask("gate cancelled"), cancellation.Token);
        var other = client.EchoPingPongAsync(Ask("gate other"), TestContext.Current.CancellationToken);
        await Until(() => gate.Inside == 3);

        await cancellation.CancelAsync();

        await Assert.ThrowsAsync<OperationCanceledException>(() => cancelled.Soon());
        var reason = Assert.IsType<ThriftStatusException>(await gate.Reason.Soon());
        Assert.Equal(ThriftStatusCode.Cancelled, reason.StatusCode);
        Assert.Equal(2, gate.Inside);
        gate.Open();
        Assert.Equal(["gate alone", "gate other"], (await Task.WhenAll(alone, other).Soon()).Select(answer => answer.Message));
    }

    [Fact]
    public async Task Handlers_RunInline_BeginInTheOrderOfTheRequestsAndDoNotWaitForEachOther()
    {
        const int calls = 100;
        var begun = new List<string>();
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var service = new ScriptedService
        {
            EchoUnary = async (request, _) =>
            {
                begun.Add(request.Message!);
                if (request.Message == "1")
                {
                    await gate.Task;
                }

                return Answer(request.Message!);
            },
        };
        await using var server = await ThriftServer.StartAsync(
            "127.0.0.1:0", setup => setup.AddService<ITestService>(service).Configure(static options => options.PingPong.RunHandlersInline = true));
        using var peer = new System.Net.Sockets.TcpClient();
        await peer.ConnectAsync(server.Endpoint, TestContext.Current.CancellationToken);
        var stream = peer.GetStream();
        await stream.WriteAsync(
            Enumerable.Range(1, calls).SelectMany(static id => PingPongWire.TTHeader(Echo($"{id}", id), id, TTHeaderFlags.SupportsOutOfOrder)).ToArray(),
            TestContext.Current.CancellationToken);
        await Until(() => begun.Count == calls);

        gate.SetResult();
        peer.Client.Shutdown(System.Net.Sockets.SocketShutdown.Send);

        var answers = PingPongWireAnswer.ReadAll(await PingPongWire.ReadToEndAsync(stream).Soon());
        Assert.Equal(Enumerable.Range(1, calls).Select(static id => $"{id}"), begun);
        Assert.Equal([.. Enumerable.Range(2, calls - 1), 1], answers.Select(static answer => answer.FrameSequenceId));
    }

    [Fact]
    public async Task Lost_SharedConnection_CancelsAllHandlersOnIt()
    {
        var gate = new CallGateService();
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", setup => setup.AddService<ITestService>(gate));
        var channel = Open($"{server.Endpoint}", ThriftTransport.TTHeader, connections: 1, ThriftConnectionMode.Multiplexed);
        await using (channel)
        {
            var client = new TestServiceClient(channel);
            var calls = Enumerable.Range(0, SideBySide).Select(i => client.EchoPingPongAsync(Ask($"gate {i}"), TestContext.Current.CancellationToken)).ToList();
            await Until(() => gate.Inside == SideBySide);

            await channel.DisposeAsync();

            await Task.WhenAll(calls.Select(call => Assert.ThrowsAnyAsync<ThriftTransportException>(() => call.Soon())));
            await Until(() => gate.Inside == 0);
            Assert.IsType<ThriftTransportException>(await gate.Reason.Soon());
        }
    }

    [Fact]
    public async Task Cancellations_OfCallsThatDoNotRun_AreIgnored()
    {
        var gate = new CallGateService();
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", setup => setup.AddService<ITestService>(gate));
        using var peer = new System.Net.Sockets.TcpClient();
        await peer.ConnectAsync(server.Endpoint, TestContext.Current.CancellationToken);
        using var bytes = new Rx.ThriftStreams.Serialization.ThriftWriteBuffer();
        for (var id = 0; id < 10_000; id++)
        {
            using var one = new Rx.ThriftStreams.Serialization.ThriftWriteBuffer();
            Transports.PingPong.PingPongRequestWriter.WriteCancellation(one, id);
            one.WrittenSpan.CopyTo(bytes.GetSpan(one.Length));
            bytes.Advance(one.Length);
        }

        var stream = peer.GetStream();
        await stream.WriteAsync(bytes.WrittenMemory, TestContext.Current.CancellationToken);
        await stream.WriteAsync(PingPongWire.TTHeader(PingPongWire.WithText("EchoPingPong", "hi", 7), 7), TestContext.Current.CancellationToken);
        peer.Client.Shutdown(System.Net.Sockets.SocketShutdown.Send);

        var answer = Assert.Single(PingPongWireAnswer.ReadAll(await PingPongWire.ReadToEndAsync(stream).Soon()));
        Assert.Equal(7, answer.FrameSequenceId);
    }

    [Fact]
    public void Calls_WithTheSameId_EndWithTheConnectionOnly()
    {
        var calls = new SideBySideCalls();
        var (first, second) = (Request(5), Request(5));
        calls.Begin(first);
        calls.Begin(second);
        Assert.Null(second.Cancellation);

        calls.End(second);
        calls.GiveUp(5);

        Assert.True(first.IsGivenUp);
        Assert.True(first.Cancellation!.IsCancellationRequested);
        Assert.False(second.IsGivenUp);
    }

    [Fact]
    public void Call_ThatBeginsAfterTheLoss_IsNotKept()
    {
        var calls = new SideBySideCalls();
        var (early, late) = (Request(1), Request(2));
        calls.Begin(early);
        calls.Abort();
        calls.Begin(late);

        Assert.True(early.Cancellation!.IsCancellationRequested);
        Assert.False(early.IsGivenUp);
        Assert.Null(late.Cancellation);
    }

    private static AspNetCore.Transports.PingPong.PingPongRequest Request(int id)
        => new() { Form = PingPongForm.TTHeader, Codec = MessageCodec.StrictBinary, Type = ThriftMessageType.Call, Method = "m", SequenceId = id };

    private static byte[] Echo(string text, int id)
        => PingPongWire.Message("EchoPingPong", [.. Convert.FromHexString($"0c00010b0001{text.Length:x8}"), .. System.Text.Encoding.ASCII.GetBytes(text), 0, 0], id);

    private static ThriftChannel Open(string endpoint, ThriftTransport form, int connections, ThriftConnectionMode? mode = null) => PatientChannel.ForAddress(
        $"ttheader://{endpoint}", new() { PingPongTransport = form, Connections = { Mode = mode, MaxPerEndpoint = connections } });

    /// <summary>Calls that ask for the gate wait until it opens or they are cancelled.</summary>
    private sealed class CallGateService : EchoBase
    {
        private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource<ThriftException?> _reason = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _inside;

        internal int Inside => Volatile.Read(ref _inside);

        /// <summary>Why the first handler that was cancelled was.</summary>
        internal Task<ThriftException?> Reason => _reason.Task;

        internal ConcurrentDictionary<string, bool> Peers { get; } = new();

        internal void Open() => _open.TrySetResult();

        public override async Task<Response> EchoPingPongAsync(Request req, CancellationToken cancellationToken = default)
        {
            var context = ThriftServerContext.Current!;
            Peers[context.Peer] = true;
            if (req.Message!.StartsWith("gate", StringComparison.Ordinal))
            {
                Interlocked.Increment(ref _inside);
                try
                {
                    await _open.Task.WaitAsync(cancellationToken);
                }
                catch (OperationCanceledException)
                {
                    _reason.TrySetResult(context.CancellationReason);
                    throw;
                }
                finally
                {
                    Interlocked.Decrement(ref _inside);
                }
            }

            return Answer(req.Message);
        }
    }
}
