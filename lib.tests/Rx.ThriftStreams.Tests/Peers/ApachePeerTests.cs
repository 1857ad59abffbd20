using Rx.ThriftStreams.Tests.Interop;

namespace Rx.ThriftStreams.Tests.Peers;

/// <summary>Real Apache Thrift peers, in processes of their own: their clients call this server, and this client calls their servers.</summary>
public sealed class ApachePeerTests : IAsyncLifetime
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly ApacheHost _host = new();

    public static TheoryData<string, string, string, string> Clients => Cases(["binary", "oldbinary", "compact", "json"]);

    // Apache's server in Python does not find its methods by the names of the old form, which it reads as bytes.
    public static TheoryData<string, string, string, string> Servers => Cases(["binary", "compact", "json"]);

    public ValueTask InitializeAsync() => _host.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task TheirClient_OfThisServer_GetsAnswersExceptionsAndOneway(string peer, string transport, string protocol, string naming)
    {
        using var client = await Peer(peer).StartAsync("client", transport, protocol, naming, _host.PortOf(transport));
        var errors = client.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await client.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(s_patience, TestContext.Current.CancellationToken);
        await client.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(s_patience, TestContext.Current.CancellationToken);

        Assert.Equal(
            "add -1\nrange [1, 2, 3]\necho True\ndeclared 42 why\n"
            + "exception 6 panic: [happened in biz handler, method=KitchenSink.EchoString, please check the panic at the server side] boom\nadd 5\n",
            output.ReplaceLineEndings("\n") + await errors);
        Assert.Equal($"from {peer}", await _host.Sink.Fired.WaitAsync(s_patience, TestContext.Current.CancellationToken));
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task ThisClient_OfTheirServer_GetsAnswersExceptionsAndOneway(string peer, string transport, string protocol, string naming)
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var server = await Peer(peer).StartAsync("server", transport, protocol, naming, 0);
        try
        {
            var listening = await server.StandardOutput.ReadLineAsync(cancellation).AsTask().WaitAsync(s_patience, cancellation)
                ?? throw new InvalidOperationException(await server.StandardError.ReadToEndAsync(cancellation));
            await using var channel = ApacheCalls.Open(listening["listening ".Length..], transport, protocol, naming);
            var client = new KitchenSinkClient(channel);

            // Apache's code for Node.js gives every exception the type "unknown".
            await ApacheCalls.AssertAnswersAsync(client, peer == "node" ? 0 : 6, "boom");
            await client.FireAsync("from here", cancellation);
            Assert.Equal("fired from here", await server.StandardOutput.ReadLineAsync(cancellation).AsTask().WaitAsync(s_patience, cancellation));
        }
        finally
        {
            server.Kill(entireProcessTree: true);
        }
    }

    private static TheoryData<string, string, string, string> Cases(string[] protocols)
    {
        var cases = new TheoryData<string, string, string, string>();
        foreach (var transport in new[] { "framed", "buffered", "http" })
        {
            foreach (var protocol in protocols)
            {
                cases.Add("python", transport, protocol, "plain");
                if (protocol != "oldbinary")
                {
                    cases.Add("node", transport, protocol, "plain");
                }
            }
        }

        foreach (var peer in new[] { "python", "node" })
        {
            cases.Add(peer, "framed", "binary", "multiplexed");
            cases.Add(peer, "buffered", "compact", "multiplexed");
        }

        return cases;
    }

    private static ApachePeer Peer(string name) => name == "python" ? ApachePeer.Python : ApachePeer.Node;
}
