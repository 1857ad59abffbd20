using System.Collections.Concurrent;
using Demo.Echo;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.AspNetCore;

namespace Rx.ThriftStreams.Tests.Governance;

/// <summary>Several servers whose server streams are scripted.</summary>
internal sealed class StreamCluster : IAsyncDisposable
{
    private readonly List<ThriftServer> _servers = [];

    // Stands still: a server that enforces the deadlines of calls as well would compete with the client that is tested.
    private readonly FakeTimeProvider _clock = new();
    private int _attempts;

    public ConcurrentQueue<(int Server, string? Mark)> Calls { get; } = new();

    public string Addresses => string.Join(',', _servers.Select(static server => server.Address));

    /// <param name="count">How many servers.</param>
    /// <param name="script">Gets the number of the stream, counted over all servers, and returns its responses.</param>
    public static async Task<StreamCluster> StartAsync(int count, Func<int, CancellationToken, IAsyncEnumerable<Response>> script)
    {
        var cluster = new StreamCluster();
        for (var i = 0; i < count; i++)
        {
            var index = i;
            cluster._servers.Add(await ThriftServer.StartAsync("127.0.0.1:0", setup => setup.AddService<ITestService>(new ScriptedService
            {
                EchoServer = (_, token) =>
                {
                    var mark = ThriftServerContext.Current!.MetaInfo.Persistent.FirstOrDefault(static pair => string.Equals(pair.Key, "RetryReq", StringComparison.OrdinalIgnoreCase)).Value;
                    cluster.Calls.Enqueue((index, mark));
                    return script(Interlocked.Increment(ref cluster._attempts) - 1, token);
                },
            }).Configure(options => options.TimeProvider = cluster._clock)));
        }

        return cluster;
    }

    public ThriftChannel Connect(string scheme, Action<ThriftChannelOptions> configure)
    {
        var options = new ThriftChannelOptions { Resilience = { ConnectTimeout = TimeSpan.FromSeconds(30) } };
        configure(options);
        return ThriftChannel.ForAddress($"{scheme}://{Addresses}", options);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }
    }
}
