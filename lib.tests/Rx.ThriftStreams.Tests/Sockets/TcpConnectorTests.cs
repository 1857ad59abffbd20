using System.Net;
using System.Net.Sockets;
using Demo.Echo;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Sockets;

namespace Rx.ThriftStreams.Tests.Sockets;

/// <summary>Names with several addresses, some of which are dead.</summary>
public sealed class TcpConnectorTests
{
    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public async Task Connect_FirstAddressIsSilent_TheNextOneAnswers(string scheme)
    {
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", static setup => setup.AddService<ITestService>(new EchoService()));
        using var silent = new SilentListener(IPAddress.Parse("127.0.0.2"), server.Endpoint.Port);
        await using var channel = PatientChannel.ForAddress(
            $"{scheme}://echo.internal:{server.Endpoint.Port}", new() { Lookup = static (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("127.0.0.2"), IPAddress.Loopback]) });
        var client = new TestServiceClient(channel);

        Assert.Equal("x", (await client.EchoUnaryAsync(new() { Message = "x" }, TestContext.Current.CancellationToken).Soon()).Message);
        Assert.Equal("x", (await client.EchoPingPongAsync(new() { Message = "x" }, TestContext.Current.CancellationToken).Soon()).Message);
    }

    [Fact]
    public async Task Connect_AddressesThatRefuse_AreLeftBehindAtOnce()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var connector = Connector(port, clock, "127.0.0.2", "127.0.0.3", "127.0.0.1");

        // The clock stands still: only failures start the next attempt.
        using var socket = await connector.ConnectAsync(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken).Soon();

        Assert.Equal(listener.LocalEndpoint, socket.RemoteEndPoint);
    }

    [Fact]
    public async Task Connect_SilentAddress_TheNextStartsAfterItsShareOfTheTime()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        using var silent = new SilentListener(IPAddress.Parse("127.0.0.2"), port);
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var connecting = Connector(port, clock, "127.0.0.2", "127.0.0.1").ConnectAsync(TimeSpan.FromMilliseconds(100), TestContext.Current.CancellationToken).AsTask();

        clock.Advance(TimeSpan.FromMilliseconds(49));
        Assert.False(connecting.IsCompleted);
        clock.Advance(TimeSpan.FromMilliseconds(1));

        using var socket = await connecting.Soon();
        Assert.Equal(listener.LocalEndpoint, socket.RemoteEndPoint);
    }

    [Fact]
    public async Task Connect_EveryAddressRefuses_ReportsTheFirstFailure()
    {
        using var listener = new TcpListener(IPAddress.Parse("127.0.0.9"), 0);
        listener.Start();
        var connector = Connector(((IPEndPoint)listener.LocalEndpoint).Port, TimeProvider.System, "127.0.0.2", "127.0.0.1");

        var error = await Assert.ThrowsAsync<SocketException>(() => connector.ConnectAsync(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken).Soon());

        Assert.Equal(SocketError.ConnectionRefused, error.SocketErrorCode);
    }

    [Fact]
    public async Task Connect_Cancelled_EndsAllAttempts()
    {
        using var listener = new TcpListener(IPAddress.Parse("127.0.0.9"), 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        using var silent = new SilentListener(IPAddress.Parse("127.0.0.2"), port);
        using var silentToo = new SilentListener(IPAddress.Parse("127.0.0.3"), port);
        using var cancellation = new CancellationTokenSource();
        var connecting = Connector(port, TimeProvider.System, "127.0.0.2", "127.0.0.3").ConnectAsync(TimeSpan.FromSeconds(30), cancellation.Token).AsTask();

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting.Soon());
    }

    [Fact]
    public async Task Connect_NameWithoutAddresses_SaysHostNotFound()
        => Assert.Equal(
            SocketError.HostNotFound,
            (await Assert.ThrowsAsync<SocketException>(() => Connector(1, TimeProvider.System).ConnectAsync(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken).Soon())).SocketErrorCode);

    [Fact]
    public void Alternate_TwoFamilies_TakeTurns()
    {
        IPAddress[] addresses = [.. new[] { "::1", "::2", "::3", "10.0.0.1", "10.0.0.2" }.Select(IPAddress.Parse)];

        Assert.Equal(["::1", "10.0.0.1", "::2", "10.0.0.2", "::3"], TcpConnector.Alternate(addresses).Select(static address => address.ToString()));
    }

    private static TcpConnector Connector(int port, TimeProvider clock, params string[] addresses) => new(
        $"echo.internal:{port}",
        new ThriftChannelOptions { TimeProvider = clock, Lookup = (_, _) => Task.FromResult<IPAddress[]>([.. addresses.Select(IPAddress.Parse)]) });

    /// <summary>A port that accepts no connection and refuses none: its queue is full.</summary>
    private sealed class SilentListener : IDisposable
    {
        private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly List<Socket> _queued = [];

        internal SilentListener(IPAddress address, int port)
        {
            _listener.Bind(new IPEndPoint(address, port));
            _listener.Listen(0);

            // The first takes the only place; what follows is neither accepted nor refused.
            for (var i = 0; i < 16; i++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
                _queued.Add(socket);
                try
                {
                    socket.Connect(address, port);
                }
                catch (SocketException error) when (error.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
                {
                }
            }
        }

        public void Dispose()
        {
            _queued.ForEach(static socket => socket.Dispose());
            _listener.Dispose();
        }
    }
}
