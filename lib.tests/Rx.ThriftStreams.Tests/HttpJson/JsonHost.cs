using System.Net;
using System.Net.WebSockets;
using System.Text;
using Demo.Echo;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.HttpJson;
using Rx.ThriftStreams.Tests.Dynamic;

namespace Rx.ThriftStreams.Tests.HttpJson;

/// <summary>A generated and a dynamic service, served as JSON over HTTP/1.1.</summary>
internal sealed class JsonHost : IAsyncDisposable
{
    private readonly WebApplication _application;

    private JsonHost(WebApplication application)
    {
        _application = application;
        Authority = application.Endpoint().ToString();
        Client = new HttpClient { BaseAddress = new Uri($"http://{Authority}") };
    }

    public string Authority { get; }

    public HttpClient Client { get; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<JsonHost> StartAsync(
        Shop? shop = null,
        ThriftHttpJsonOptions? options = null,
        Action<ThriftServerOptions>? configure = null,
        Action<IServiceCollection>? services = null,
        Action<WebApplication>? map = null,
        Action<IEndpointConventionBuilder>? conventions = null)
    {
        var application = await ThriftApplication.StartAsync(
            static listen => listen.Protocols = HttpProtocols.Http1,
            app =>
            {
                app.MapThriftService<ITestService>(new EchoService());
                var mapped = app.MapThriftService(Shop.Schema.Descriptor, shop ?? new Shop());
                conventions?.Invoke(mapped);
                app.MapThriftJson<ITestService>(options: options);
                app.MapThriftJson(Shop.Schema, options: options);
                app.MapThriftOpenApi();
                map?.Invoke(app);
            },
            builder =>
            {
                services?.Invoke(builder);
                if (configure is not null)
                {
                    builder.Configure(configure);
                }
            });
        return new(application);
    }

    /// <summary>The services of the application.</summary>
    public IServiceProvider Services => _application.Services;

    public Task StopAsync() => _application.StopAsync(Token);

    /// <summary>Sends JSON and returns the status and the body.</summary>
    public async Task<(HttpStatusCode Status, string Body)> PostAsync(string method, string json, string? accept = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/" + method) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        if (accept is not null)
        {
            request.Headers.Accept.ParseAdd(accept);
        }

        using var response = await Client.SendAsync(request, Token);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(Token));
    }

    public async Task<ClientWebSocket> ConnectAsync(string method, Action<ClientWebSocketOptions>? configure = null)
    {
        var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        configure?.Invoke(socket.Options);
        try
        {
            await socket.ConnectAsync(new Uri($"ws://{Authority}/api/{method}"), Token);
            return socket;
        }
        catch (WebSocketException error)
        {
            var status = socket.HttpStatusCode;
            socket.Dispose();
            throw new HttpRequestException(error.Message, error, status);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _application.DisposeAsync();
    }
}

/// <summary>Texts of a WebSocket.</summary>
internal static class SocketTexts
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static Task SendTextAsync(this WebSocket socket, string text)
        => socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, Token);

    /// <summary>The next text; <see langword="null"/> when the server closes the socket.</summary>
    public static async Task<string?> ReceiveTextAsync(this WebSocket socket)
    {
        var buffer = new byte[64 * 1024];
        var received = await socket.ReceiveAsync(buffer, Token);
        return received.MessageType == WebSocketMessageType.Close ? null : Encoding.UTF8.GetString(buffer, 0, received.Count);
    }

    /// <summary>All texts until the server closes the socket.</summary>
    public static async Task<List<string>> ReceiveAllAsync(this WebSocket socket)
    {
        var texts = new List<string>();
        while (await socket.ReceiveTextAsync() is { } text)
        {
            texts.Add(text);
        }

        return texts;
    }
}
