using System.Net;
using Rx.ThriftStreams.Tests.Interop;
using Thrift;
using Thrift.Protocol;
using Thrift.Transport;
using Thrift.Transport.Client;

namespace Rx.ThriftStreams.Tests.Peers;

/// <summary>Apache's .NET library against this one over sockets, in both directions.</summary>
public sealed class ApacheDotNetTests : IAsyncLifetime
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly ApacheHost _host = new();

    public static TheoryData<string, string, string> Cases
    {
        get
        {
            var cases = new TheoryData<string, string, string>();
            foreach (var transport in new[] { "framed", "buffered", "http" })
            {
                foreach (var protocol in new[] { "binary", "oldbinary", "compact", "json" })
                {
                    cases.Add(transport, protocol, "plain");
                }

                cases.Add(transport, "binary", "multiplexed");
                cases.Add(transport, "compact", "multiplexed");
            }

            return cases;
        }
    }

    public ValueTask InitializeAsync() => _host.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task TheirClient_OfThisServer_GetsAnswersExceptionsAndOneway(string transport, string protocol, string naming)
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var connection = await ConnectAsync(transport, _host.PortOf(transport));
        var messages = ApacheDotNetServer.ProtocolOf(protocol).GetProtocol(connection);
        using var client = new Apache.KitchenSink.Client(naming == "multiplexed" ? new TMultiplexedProtocol(messages, "KitchenSink") : messages);

        Assert.Equal(-1, await client.AddAsync(2, -3, cancellation));
        Assert.Equal([1L, 2, 3], await client.RangeAsync(1, 4, cancellation));
        Assert.Equal(ApacheCalls.Text, await client.EchoStringAsync(ApacheCalls.Text, cancellation));
        await client.DoVoidAsync("plain", cancellation);
        var declared = await Assert.ThrowsAsync<Apache.SinkException>(() => client.DoVoidAsync("throw:42:why", cancellation));
        Assert.Equal((42, "why"), (declared.Code, declared.Reason));
        var fault = await Assert.ThrowsAsync<TApplicationException>(() => client.EchoStringAsync("fault", cancellation));
        Assert.Equal(TApplicationException.ExceptionType.InternalError, fault.Type);
        Assert.EndsWith("boom", fault.Message, StringComparison.Ordinal);
        await client.FireAsync("from Apache", cancellation);
        Assert.Equal(5, await client.AddAsync(2, 3, cancellation));
        Assert.Equal("from Apache", await _host.Sink.Fired.WaitAsync(s_patience, cancellation));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task ThisClient_OfTheirServer_GetsAnswersExceptionsAndOneway(string transport, string protocol, string naming)
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var server = await ApacheDotNetServer.StartAsync(transport, protocol, naming);
        await using var channel = ApacheCalls.Open(server.Port, transport, protocol, naming);
        var client = new KitchenSinkClient(channel);

        await ApacheCalls.AssertAnswersAsync(client, 6, " Internal error.");
        await client.FireAsync("from here", cancellation);
        Assert.Equal("from here", await server.Fired.WaitAsync(s_patience, cancellation));
    }

    private static async Task<TTransport> ConnectAsync(string transport, int port)
    {
        var configuration = new TConfiguration();
        TTransport connection = transport switch
        {
            "framed" => new TFramedTransport(new TSocketTransport(IPAddress.Loopback, port, configuration)),
            "buffered" => new TBufferedTransport(new TSocketTransport(IPAddress.Loopback, port, configuration)),
            _ => new THttpTransport(new Uri($"http://127.0.0.1:{port}/thrift"), configuration),
        };
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        return connection;
    }
}
