using System.Net;
using System.Net.Sockets;
using Demo.Echo;
using Rx.ThriftStreams.AspNetCore;

namespace Rx.ThriftStreams.Tests.PingPong;

/// <summary>A channel that is disposed ends its ping-pong calls and leaves no connection.</summary>
public sealed class ChannelDisposalTests
{
    public static TheoryData<ThriftTransport, ThriftConnectionMode> Ways => new()
    {
        { ThriftTransport.Framed, ThriftConnectionMode.Pooled },
        { ThriftTransport.Buffered, ThriftConnectionMode.PerCall },
        { ThriftTransport.TTHeader, ThriftConnectionMode.Pooled },
        { ThriftTransport.TTHeaderFramed, ThriftConnectionMode.PerCall },
        { ThriftTransport.TTHeader, ThriftConnectionMode.Multiplexed },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Dispose_CallWaitsForItsAnswer_FailsItAndTheHandlerIsCancelled(ThriftTransport form, ThriftConnectionMode mode)
    {
        var gate = new GateService();
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", services => services.AddService<ITestService>(gate));
        var channel = Open($"ttheader://{server.Endpoint}", form, mode);
        var call = new TestServiceClient(channel).EchoPingPongAsync(new() { Message = "gate" }, TestContext.Current.CancellationToken);
        await gate.Entered.Soon();

        await channel.DisposeAsync().Soon();

        var error = await Assert.ThrowsAsync<ThriftTransportException>(() => call.Soon());
        Assert.Equal(ThriftStatusCode.Unavailable, error.StatusCode);
        Assert.Contains("The channel was disposed", error.Message, StringComparison.Ordinal);
        await gate.Cancelled.Soon();
    }

    [Theory]
    [InlineData(ThriftConnectionMode.Pooled)]
    [InlineData(ThriftConnectionMode.Multiplexed)]
    public async Task Dispose_CallConnects_FailsItAndClosesTheConnection(ThriftConnectionMode mode)
    {
        // A server that never answers the TLS handshake, so that the call is still connecting.
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var channel = Open($"ttheaders://{listener.LocalEndpoint}", ThriftTransport.TTHeader, mode);
        var call = new TestServiceClient(channel).EchoPingPongAsync(new(), TestContext.Current.CancellationToken);
        using var accepted = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken).Soon();
        var buffer = new byte[1024];
        Assert.NotEqual(0, await accepted.GetStream().ReadAsync(buffer, TestContext.Current.CancellationToken).Soon());

        await channel.DisposeAsync().Soon();

        var error = await Assert.ThrowsAsync<ThriftTransportException>(() => call.Soon());
        Assert.Equal(ThriftStatusCode.Unavailable, error.StatusCode);
        await PingPongWire.ReadToEndAsync(accepted.GetStream());
    }

    private static ThriftChannel Open(string address, ThriftTransport form, ThriftConnectionMode mode)
        => PatientChannel.ForAddress(address, new ThriftChannelOptions { PingPongTransport = form, Connections = { Mode = mode } });
}
