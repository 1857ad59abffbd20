using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Tests.Interop;
using static Rx.ThriftStreams.Tests.Support.Waits;
using ITestService = Demo.Echo.ITestService;
using TestServiceClient = Demo.Echo.TestServiceClient;

namespace Rx.ThriftStreams.Tests.Authorization;

/// <summary>Which protocols a port speaks, and which services it serves.</summary>
public sealed class ReachTests
{
    private const ThriftProtocols Nothing = ThriftProtocols.None;

    public static TheoryData<ThriftTransport, ThriftProtocols> Protocols => new()
    {
        { ThriftTransport.Grpc, ThriftProtocols.Grpc },
        { ThriftTransport.TTHeader, ThriftProtocols.TTHeader },
        { ThriftTransport.TTHeaderFramed, ThriftProtocols.TTHeader },
        { ThriftTransport.Framed, ThriftProtocols.Framed },
        { ThriftTransport.Buffered, ThriftProtocols.Buffered },
    };

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task PingPong_OverTheOnlyProtocolOfAPort_IsServed(ThriftTransport transport, ThriftProtocols protocol)
    {
        await using var server = await StartAsync(server => server.UseProtocols(protocol));
        await using var channel = Open(server, transport);

        Assert.Equal("x", (await new TestServiceClient(channel).EchoPingPongAsync(Ask("x"), TestContext.Current.CancellationToken).Soon()).Message);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task PingPong_OverAProtocolThatAPortDoesNotSpeak_FailsAndIsLogged(ThriftTransport transport, ThriftProtocols protocol)
    {
        var log = new LogCollector();
        await using var server = await StartAsync(server => server.UseProtocols(ThriftProtocols.All & ~protocol).Logging(logging => logging.AddProvider(log)));
        await using var channel = Open(server, transport);

        await Assert.ThrowsAnyAsync<ThriftException>(() => new TestServiceClient(channel).EchoPingPongAsync(Ask("x"), TestContext.Current.CancellationToken).Soon());

        Assert.Contains(log.Entries, entry => entry.Text.Contains("and this port serves", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Stream_OverAProtocolThatAPortDoesNotSpeak_Fails()
    {
        await using var server = await StartAsync(server => server.UseProtocols(ThriftProtocols.All & ~ThriftProtocols.TTHeaderStreaming));
        await using var channel = Open(server, ThriftTransport.TTHeaderStreaming);

        await Assert.ThrowsAnyAsync<ThriftException>(() => new TestServiceClient(channel).EchoServerAsync(Ask("x")).CountAsync(TestContext.Current.CancellationToken).Soon());
    }

    /// <summary>A connection may change its form with each request: what began as Framed must not go on as Buffered.</summary>
    [Fact]
    public async Task PingPong_ConnectionThatChangesToAFormThatIsNotServed_IsRefusedAndClosed()
    {
        await using var server = await ThriftServer.StartAsync(
            "127.0.0.1:0", server => server.AddService<IKitchenSink>(new SinkService()).UseProtocols(ThriftProtocols.Framed));
        using var socket = new TcpClient();
        await socket.ConnectAsync(server.Endpoint, TestContext.Current.CancellationToken);
        var stream = socket.GetStream();
        await stream.WriteAsync(PingPongWire.Framed(PingPongWire.Add(2, 3)), TestContext.Current.CancellationToken);
        await stream.WriteAsync(PingPongWire.Add(2, 3), TestContext.Current.CancellationToken);

        var answer = System.Text.Encoding.UTF8.GetString(await PingPongWire.ReadToEndAsync(stream));

        Assert.Contains("calls over buffered are not served on this port", answer, StringComparison.Ordinal);
    }

    /// <summary>Over all other protocols the service does not exist, whether it is named or found by its method.</summary>
    [Theory]
    [InlineData(ThriftTransport.Grpc)]
    [InlineData(ThriftTransport.TTHeader)]
    [InlineData(ThriftTransport.Framed)]
    [InlineData(ThriftTransport.Buffered)]
    public async Task Service_RestrictedToOtherProtocols_IsUnknown(ThriftTransport transport)
    {
        var own = Protocols.First(row => row.Data.Item1 == transport).Data.Item2;
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", server => server
            .AddService<ITestService>(new EchoService(), service => service.RequireThriftProtocols(ThriftProtocols.All & ~own))
            .AddService<IKitchenSink>(new SinkService()));
        await using var channel = Open(server, transport);

        var error = await Assert.ThrowsAsync<ThriftStatusException>(() => new TestServiceClient(channel).EchoPingPongAsync(Ask("x"), TestContext.Current.CancellationToken).Soon());

        Assert.Equal(ThriftStatusCode.Unimplemented, error.StatusCode);
        Assert.Contains("unknown service TestService", error.Kitex!.Text.Replace(" ,", " TestService,", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal(5, await new KitchenSinkClient(channel).AddAsync(2, 3, TestContext.Current.CancellationToken).Soon());
    }

    [Fact]
    public async Task Stream_OfAServiceThatIsRestrictedToGrpc_IsUnknownOverTTHeader()
    {
        await using var server = await ThriftServer.StartAsync(
            "127.0.0.1:0", server => server.AddService<ITestService>(new EchoService(), service => service.RequireThriftProtocols(ThriftProtocols.Grpc)));
        await using var grpc = Open(server, ThriftTransport.Grpc);
        await using var streams = Open(server, ThriftTransport.TTHeaderStreaming);

        Assert.Equal(3, await new TestServiceClient(grpc).EchoServerAsync(Ask("x")).CountAsync(TestContext.Current.CancellationToken).Soon());
        var error = await Assert.ThrowsAsync<ThriftStatusException>(
            () => new TestServiceClient(streams).EchoServerAsync(Ask("x")).CountAsync(TestContext.Current.CancellationToken).Soon());
        Assert.Equal(ThriftStatusCode.Unimplemented, error.StatusCode);
    }

    /// <summary>Two ports of one application, each for one of two services: a service is known on its own port alone, over every protocol.</summary>
    [Theory]
    [InlineData(ThriftTransport.Grpc)]
    [InlineData(ThriftTransport.TTHeader)]
    [InlineData(ThriftTransport.Framed)]
    public async Task Service_RestrictedToAPort_IsUnknownOnAnother(ThriftTransport transport)
    {
        var (application, inner, outer) = await StartOnTwoPortsAsync();
        await using var _ = application;
        await using var innerChannel = Open(new IPEndPoint(IPAddress.Loopback, inner), transport);
        await using var outerChannel = Open(new IPEndPoint(IPAddress.Loopback, outer), transport);

        Assert.Equal("x", (await new TestServiceClient(innerChannel).EchoPingPongAsync(Ask("x"), TestContext.Current.CancellationToken).Soon()).Message);
        Assert.Equal(5, await new KitchenSinkClient(outerChannel).AddAsync(2, 3, TestContext.Current.CancellationToken).Soon());
        await UnknownAsync(() => new TestServiceClient(outerChannel).EchoPingPongAsync(Ask("x"), TestContext.Current.CancellationToken).Soon());
        await UnknownAsync(() => new KitchenSinkClient(innerChannel).AddAsync(2, 3, TestContext.Current.CancellationToken).Soon());
    }

    [Fact]
    public async Task Start_HostRequiredOverProtocolsThatCannotNameOne_FailsAndNamesThem()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => ThriftServer.StartAsync(
            "127.0.0.1:0", server => server.AddService<ITestService>(new EchoService(), service => service.RequireHost("localhost"))));

        Assert.Contains("which calls over Framed, Buffered cannot name", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_InMemoryServerOfAServiceThatRequiresAHost_Fails()
        => Assert.Contains(
            "in-process calls cannot name",
            Assert.Throws<InvalidOperationException>(() => ThriftInMemoryServer.Create(
                server => server.AddService<ITestService>(new EchoService(), service => service.RequireHost("localhost")))).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData(Nothing)]
    [InlineData((ThriftProtocols)128)]
    public void Protocols_NoneOrUnknown_AreRefused(ThriftProtocols protocols)
        => Assert.Throws<ArgumentOutOfRangeException>(() => new ThriftServerBuilder().UseProtocols(protocols));

    private static async Task UnknownAsync(Func<Task> call)
        => Assert.Equal(ThriftStatusCode.Unimplemented, (await Assert.ThrowsAsync<ThriftStatusException>(call)).StatusCode);

    private static Task<ThriftServer> StartAsync(Action<ThriftServerBuilder> configure) => ThriftServer.StartAsync(
        "127.0.0.1:0",
        server =>
        {
            server.AddService<ITestService>(new EchoService());
            configure(server);
        },
        TestContext.Current.CancellationToken);

    private static ThriftChannel Open(ThriftServer server, ThriftTransport transport) => Open(server.Endpoint, transport);

    private static ThriftChannel Open(IPEndPoint endpoint, ThriftTransport transport) => PatientChannel.ForAddress(
        $"ttheader://{endpoint}",
        transport == ThriftTransport.TTHeaderStreaming ? new() { StreamTransport = transport } : new() { PingPongTransport = transport, StreamTransport = transport == ThriftTransport.Grpc ? transport : null });

    private static async Task<(WebApplication Application, int Inner, int Outer)> StartOnTwoPortsAsync()
    {
        for (var attempt = 1; ; attempt++)
        {
            var (inner, outer) = (Ports.Free(), Ports.Free());
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.Services.AddThriftStreams();
            builder.WebHost.ConfigureKestrel(kestrel =>
            {
                kestrel.Listen(IPAddress.Loopback, inner, listen => listen.UseThriftStreams());
                kestrel.Listen(IPAddress.Loopback, outer, listen => listen.UseThriftStreams());
            });
            var application = builder.Build();
            application.MapThriftService<ITestService>(new EchoService()).RequireThriftPorts(inner);
            application.MapThriftService<IKitchenSink>(new SinkService()).RequireThriftPorts(outer);
            try
            {
                await application.StartAsync(TestContext.Current.CancellationToken);
                return (application, inner, outer);
            }
            catch (IOException) when (attempt < 10)
            {
                // Somebody else has taken a port that was free.
                await application.DisposeAsync();
            }
        }
    }
}
