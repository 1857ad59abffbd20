using System.Runtime.CompilerServices;
using Demo.Echo;
using Rx.ThriftStreams.AspNetCore;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>Several servers that answer with their names: the first is <c>0</c>.</summary>
internal sealed class NamedServers : IAsyncDisposable
{
    private readonly List<ThriftServer> _servers = [];
    private readonly List<string> _addresses = [];

    /// <summary>Where each listens, or listened.</summary>
    public IReadOnlyList<string> Addresses => _addresses;

    /// <summary>Lets the streams of all servers end.</summary>
    public TaskCompletionSource Gate { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static async Task<NamedServers> StartAsync(int count)
    {
        var servers = new NamedServers();
        for (var i = 0; i < count; i++)
        {
            servers._servers.Add(await servers.StartAsync("127.0.0.1:0", i));
            servers._addresses.Add(servers._servers[i].Address);
        }

        return servers;
    }

    /// <summary>Cuts a server off from its callers.</summary>
    public ValueTask KillAsync(int index) => _servers[index].DisposeAsync();

    /// <summary>Brings a server back to where it was.</summary>
    public async Task RestartAsync(int index) => _servers[index] = await StartAsync(_addresses[index], index);

    public async ValueTask DisposeAsync()
    {
        Gate.TrySetResult();
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }
    }

    private Task<ThriftServer> StartAsync(string address, int index)
    {
        var service = new ScriptedService
        {
            EchoUnary = (_, _) => Task.FromResult(new Response { Message = $"{index}" }),
            EchoServer = (request, token) => HoldAsync(index, token),
        };
        return ThriftServer.StartAsync(address, setup => setup.AddService<ITestService>(service));
    }

    /// <summary>The name, and once more when the gate opens.</summary>
    private async IAsyncEnumerable<Response> HoldAsync(int index, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return new Response { Message = $"{index}" };
        await Gate.Task.WaitAsync(cancellationToken);
        yield return new Response { Message = $"{index} again" };
    }
}
