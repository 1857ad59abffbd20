using System.Net;
using System.Net.Sockets;
using Demo.Echo;
using Rx.ThriftStreams.AspNetCore;

namespace Rx.ThriftStreams.Tests.Discovery;

/// <summary>Channels that resolve and connect before their first call.</summary>
public sealed class WarmUpTests
{
    [Theory]
    [InlineData("grpc", null, 1)]
    [InlineData("ttheader", null, 2)]
    [InlineData("ttheader", ThriftConnectionMode.Multiplexed, 2)]
    [InlineData("ttheader", ThriftConnectionMode.Pooled, 2)]
    public async Task Connect_BeforeTheFirstCall_TheCallsUseTheConnections(string scheme, ThriftConnectionMode? mode, int expected)
    {
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", static setup => setup.AddService<ITestService>(new EchoService()));
        await using var relay = new CountingRelay(server.Endpoint);
        await using var channel = PatientChannel.ForAddress(
            $"{scheme}://{relay.Endpoint}", new() { Connections = { Mode = mode, MaxPerEndpoint = 1 } });

        await channel.ConnectAsync(TestContext.Current.CancellationToken).Soon();
        await Waits.Until(() => relay.Accepted == expected);

        var client = new TestServiceClient(channel);
        Assert.Equal("x", (await client.EchoPingPongAsync(new() { Message = "x" }, TestContext.Current.CancellationToken).Soon()).Message);
        Assert.Equal(3, await client.EchoServerAsync(new(), TestContext.Current.CancellationToken).CountAsync(TestContext.Current.CancellationToken).Soon());
        Assert.Equal(expected, relay.Accepted);
    }

    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public async Task Connect_OneEndpointIsDead_SucceedsAndWithNoneItFails(string scheme)
    {
        await using var servers = await NamedServers.StartAsync(2);
        await using var channel = PatientChannel.ForAddress($"{scheme}://{string.Join(',', servers.Addresses)}");
        await servers.KillAsync(0);
        await channel.ConnectAsync(TestContext.Current.CancellationToken).Soon();

        await servers.KillAsync(1);
        await using var another = PatientChannel.ForAddress($"{scheme}://{string.Join(',', servers.Addresses)}");
        var error = await Assert.ThrowsAsync<ThriftConnectException>(() => another.ConnectAsync(TestContext.Current.CancellationToken).Soon());
        Assert.Contains(error.Address, servers.Addresses);
    }

    [Fact]
    public async Task Connect_ServerHasClosedTheConnectionSince_TheCallConnectsAgain()
    {
        await using var servers = await NamedServers.StartAsync(1);
        await using var channel = PatientChannel.ForAddress($"grpc://{servers.Addresses[0]}");
        await channel.ConnectAsync(TestContext.Current.CancellationToken).Soon();

        await servers.KillAsync(0);
        await servers.RestartAsync(0);

        Assert.Equal("0", (await new TestServiceClient(channel).EchoUnaryAsync(new(), TestContext.Current.CancellationToken).Soon()).Message);
    }

    [Fact]
    public async Task Connect_ResolverFails_SaysSo()
    {
        var resolver = new ScriptedResolver();
        resolver.Fail(new IOException("The registry is away."));
        await using var channel = PatientChannel.ForAddress("grpc://any", new() { Resolver = resolver });

        await Assert.ThrowsAsync<ThriftDiscoveryException>(() => channel.ConnectAsync(TestContext.Current.CancellationToken).Soon());
    }

    /// <summary>Forwards bytes, and counts connections.</summary>
    private sealed class CountingRelay : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly IPEndPoint _target;
        private readonly Task _accepting;
        private int _accepted;

        internal CountingRelay(IPEndPoint target)
        {
            _target = target;
            _listener.Start();
            _accepting = AcceptAsync();
        }

        internal EndPoint Endpoint => _listener.LocalEndpoint;

        internal int Accepted => Volatile.Read(ref _accepted);

        public async ValueTask DisposeAsync()
        {
            _listener.Stop();
            await _accepting;
        }

        private async Task AcceptAsync()
        {
            try
            {
                while (true)
                {
                    var client = await _listener.AcceptTcpClientAsync();
                    Interlocked.Increment(ref _accepted);
                    _ = ForwardAsync(client);
                }
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                // Stopped.
            }
        }

        private async Task ForwardAsync(TcpClient client)
        {
            using var server = new TcpClient();
            await server.ConnectAsync(_target);
            await Task.WhenAny(client.GetStream().CopyToAsync(server.GetStream()), server.GetStream().CopyToAsync(client.GetStream()));
            client.Dispose();
        }
    }
}
