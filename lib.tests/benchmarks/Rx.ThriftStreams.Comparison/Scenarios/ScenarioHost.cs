using Compared.Thrift;

namespace Rx.ThriftStreams.Comparison.Scenarios;

/// <summary>A transport with a server of its own.</summary>
/// <param name="scheme">The scheme of addresses.</param>
/// <param name="firstPort">The first port of the servers.</param>
/// <param name="index">Which of the servers it is.</param>
internal sealed class ScenarioHost(string scheme, int firstPort, int index) : IAsyncDisposable
{
    private ServerProcess? _server;

    internal ServerProcess Server => _server ?? throw new InvalidOperationException("The server has not been started.");

    internal async Task StartAsync() => _server = await ServerProcess.StartAsync(firstPort);

    /// <summary>A channel that waits patiently: a thousand streams may connect at once.</summary>
    /// <param name="connections">How many connections streams share; <see langword="null"/> for the default.</param>
    internal ThriftChannel Open(int? connections = null)
    {
        var options = new ThriftChannelOptions { Resilience = { ConnectTimeout = TimeSpan.FromSeconds(30), CircuitBreaker = null } };
        if (connections is { } count)
        {
            options.Connections.MaxPerEndpoint = count;
        }

        return ThriftChannel.ForAddress($"{scheme}://127.0.0.1:{firstPort + index}", options);
    }

    /// <summary>Opens a stream, and has one message echoed.</summary>
    internal static async Task<EchoingStream> OpenStreamAsync(EchoClient client)
    {
        var stream = new EchoingStream(await client.OpenBidirectionalAsync());
        await stream.EchoAsync();
        return stream;
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }
}
