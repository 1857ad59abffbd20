using Demo.Echo;
using Rx.ThriftStreams.AspNetCore;

namespace Rx.ThriftStreams.Playground;

/// <summary>A server in the process of a notebook, on a free port of the loopback interface.</summary>
public sealed class PlaygroundServer : IAsyncDisposable
{
    private readonly ThriftServer _server;

    private PlaygroundServer(ThriftServer server) => _server = server;

    /// <summary><c>host:port</c>.</summary>
    public string Endpoint => _server.Endpoint.ToString();

    /// <summary>Starts a server of that service.</summary>
    /// <param name="service">Handles all calls; a <see cref="WordsService"/> if <see langword="null"/>.</param>
    /// <param name="port">The port; 0 for a free one.</param>
    public static async Task<PlaygroundServer> StartAsync(ITestService? service = null, int port = 0)
    {
        var handler = service ?? new WordsService();
        return new(await ThriftServer.StartAsync($"127.0.0.1:{port}", server => server.AddService(handler)));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
