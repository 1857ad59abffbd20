using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Tests.Interop;

namespace Rx.ThriftStreams.Tests.Peers;

/// <summary>Real Apache Thrift peers, in processes of their own: their clients call this server, and this client calls their servers.</summary>
public sealed class ApachePeerTests : IAsyncLifetime
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly SinkService _sink = new();
    private WebApplication _application = null!;

    public static TheoryData<string, string, string, string> Clients => Cases(["binary", "oldbinary", "compact", "json"]);

    // Apache's server in Python does not find its methods by the names of the old form, which it reads as bytes.
    public static TheoryData<string, string, string, string> Servers => Cases(["binary", "compact", "json"]);

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddThriftStreams(options => options.RevealErrors = true);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseThriftStreams());
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
        });
        _application = builder.Build();
        _application.UseRouting();
        _application.MapThriftService<IKitchenSink>(_sink);
        _application.MapThriftHttp("/thrift");
        await _application.StartAsync(TestContext.Current.CancellationToken);
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task TheirClient_OfThisServer_GetsAnswersExceptionsAndOneway(string peer, string transport, string protocol, string naming)
    {
        var port = new Uri(_application.Urls.ElementAt(transport == "http" ? 1 : 0)).Port;
        using var client = await Peer(peer).StartAsync("client", transport, protocol, naming, port);
        var errors = client.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await client.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(s_patience, TestContext.Current.CancellationToken);
        await client.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(s_patience, TestContext.Current.CancellationToken);

        Assert.Equal(
            "add -1\nrange [1, 2, 3]\necho True\ndeclared 42 why\n"
            + "exception 6 panic: [happened in biz handler, method=KitchenSink.EchoString, please check the panic at the server side] boom\nadd 5\n",
            output.ReplaceLineEndings("\n") + await errors);
        Assert.Equal($"from {peer}", await _sink.Fired.WaitAsync(s_patience, TestContext.Current.CancellationToken));
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
            await using var channel = Open(listening["listening ".Length..], transport, protocol, naming);
            var client = new KitchenSinkClient(channel);

            Assert.Equal(-1, await client.AddAsync(2, -3, cancellation));
            Assert.Equal([1L, 2, 3], await client.RangeAsync(1, 4, cancellation));
            var text = "téxt \"\\/\n\u0001 😀" + new string('x', 1000);
            Assert.Equal(text, await client.EchoStringAsync(text, cancellation));
            await client.DoVoidAsync("plain", cancellation);
            var declared = await Assert.ThrowsAsync<SinkException>(() => client.DoVoidAsync("throw:42:why", cancellation));
            Assert.Equal((42, "why"), (declared.Code, declared.Reason));
            var fault = await Assert.ThrowsAsync<ThriftStatusException>(() => client.EchoStringAsync("fault", cancellation));

            // Apache's code for Node.js gives every exception the type "unknown".
            Assert.Equal((peer == "node" ? 0 : 6, "boom"), (fault.Kitex!.Code, fault.Kitex.Text));
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

    private static ThriftChannel Open(string port, string transport, string protocol, string naming)
        => PatientChannel.ForAddress($"{(transport == "http" ? "http" : "ttheader")}://127.0.0.1:{port}", new ThriftChannelOptions
        {
            PingPongTransport = transport switch
            {
                "framed" => ThriftTransport.Framed,
                "buffered" => ThriftTransport.Buffered,
                _ => null,
            },
            PingPong =
            {
                Protocol = protocol switch
                {
                    "compact" => ThriftProtocol.Compact,
                    "json" => ThriftProtocol.Json,
                    _ => ThriftProtocol.Binary,
                },
                StrictBinary = protocol != "oldbinary",
                SendServiceName = naming == "multiplexed",
                HttpPath = "/thrift",
            },
        });
}
