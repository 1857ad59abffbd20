using System.Net.Sockets;
using Demo.Echo;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.PingPong;

/// <summary>Peers that disappear, do not read, or ask for too much at a time while their calls run.</summary>
public sealed class VanishedPeerTests : IAsyncLifetime
{
    private const int BodySize = 1_000_000;

    private readonly FakeTimeProvider _clock = new();
    private readonly GateService _gate = new();
    private readonly List<Socket> _sockets = [];
    private ThriftServer? _server;

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        _sockets.ForEach(static socket => socket.Dispose());
        _gate.Open();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(100_000, true)]
    [InlineData(20_000_000, true)]
    [InlineData(100_000, false)]
    public async Task Peer_GoneWithRequestsAfterTheOneThatRuns_CancelsTheCall(int more, bool resets)
    {
        var socket = await ConnectAsync();
        await SendAsync(socket, PingPongWire.Framed(Call()));
        await _gate.Entered.Soon();
        SendUntilBlocked(socket, PingPongWire.Framed(Call(pad: BodySize)), more);

        if (resets)
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
            socket.Dispose();
        }
        else
        {
            socket.Shutdown(SocketShutdown.Send);
        }

        await AdvanceUntilAsync(() => _gate.Cancelled.IsCompleted);
    }

    [Fact]
    public async Task Peer_DoesNotReadItsAnswers_IsCutOffAfterTheWriteTimeout()
    {
        var socket = await ConnectAsync(options => options.Limits.WriteTimeout = TimeSpan.FromSeconds(20));
        SendUntilBlocked(socket, PingPongWire.Framed(Call("echo", BodySize)), 200_000_000);

        await AdvanceUntilAsync(() => IsClosed(socket));
    }

    [Fact]
    public async Task Multiplexed_BodiesBeyondTheConnectionsMemory_WaitAndAreAnswered()
    {
        const int calls = 40;
        var socket = await ConnectAsync(options => options.Limits.MaxConnectionMemory = 8 * BodySize);
        var sending = SendAsync(socket, [.. Enumerable.Range(1, calls).SelectMany(i => Multiplexed(i, BodySize))]);
        await Waits.Until(() => _gate.Inside >= 5);
        await AdvanceUntilAsync(() => true);

        Assert.InRange(_gate.Inside, 5, 8);
        _gate.Open();

        await sending.Soon();
        var answers = await ReadAnswersAsync(socket, calls);
        Assert.Equal(Enumerable.Range(1, calls), answers.Select(static answer => answer.SequenceId).Order());
        Assert.All(answers, static answer => Assert.Equal(ThriftMessageType.Reply, answer.Type));
    }

    [Fact]
    public async Task Multiplexed_OtherConnectionsHoldTheServersMemory_IsRefusedAndTheConnectionLives()
    {
        var greedy = await ConnectAsync(options => options.Limits.MaxTotalMemory = 4 * BodySize);
        _ = SendAsync(greedy, [.. Enumerable.Range(1, 3).SelectMany(i => Multiplexed(i, BodySize))]);
        await Waits.Until(() => _gate.Inside == 3);
        var other = await ConnectAsync();
        await SendAsync(other, [.. Multiplexed(7, 3 * BodySize, "echo"), .. Multiplexed(8, 10, "echo")]);

        var first = await ReadAnswersAsync(other, 2);

        Assert.Equal([7, 8], first.Select(static answer => answer.SequenceId).Order());
        var refused = Assert.Single(first, static answer => answer.SequenceId == 7);
        Assert.Equal(ThriftMessageType.Exception, refused.Type);
        Assert.Contains("code = 8", refused.Body, StringComparison.Ordinal);
        Assert.Equal(ThriftMessageType.Reply, Assert.Single(first, static answer => answer.SequenceId == 8).Type);
    }

    /// <summary>Callers that announce much and send all but the end fill no more of the server's memory than leaves room for others.</summary>
    [Fact]
    public async Task Parts_OfLargeRequests_LeaveTheLastOfTheServersMemoryToOthers()
    {
        var part = PingPongWire.Framed(Call("echo", BodySize));
        var greedy = new List<Socket>();
        for (var i = 0; i < 20; i++)
        {
            greedy.Add(await ConnectAsync(options => options.Limits.MaxTotalMemory = 16 * BodySize));
            await SendAsync(greedy[i], part[..^1]);
        }

        for (var i = 0; i < 30; i++)
        {
            var other = await ConnectAsync();
            await SendAsync(other, Multiplexed(i, 10, "echo"));
            Assert.Equal(ThriftMessageType.Reply, Assert.Single(await ReadAnswersAsync(other, 1)).Type);
            other.Dispose();
        }
    }

    [Fact]
    public async Task Multiplexed_CallRunsForLongerThanTheIdleTimeout_IsAnswered()
    {
        var socket = await ConnectAsync(options => options.Limits.ConnectionIdleTimeout = TimeSpan.FromSeconds(5));
        await SendAsync(socket, Multiplexed(1, 0));
        await _gate.Entered.Soon();
        for (var i = 0; i < 60; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        await SendAsync(socket, Multiplexed(2, 0, "echo"));
        Assert.Equal(2, Assert.Single(await ReadAnswersAsync(socket, 1)).SequenceId);
        _gate.Open();

        Assert.Equal(1, Assert.Single(await ReadAnswersAsync(socket, 1)).SequenceId);
    }

    /// <summary>A call of EchoPingPong with a message, and a text of a length in a field that the service does not know.</summary>
    private static byte[] Call(string message = "gate", int pad = 0, int sequenceId = 1)
    {
        byte[] text = [.. System.Text.Encoding.UTF8.GetBytes(message)];
        return PingPongWire.Message(
            "EchoPingPong",
            [.. Convert.FromHexString($"0c0001" + $"0b0001{text.Length:x8}"), .. text, .. Convert.FromHexString($"0b0063{pad:x8}"), .. new byte[pad], 0, 0],
            sequenceId);
    }

    private static byte[] Multiplexed(int sequenceId, int pad, string message = "gate")
        => PingPongWire.TTHeader(Call(message, pad, sequenceId), sequenceId, TTHeaderFlags.SupportsOutOfOrder);

    /// <summary>Sends the same again and again until the peer takes no more, or enough was sent.</summary>
    private static void SendUntilBlocked(Socket socket, byte[] bytes, int most)
    {
        socket.Blocking = false;
        var (sent, blocked, offset) = (0, 0, 0);
        while (sent < most && blocked < 2_000)
        {
            var count = socket.Send(bytes.AsSpan(offset, Math.Min(bytes.Length - offset, most - sent)), SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock)
            {
                blocked++;
                Thread.Yield();
                continue;
            }

            Assert.Equal(SocketError.Success, error);
            (sent, blocked, offset) = (sent + count, 0, (offset + count) % bytes.Length);
        }

        socket.Blocking = true;
    }

    private static bool IsClosed(Socket socket)
    {
        socket.Blocking = false;
        _ = socket.Send([0], SocketFlags.None, out var error);
        return error is not (SocketError.Success or SocketError.WouldBlock);
    }

    private static async Task SendAsync(Socket socket, byte[] bytes)
    {
        for (var sent = 0; sent < bytes.Length;)
        {
            sent += await socket.SendAsync(bytes.AsMemory(sent));
        }
    }

    private static async Task<List<PingPongWireAnswer>> ReadAnswersAsync(Socket socket, int count)
    {
        var received = new List<byte>();
        var chunk = new byte[4096];
        while (true)
        {
            var answers = PingPongWireAnswer.ReadAll([.. received]);
            if (answers.Count >= count)
            {
                return answers;
            }

            var read = await socket.ReceiveAsync(chunk, TestContext.Current.CancellationToken).Soon();
            Assert.NotEqual(0, read);
            received.AddRange(chunk.AsSpan(0, read));
        }
    }

    private async Task AdvanceUntilAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(Waits.Limit);
        do
        {
            patience.Token.ThrowIfCancellationRequested();
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
        while (!condition());
    }

    private async Task<Socket> ConnectAsync(Action<ThriftServerOptions>? configure = null)
    {
        _server ??= await ThriftServer.StartAsync("127.0.0.1:0", server => server.AddService<ITestService>(_gate).Configure(options =>
        {
            options.TimeProvider = _clock;
            options.Limits.FrameTimeout = Timeout.InfiniteTimeSpan;
            configure?.Invoke(options);
        }));
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _sockets.Add(socket);
        await socket.ConnectAsync(_server.Endpoint);
        return socket;
    }
}
