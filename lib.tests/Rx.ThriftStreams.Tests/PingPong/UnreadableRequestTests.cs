using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.Tests.Interop;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.PingPong;

/// <summary>Buffered requests whose end cannot be found, as nothing announces it: they are answered like those of other forms, while their sender is still writing.</summary>
public sealed class UnreadableRequestTests : IAsyncLifetime
{
    private const int MaxMessage = 1024 * 1024;
    private const int Chunk = 32 * 1024;

    private readonly FakeTimeProvider _clock = new();
    private readonly TcpClient _client = new() { NoDelay = true };
    private ThriftServer _server = null!;
    private NetworkStream _stream = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await ThriftServer.StartAsync("127.0.0.1:0", services => services
            .AddService<IKitchenSink>(new SinkService())
            .Configure(options =>
            {
                options.TimeProvider = _clock;
                options.Limits.MaxReceiveMessageSize = MaxMessage;
            }));
        await _client.ConnectAsync(_server.Endpoint, TestContext.Current.CancellationToken);
        _stream = _client.GetStream();
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    /// <summary>A field of a type that does not exist; a container and a text of negative size; JSON and Compact with a type that does not exist.</summary>
    [Theory]
    [InlineData("8001000100000003416464000000 01 63 0001 00", "99 is not a Thrift type")]
    [InlineData("8001000100000003416464000000 01 0f0001 08 ffffffff 00", "-1")]
    [InlineData("8001000100000003416464000000 01 0b0001 ffffffff 00", "-1")]
    [InlineData("8221 01 03 416464 1e 00", "14 is not a Thrift type")]
    public async Task Request_IsAnsweredWithProtocolError(string hex, string text)
    {
        await WriteAsync(Convert.FromHexString(hex.Replace(" ", string.Empty, StringComparison.Ordinal)));

        Assert.Contains(text, Encoding.Latin1.GetString(await AnswerAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_NestedWithoutEnd_IsAnsweredWithProtocolError()
    {
        // A list of one list of one list…
        await WriteAsync([.. PingPongWire.Message("Add", [15, 0, 9]), .. Enumerable.Repeat((byte[])[15, 0, 0, 0, 1], 100_000).SelectMany(static level => level)]);

        Assert.Contains("nested", Text(await AnswerAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_SenderIsStillWriting_TakesTheRestAndAnswers()
    {
        await WriteAsync(Unreadable());
        await WhenAnsweredAsync();

        for (var written = 0; written < MaxMessage / 2; written += Chunk)
        {
            await WriteAsync(new byte[Chunk]);
        }

        Assert.Contains("99 is not a Thrift type", Text(await AnswerAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_SenderNeitherWritesNorCloses_IsClosedAfterTheLimit()
    {
        await WriteAsync(Unreadable());
        await WhenAnsweredAsync();
        var ended = PingPongWire.ReadToEndAsync(_stream);
        _clock.Advance(Linger.Limit / 2);
        Assert.False(ended.IsCompleted);

        // The server begins to count at its own pace.
        await Waits.Until(() =>
        {
            _clock.Advance(Linger.Limit / 4);
            return ended.IsCompleted;
        });

        Assert.Contains("99 is not a Thrift type", Text(await ended), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_SenderWritesOn_IsCutOffAfterTheLimitOfBytes()
    {
        await WriteAsync(Unreadable());
        await WhenAnsweredAsync();

        await Assert.ThrowsAsync<IOException>(async () =>
        {
            // Buffers of the kernel take more than the server does.
            for (var written = 0; written < 64 * MaxMessage; written += Chunk)
            {
                await WriteAsync(new byte[Chunk]);
            }
        });
    }

    [Fact]
    public async Task Request_TooLargeAndWithoutEnd_IsAnsweredWithTheLimit()
    {
        // A text that is larger than a request may be, then a field of a type that does not exist.
        var start = PingPongWire.Message("Add", [0x0b, 0x00, 0x01, 0x00, 0x20, 0x00, 0x00]);
        await WriteAsync(start);
        await WriteAsync(new byte[0x200000]);
        await WriteAsync([0x63, 0x00, 0x02, 0x00]);

        Assert.Contains("larger than the limit", Text(await AnswerAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_StopsMeanwhile_DoesNotWaitForTheSender()
    {
        await WriteAsync(Unreadable());
        await WhenAnsweredAsync();

        var stopping = _server.StopAsync(TestContext.Current.CancellationToken);

        Assert.Contains("99 is not a Thrift type", Text(await PingPongWire.ReadToEndAsync(_stream)), StringComparison.Ordinal);
        await stopping.Soon();
    }

    private static byte[] Unreadable() => PingPongWire.Message("Add", [0x63, 0x00, 0x01, 0x00]);

    private static string Text(byte[] bytes)
    {
        var answer = Assert.Single(PingPongWireAnswer.ReadAll(bytes));
        Assert.Equal(ThriftMessageType.Exception, answer.Type);
        Assert.Contains("{f:\"2:i32\",v:7}", answer.Body, StringComparison.Ordinal);
        return answer.Body;
    }

    private Task WriteAsync(byte[] bytes) => _stream.WriteAsync(bytes, TestContext.Current.CancellationToken).AsTask().Soon();

    /// <summary>Waits until the answer is there, and leaves it there.</summary>
    private async Task WhenAnsweredAsync()
        => Assert.Equal(1, await _client.Client.ReceiveAsync(new byte[1], SocketFlags.Peek, TestContext.Current.CancellationToken).AsTask().Soon());

    private async Task<byte[]> AnswerAsync()
    {
        await WhenAnsweredAsync();
        _client.Client.Shutdown(SocketShutdown.Send);
        return await PingPongWire.ReadToEndAsync(_stream);
    }
}
