using System.Buffers;
using System.Net.Sockets;
using System.Text;
using Demo.Echo;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.AspNetCore.Access;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.AspNetCore.Transports.InProcess;
using Rx.ThriftStreams.AspNetCore.Transports.PingPong;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.PingPong;

/// <summary>What callers of ping-pong calls see when a server stops, or has had enough of a connection.</summary>
public sealed class StopTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly GateService _gate = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<WebApplication> _hosts = [];

    public async ValueTask DisposeAsync()
    {
        _gate.Open();
        foreach (var host in _hosts)
        {
            await host.DisposeAsync();
        }

        _stopping.Dispose();
    }

    [Fact]
    public async Task Stop_RequestsWaitBehindTheOneThatRuns_AllAreAnsweredWithReset()
    {
        var (client, served, _) = Connect();
        await SendAsync(client, [.. Call("gate", 1), .. Call("second", 2), .. Call("third", 3)]);
        await _gate.Entered.Soon();

        await _stopping.CancelAsync();
        _clock.Advance(TimeSpan.FromSeconds(1));
        _gate.Open();

        var answers = await ReadToEndAsync(client);
        Assert.Equal([1, 2, 3], answers.Select(static answer => answer.SequenceId));
        Assert.All(answers, static answer => Assert.Equal((ThriftMessageType.Reply, "crrst=1"), (answer.Type, answer.Pairs)));
        await served.Soon();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Stop_RequestsArriveWithinTheGrace_AreAnsweredAndTheConnectionEndsWhenItIsOver(bool hasHeader)
    {
        var (client, served, _) = Connect();
        await SendAsync(client, Wire(1));
        Assert.Empty((await ReadAnswerAsync(client)).Pairs);

        await _stopping.CancelAsync();
        await SendAsync(client, Wire(2));
        Assert.Equal(hasHeader ? "crrst=1" : "", (await ReadAnswerAsync(client)).Pairs);
        _clock.Advance(TimeSpan.FromMilliseconds(99));
        await SendAsync(client, Wire(3));
        Assert.Equal(3, (await ReadAnswerAsync(client)).SequenceId);
        Assert.False(served.IsCompleted);

        // Written before the connection has noticed that its time is over.
        await SendAsync(client, Wire(4));
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(4, Assert.Single(await ReadToEndAsync(client)).SequenceId);
        await served.Soon();

        byte[] Wire(int sequenceId) => hasHeader ? Call("x", sequenceId) : PingPongWire.Framed(Body("x", sequenceId));
    }

    [Fact]
    public async Task Stop_PartOfARequestHasArrived_IsWaitedForAndAnswered()
    {
        var (client, served, _) = Connect();
        await SendAsync(client, Call("x", 1));
        await ReadAnswerAsync(client);
        var request = Call("late", 2);
        await SendAsync(client, request[..20]);

        await _stopping.CancelAsync();
        _clock.Advance(TimeSpan.FromSeconds(2));
        await SendAsync(client, request[20..]);

        Assert.Equal(2, Assert.Single(await ReadToEndAsync(client)).SequenceId);
        await served.Soon();
    }

    [Fact]
    public async Task Stop_ConnectionIsShared_IsAskedToLeaveAtOnce()
    {
        var (client, served, _) = Connect();
        await SendAsync(client, Call("gate", 7, TTHeaderFlags.SupportsOutOfOrder));
        await _gate.Entered.Soon();

        await _stopping.CancelAsync();

        var notice = await ReadAnswerAsync(client);
        Assert.Equal((0, 0, "none", "crrst=1"), (notice.SequenceId, notice.FrameSequenceId, notice.Method, notice.Pairs));
        await SendAsync(client, Call("on its way", 8, TTHeaderFlags.SupportsOutOfOrder));
        var second = await ReadAnswerAsync(client);
        Assert.Equal((8, "crrst=1"), (second.SequenceId, second.Pairs));
        _clock.Advance(TimeSpan.FromSeconds(1));
        _gate.Open();
        Assert.Equal(7, Assert.Single(await ReadToEndAsync(client)).SequenceId);
        await served.Soon();
    }

    [Fact]
    public async Task Stop_HandlerDoesNotEnd_IsCancelledAfterTheShutdownTimeoutAndAnswersUnavailable()
    {
        var (client, served, _) = Connect(static options => options.ShutdownTimeout = TimeSpan.FromSeconds(20));
        await SendAsync(client, Call("gate", 1));
        await _gate.Entered.Soon();

        await _stopping.CancelAsync();
        _clock.Advance(TimeSpan.FromSeconds(19.9));
        Assert.False(_gate.Cancelled.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(0.1));
        await _gate.Cancelled.Soon();

        var answer = Assert.Single(await ReadToEndAsync(client));
        Assert.Equal(ThriftMessageType.Exception, answer.Type);
        Assert.Contains("graceful shutdown", answer.Body, StringComparison.Ordinal);
        await served.Soon();
    }

    [Theory]
    [InlineData(PingPongForms.Framed)]
    [InlineData(PingPongForms.Streams)]
    public async Task Stop_PeerReadsNothing_KestrelsConnectionIsCutOff(string form)
    {
        await using var server = await ThriftServer.StartAsync(
            "127.0.0.1:0", setup => setup.AddService<ITestService>(new EchoService()).Configure(options => options.TimeProvider = _clock));
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server.Endpoint, TestContext.Current.CancellationToken);
        var text = new string('x', 1_000_000);
        if (form == PingPongForms.Streams)
        {
            await socket.SendAsync(FramePeer.Header(1), TestContext.Current.CancellationToken);
        }

        SendUntilBlocked(socket, form == PingPongForms.Framed ? PingPongWire.Framed(Body(text, 1)) : FramePeer.Data(1, text));

        // Kestrel would give up by itself after the host's 30 s.
        var stopping = server.StopAsync(TestContext.Current.CancellationToken);
        await AdvanceUntilAsync(() => stopping.IsCompleted).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Close_PeerDoesNotTakeTheEnd_IsCutOffTwoSecondsLater()
    {
        var (client, served, end) = Connect();

        // An unknown method ends its connection.
        await SendAsync(client, PingPongWire.Framed(PingPongWire.Message("Nothing", [0])));
        await served.Soon();
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.False(end.Aborted.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Contains("did not close its side", (await end.Aborted.Soon()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Age_IsReached_AnswersAskToLeaveAndTheConnectionEndsWhenItIsIdle()
    {
        var (client, served, _) = Connect(static options => options.Limits.MaxConnectionAge = TimeSpan.FromHours(1));
        await SendAsync(client, Call("gate", 1));
        await _gate.Entered.Soon();
        AdvanceMinutes(53);
        await SendAsync(client, Call("after it", 2));
        AdvanceMinutes(14);

        Assert.False(_gate.Cancelled.IsCompleted);
        _gate.Open();

        var answers = await ReadToEndAsync(client);
        Assert.Equal([1, 2], answers.Select(static answer => answer.SequenceId));
        Assert.All(answers, static answer => Assert.Equal("crrst=1", answer.Pairs));
        await served.Soon();
    }

    [Fact]
    public async Task Age_IsNotReached_NothingIsSaid()
    {
        var (client, _, _) = Connect(static options => options.Limits.MaxConnectionAge = TimeSpan.FromHours(1));
        AdvanceMinutes(5);
        await SendAsync(client, Call("gate", 1));
        await _gate.Entered.Soon();
        AdvanceMinutes(48);
        _gate.Open();

        Assert.Empty((await ReadAnswerAsync(client)).Pairs);
    }

    [Fact]
    public async Task Detection_ServerStopsBeforeTheFirstByte_WaitsForTheGraceOnly()
    {
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", setup => setup.AddService<ITestService>(new EchoService()).Configure(options =>
        {
            options.TimeProvider = _clock;
            options.Limits.DetectionTimeout = Timeout.InfiniteTimeSpan;
        }));
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server.Endpoint, TestContext.Current.CancellationToken);

        var stopping = server.StopAsync(TestContext.Current.CancellationToken);

        await AdvanceUntilAsync(() => stopping.IsCompleted).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Drain_Stages_ComeInOrderAtTheirTimesAndOnce()
    {
        var seen = new Stages();
        using var drain = new ConnectionDrain(seen, new ThriftServerOptions { TimeProvider = _clock, ShutdownTimeout = TimeSpan.FromSeconds(3) });
        using var stopping = new CancellationTokenSource();
        drain.Watch(stopping.Token);
        Assert.Equal((DrainStage.None, false), (drain.Stage, drain.IsDraining));

        drain.Begin(Timeout.InfiniteTimeSpan);
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal([DrainStage.Asked, DrainStage.Ending], seen);

        stopping.Cancel();
        _clock.Advance(TimeSpan.FromSeconds(2.9));
        Assert.Equal(DrainStage.Ending, drain.Stage);
        _clock.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal(DrainStage.CutOff, drain.Stage);
        _clock.Advance(TimeSpan.FromSeconds(1));
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal([DrainStage.Asked, DrainStage.Ending, DrainStage.CutOff, DrainStage.Aborted], seen);
    }

    [Fact]
    public void Drain_Disposed_GoesNoFurther()
    {
        var seen = new Stages();
        var drain = new ConnectionDrain(seen, new ThriftServerOptions { TimeProvider = _clock });
        drain.Begin(TimeSpan.FromSeconds(1));

        drain.Dispose();
        _clock.Advance(TimeSpan.FromHours(1));
        drain.Begin(TimeSpan.Zero);

        Assert.Equal([DrainStage.Asked], seen);
    }

    private static byte[] Body(string message, int sequenceId)
    {
        byte[] text = [.. Encoding.UTF8.GetBytes(message)];
        return PingPongWire.Message("EchoPingPong", [.. Convert.FromHexString($"0c00010b0001{text.Length:x8}"), .. text, 0, 0], sequenceId);
    }

    private static byte[] Call(string message, int sequenceId, TTHeaderFlags flags = default) => PingPongWire.TTHeader(Body(message, sequenceId), sequenceId, flags);

    private static async Task SendAsync(PipeEnd client, byte[] bytes)
        => await client.Output.WriteAsync(bytes, TestContext.Current.CancellationToken).Soon();

    private static async Task<PingPongWireAnswer> ReadAnswerAsync(PipeEnd client)
    {
        while (true)
        {
            var result = await client.Input.ReadAsync(TestContext.Current.CancellationToken).Soon();
            if (PingPongWireAnswer.ReadAll(result.Buffer.ToArray()) is [var answer])
            {
                client.Input.AdvanceTo(result.Buffer.End);
                return answer;
            }

            Assert.False(result.IsCompleted);
            client.Input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }

    private static async Task<List<PingPongWireAnswer>> ReadToEndAsync(PipeEnd client)
    {
        while (true)
        {
            var result = await client.Input.ReadAsync(TestContext.Current.CancellationToken).Soon();
            if (result.IsCompleted)
            {
                return PingPongWireAnswer.ReadAll(result.Buffer.ToArray());
            }

            client.Input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }

    private static void SendUntilBlocked(Socket socket, byte[] bytes)
    {
        socket.Blocking = false;
        for (var (blocked, offset) = (0, 0); blocked < 2_000;)
        {
            offset = (offset + socket.Send(bytes.AsSpan(offset), SocketFlags.None, out var error)) % bytes.Length;
            Assert.True(error is SocketError.Success or SocketError.WouldBlock);
            blocked += error == SocketError.WouldBlock ? 1 : 0;
        }
    }

    private (PipeEnd Client, Task Served, PipeEnd Server) Connect(Action<ThriftServerOptions>? configure = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddLogging();
        builder.Services.AddSingleton<IServer, NoServer>();
        builder.Services.AddThriftStreams(options =>
        {
            options.TimeProvider = _clock;
            options.Limits.ConnectionIdleTimeout = Timeout.InfiniteTimeSpan;
            configure?.Invoke(options);
        });
        var host = builder.Build();
        _hosts.Add(host);
        host.MapThriftService<ITestService>(_gate);
        var (client, server) = PipeEnd.CreatePair();
        return (client, host.Services.GetRequiredService<PingPongHandler>().RunAsync(server, server, ServerConnection.None, CancellationToken.None, _stopping.Token), server);
    }

    private void AdvanceMinutes(int minutes)
    {
        for (var i = 0; i < minutes; i++)
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
        }
    }

    private async Task AdvanceUntilAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(Waits.Limit);
        while (!condition())
        {
            patience.Token.ThrowIfCancellationRequested();
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
    }

    private sealed class Stages : List<DrainStage>, IDrainedConnection
    {
        public void OnDrain(DrainStage stage) => Add(stage);
    }

    private static class PingPongForms
    {
        public const string Framed = "framed";
        public const string Streams = "ttheader-streaming";
    }
}
