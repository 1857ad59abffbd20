using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.HttpJson;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.HttpJson;

/// <summary>Streams over HTTP and WebSocket that are silent, slow or too fast, and what happens to them when the host stops.</summary>
public sealed class HttpJsonLifeTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Events_OfASilentHandler_AreKeptAliveByComments()
    {
        var clock = new FakeTimeProvider();
        var source = new Source();
        await using var host = await StartAsync(source, configure: options => options.TimeProvider = clock);
        using var reader = new StreamReader(await OpenAsync(host, "text/event-stream"));
        Assert.StartsWith("data: ", await reader.ReadLineAsync(Token), StringComparison.Ordinal);
        Assert.Equal("", await reader.ReadLineAsync(Token));

        for (var i = 0; i < 3; i++)
        {
            // The timer begins again when the comment is sent, and Advance alone would come before that now and then.
            var line = reader.ReadLineAsync(Token).AsTask();
            await Until(() =>
            {
                clock.Advance(TimeSpan.FromSeconds(1));
                return line.IsCompleted;
            });
            Assert.Equal(":", await line);
            Assert.Equal("", await reader.ReadLineAsync(Token));
        }
    }

    [Fact]
    public async Task Lines_OfASilentHandler_HaveNoComments_NorEventsWithoutAnInterval()
    {
        var clock = new FakeTimeProvider();
        foreach (var (accept, options) in new (string, ThriftHttpJsonOptions?)[] { ("application/x-ndjson", null), ("text/event-stream", new() { KeepAliveInterval = Timeout.InfiniteTimeSpan }) })
        {
            var source = new Source();
            await using var host = await StartAsync(source, options, server =>
            {
                server.TimeProvider = clock;
                server.ShutdownTimeout = TimeSpan.Zero;
            });
            using var reader = new StreamReader(await OpenAsync(host, accept));
            await reader.ReadLineAsync(Token);
            clock.Advance(TimeSpan.FromHours(1));

            var stopping = host.StopAsync();
            await Until(() =>
            {
                clock.Advance(TimeSpan.FromMilliseconds(50));
                return source.Ended.IsCompleted;
            });

            Assert.DoesNotContain("\n:", "\n" + await reader.ReadToEndAsync(Token), StringComparison.Ordinal);
            await stopping;
        }
    }

    [Theory]
    [InlineData("text/event-stream")]
    [InlineData("application/x-ndjson")]
    public async Task Stop_WithAStreamThatRuns_EndsItWithUnavailable(string accept)
    {
        var clock = new FakeTimeProvider();
        var source = new Source();
        await using var host = await StartAsync(source, configure: options => options.TimeProvider = clock);
        using var reader = new StreamReader(await OpenAsync(host, accept));
        await reader.ReadLineAsync(Token);

        var stopping = host.StopAsync();
        await Until(() =>
        {
            clock.Advance(TimeSpan.FromMilliseconds(100));
            return source.Ended.IsCompleted;
        });

        var rest = await reader.ReadToEndAsync(Token);
        Assert.Contains("problem", rest, StringComparison.Ordinal);
        Assert.Contains("\"code\":14", rest, StringComparison.Ordinal);
        await stopping.Soon();
    }

    [Fact]
    public async Task Stop_WithASocketThatIsOpen_EndsItWithUnavailable()
    {
        var clock = new FakeTimeProvider();
        var source = new Source();
        await using var host = await StartAsync(source, configure: options => options.TimeProvider = clock);
        using var socket = await host.ConnectAsync("source.Source/Silent");
        Assert.Equal("""{"message":{"text":"begun"}}""", await socket.ReceiveTextAsync());

        var stopping = host.StopAsync();
        await Until(() =>
        {
            clock.Advance(TimeSpan.FromMilliseconds(100));
            return source.Ended.IsCompleted;
        });

        Assert.Equal(14, (int)JsonNode.Parse((await socket.ReceiveTextAsync())!)!["problem"]!["code"]!);
        Assert.Null(await socket.ReceiveTextAsync());
        Assert.Equal(4014, (int)socket.CloseStatus!);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Token);
        await stopping.Soon();
    }

    [Fact]
    public async Task Socket_ThatDoesNotAnswerPings_IsClosed()
    {
        var source = new Source();
        await using var host = await StartAsync(source, new() { KeepAliveInterval = TimeSpan.FromMilliseconds(100) });
        using var client = new TcpClient();
        var parts = host.Authority.Split(':');
        await client.ConnectAsync(parts[0], int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture), Token);

        // A caller that opens the socket and then does nothing.
        await client.GetStream().WriteAsync(
            Encoding.ASCII.GetBytes(
                $"GET /api/source.Source/Silent HTTP/1.1\r\nHost: {host.Authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"),
            Token);

        await source.Ended.Soon();
    }

    [Fact]
    public async Task Socket_MessageThatTricklesIn_IsCutOffByFrameTimeout()
    {
        var clock = new FakeTimeProvider();
        var source = new Source();
        await using var host = await StartAsync(source, configure: options => options.TimeProvider = clock);
        using var socket = await host.ConnectAsync("source.Source/Silent");
        Assert.Equal("""{"message":{"text":"begun"}}""", await socket.ReceiveTextAsync());
        clock.Advance(TimeSpan.FromHours(1));
        Assert.False(source.Ended.IsCompleted);

        await socket.SendAsync(Encoding.UTF8.GetBytes("""{"message":"""), WebSocketMessageType.Text, endOfMessage: false, Token);

        await Until(() =>
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            return source.Ended.IsCompleted;
        });
    }

    /// <summary>The time for the rest of a message ended the process when it was over after the message was complete.</summary>
    [Fact]
    public async Task Socket_MessageInPieces_LeavesNoTimeLimitBehind()
    {
        var clock = new FakeTimeProvider();
        await using var host = await StartAsync(new Source(), configure: options => options.TimeProvider = clock);
        using var socket = await host.ConnectAsync("shop.Shop/Both");
        for (var i = 0; i < 2; i++)
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes("""{"message":"""), WebSocketMessageType.Text, endOfMessage: false, Token);
            await socket.SendAsync(Encoding.UTF8.GetBytes("""{"name":"a"}}"""), WebSocketMessageType.Text, endOfMessage: true, Token);
            Assert.Equal("""{"message":{"name":"a"}}""", await socket.ReceiveTextAsync());

            // Its callback runs here, and throws here.
            clock.Advance(TimeSpan.FromHours(1));
        }
    }

    [Fact]
    public async Task Socket_ThatFloods_IsHeldToTheMessagesReadAhead()
    {
        const int Size = 16 * 1024;
        var source = new Source();
        await using var host = await StartAsync(source);
        var memory = host.Services.GetRequiredService<ThriftServerRuntime>().Memory;
        using var socket = await host.ConnectAsync("source.Source/Silent");
        Assert.Equal("""{"message":{"text":"begun"}}""", await socket.ReceiveTextAsync());
        var text = Encoding.UTF8.GetBytes($$$"""{"message":{"text":"{{{new string('x', Size)}}}"}}""");
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Token);

        // The handler takes nothing: the flood stops when everything on the way is full.
        var flood = FloodAsync();
        await Until(() => memory.Used >= 16 * Size);
        for (var i = 0; i < 1000; i++)
        {
            // 16 messages are queued, one waits for room, and a budget draws blocks of 64 KiB.
            Assert.InRange(memory.Used, 0, (18 * Size) + (4 * 64 * 1024));
            await Task.Yield();
        }

        Assert.False(flood.IsCompletedSuccessfully);
        await enough.CancelAsync();
        Assert.NotNull(await Record.ExceptionAsync(() => flood).Soon());

        async Task FloodAsync()
        {
            for (var i = 0; i < 100_000; i++)
            {
                await socket.SendAsync(text, WebSocketMessageType.Text, endOfMessage: true, enough.Token);
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    public async Task MapThriftJson_IntervalThatIsNotOne_Throws(int seconds)
    {
        var error = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => StartAsync(new Source(), new() { KeepAliveInterval = TimeSpan.FromSeconds(seconds) }));

        Assert.Contains("ThriftHttpJsonOptions.KeepAliveInterval", error.Message, StringComparison.Ordinal);
    }

    private static async Task<Stream> OpenAsync(JsonHost host, string accept)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/source.Source/Pause") { Content = new StringContent("{}", Encoding.UTF8, "application/json") };
        request.Headers.Accept.ParseAdd(accept);
        var response = await host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        return await response.Content.ReadAsStreamAsync(Token);
    }

    private static Task<JsonHost> StartAsync(Source source, ThriftHttpJsonOptions? options = null, Action<AspNetCore.ThriftServerOptions>? configure = null) => JsonHost.StartAsync(
        configure: configure,
        map: app =>
        {
            app.MapThriftService(Source.Schema.Descriptor, source);
            app.MapThriftJson(Source.Schema, options: options);
        });
}
