using System.Net;
using System.Net.Sockets;
using Demo.Echo;
using Rx.ThriftStreams.AspNetCore;
using Twin;

namespace Rx.ThriftStreams.Tests.Governance;

public sealed class EndpointTests
{
    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public async Task Call_DeadEndpoint_FailsWithAddressAndCause(string scheme)
    {
        var endpoint = DeadEndpoint();
        await using var channel = PatientChannel.ForAddress($"{scheme}://{endpoint}", Patient());

        var stream = await Assert.ThrowsAsync<ThriftConnectException>(
            () => new TestServiceClient(channel).EchoServerAsync(new(), TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken).AsTask());
        var call = await Assert.ThrowsAsync<ThriftConnectException>(
            () => new TestServiceClient(channel).EchoPingPongAsync(new(), TestContext.Current.CancellationToken));

        foreach (var error in new[] { stream, call })
        {
            Assert.Equal(endpoint, error.Address);
            Assert.Contains("refused", error.Message, StringComparison.OrdinalIgnoreCase);
            Assert.IsType<SocketException>(error.GetBaseException());
        }
    }

    [Fact]
    public async Task Call_OneOfTwoEndpointsIsDead_TriesTheOther()
    {
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", services => services.AddService<ITestService>(new EchoService()));
        await using var channel = PatientChannel.ForAddress($"grpc://{DeadEndpoint()},{server.Endpoint}", Patient());
        var client = new TestServiceClient(channel);

        for (var i = 0; i < 4; i++)
        {
            Assert.Equal("x", (await client.EchoUnaryAsync(new() { Message = "x" }, TestContext.Current.CancellationToken)).Message);
        }
    }

    [Theory]
    [InlineData("grpc", null, "EchoUnary", "grpc")]
    [InlineData("grpc", null, "EchoPingPong", "grpc")]
    [InlineData("grpc", ThriftTransport.TTHeader, "EchoUnary", "grpc")]
    [InlineData("grpc", ThriftTransport.TTHeader, "EchoPingPong", "ttheader")]
    [InlineData("grpc", ThriftTransport.TTHeader, "Echo", "grpc")]
    [InlineData("ttheader", null, "EchoUnary", "ttheaderframed")]
    [InlineData("ttheader", null, "EchoPingPong", "ttheaderframed")]
    [InlineData("ttheader", null, "Echo", "ttheader-streaming")]
    [InlineData("ttheader", ThriftTransport.Grpc, "EchoUnary", "grpc")]
    [InlineData("ttheader", ThriftTransport.Grpc, "EchoPingPong", "grpc")]
    public async Task Call_OfEachKind_TakesTheTransportOfItsKind(string scheme, ThriftTransport? pingPong, string method, string expected)
    {
        string? taken = null;
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", services => services
            .AddService<ITestService>(new EchoService())
            .Configure(options => options.StreamMiddleware.Add((context, next) =>
            {
                taken = context.Transport;
                return next();
            })));
        var options = Patient();
        options.PingPongTransport = pingPong;
        await using var channel = PatientChannel.ForAddress($"{scheme}://{server.Endpoint}", options);
        var client = new TestServiceClient(channel);

        await (method switch
        {
            "EchoUnary" => (Task)client.EchoUnaryAsync(new() { Message = "x" }, TestContext.Current.CancellationToken),
            "EchoPingPong" => client.EchoPingPongAsync(new() { Message = "x" }, TestContext.Current.CancellationToken),
            _ => client.EchoAsync(AsyncEnumerable.Empty<Request>(), TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken).AsTask(),
        });

        Assert.Equal(expected, taken);
    }

    [Fact]
    public async Task Call_FailureThatIsNotOfTheConnection_IsNotTriedElsewhere()
    {
        var attempts = 0;
        var options = Patient();
        options.Grpc.ConfigureHttpHandler = _ =>
        {
            attempts++;
            throw new FormatException("The handler cannot be configured.");
        };
        await using var channel = PatientChannel.ForAddress("grpc://127.0.0.1:1,127.0.0.1:2,127.0.0.1:3", options);

        await Assert.ThrowsAsync<FormatException>(() => new TestServiceClient(channel).EchoUnaryAsync(new(), TestContext.Current.CancellationToken));

        Assert.Equal(1, attempts);
    }

    [Fact]
    public async Task Serve_TwoServicesInOneClass_BothAnswer()
    {
        var both = new TwoServices();
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", services => services
            .AddService<ITestService>(both)
            .AddService<ITwinService>(both)
            .Configure(options => options.PingPong.FallbackService = "TestService"));
        await using var channel = PatientChannel.ForAddress($"grpc://{server.Endpoint}", Patient());

        Assert.Equal("echo", (await new TestServiceClient(channel).EchoPingPongAsync(new() { Message = "echo" }, TestContext.Current.CancellationToken)).Message);
        Assert.Equal(new Empty(), await new TwinServiceClient(channel).EchoPingPongAsync(new(), TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("my service")]
    [InlineData("a/b")]
    [InlineData("user@host")]
    public async Task Name_ThatNoHostCanHave_IsRefused(string name)
    {
        Assert.Throws<ArgumentException>(() => ThriftChannel.ForAddress("grpc://127.0.0.1:1", new() { DestinationService = name }));

        await using var channel = PatientChannel.ForAddress("grpc://127.0.0.1:1", Patient());
        await Assert.ThrowsAsync<ArgumentException>(
            () => new TestServiceClient(channel).EchoUnaryAsync(new(), new ThriftCallOptions { Authority = name }, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task MetaInfo_ValueThatNoHeaderCanHave_IsDroppedAndHarmsNobody()
    {
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", services => services.AddService<ITestService>(new EchoService()));
        await using var channel = PatientChannel.ForAddress($"grpc://{server.Endpoint}", Patient());
        var client = new TestServiceClient(channel);
        await using var other = await client.OpenEchoAsync(cancellationToken: TestContext.Current.CancellationToken);
        await using var answers = other.GetAsyncEnumerator(TestContext.Current.CancellationToken);

        foreach (var value in new[] { "a\0b", "a\nb", "a\r\nb: c" })
        {
            var metaInfo = new ThriftMetaInfo { Persistent = { ["KEY"] = value } };
            Assert.Equal("x", (await client.EchoUnaryAsync(new() { Message = "x" }, new ThriftCallOptions { MetaInfo = metaInfo }, TestContext.Current.CancellationToken)).Message);
        }

        await other.SendAsync(new() { Message = "alive" }, TestContext.Current.CancellationToken);
        Assert.True(await answers.MoveNextAsync());
        Assert.Equal("alive", answers.Current.Message);
    }

    [Fact]
    public async Task Channel_DisposedWhileACallIsBeingMade_MakesNoConnectionForIt()
    {
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", services => services.AddService<ITestService>(new EchoService()));
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var options = Patient();
        options.StreamMiddleware.Add(async (_, next) =>
        {
            await gate.Task;
            return await next();
        });
        var channel = PatientChannel.ForAddress($"grpc://{server.Endpoint}", options);
        var call = new TestServiceClient(channel).EchoUnaryAsync(new(), TestContext.Current.CancellationToken);

        await channel.DisposeAsync();
        gate.SetResult();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => call);
    }

    private static ThriftChannelOptions Patient() => new() { Resilience = { ConnectTimeout = TimeSpan.FromSeconds(30) } };

    /// <summary>A port that was free a moment ago.</summary>
    private static string DeadEndpoint()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return listener.LocalEndpoint.ToString()!;
    }

    private sealed class TwoServices : ITestService, ITwinService
    {
        private readonly EchoService _echo = new();

        public IAsyncEnumerable<Response> EchoAsync(IAsyncEnumerable<Request> requests, CancellationToken cancellationToken = default)
            => _echo.EchoAsync(requests, cancellationToken);

        public Task<Response> EchoClientAsync(IAsyncEnumerable<Request> requests, CancellationToken cancellationToken = default)
            => _echo.EchoClientAsync(requests, cancellationToken);

        public IAsyncEnumerable<Response> EchoServerAsync(Request req, CancellationToken cancellationToken = default)
            => _echo.EchoServerAsync(req, cancellationToken);

        public Task<Response> EchoUnaryAsync(Request req, CancellationToken cancellationToken = default) => _echo.EchoUnaryAsync(req, cancellationToken);

        public Task<Response> EchoPingPongAsync(Request req, CancellationToken cancellationToken = default) => _echo.EchoPingPongAsync(req, cancellationToken);

        public Task<Empty> EchoPingPongAsync(Empty req, CancellationToken cancellationToken = default) => Task.FromResult(req);
    }
}
