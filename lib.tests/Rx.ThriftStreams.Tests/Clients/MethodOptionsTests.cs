using Demo.Echo;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Rx.ThriftStreams.AspNetCore;

namespace Rx.ThriftStreams.Tests.Clients;

/// <summary>Options of single methods, in code and from the configuration.</summary>
public sealed class MethodOptionsTests
{
    private const string Header = "x-level";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Precedence_IsCallClientFullNameNameDefaults()
    {
        var sent = new List<string>();
        await using var server = ThriftInMemoryServer.Create(static services => services.AddService<ITestService>(new EchoService()));
        await using var channel = server.CreateChannel(new()
        {
            Defaults = Level("defaults") with { Authority = "defaults" },
            Methods =
            {
                ["EchoUnary"] = Level("name"),
                ["EchoPingPong"] = Level("name"),
                ["echo.TestService/EchoPingPong"] = Level("full name"),
                ["TestService/EchoPingPong"] = Level("service and name") with { Compressor = "identity" },
                ["TestService/EchoServer"] = Level("service and name"),
            },
            StreamMiddleware =
            {
                (context, next) =>
                {
                    sent.Add(context.RequestHeaders[Header]);
                    return next();
                },
            },
        });
        var client = new TestServiceClient(channel);
        var own = new TestServiceClient(channel, Level("client"));

        await client.EchoUnaryAsync(new Request(), Token);
        await client.EchoPingPongAsync(new Request(), Token);
        await client.EchoServerAsync(new Request { Message = "1" }, Token).CountAsync(Token);
        await own.EchoUnaryAsync(new Request(), Token);
        await own.EchoServerAsync(new Request { Message = "1" }, Token).CountAsync(Token);
        await own.EchoUnaryAsync(new Request(), Level("call"), Token);

        Assert.Equal(["name", "full name", "service and name", "client", "client", "call"], sent);
    }

    [Fact]
    public async Task Timeout_OfAMethod_EndsItsCallsAndNoOthers()
    {
        await using var server = ThriftInMemoryServer.Create(static services => services.AddService<ITestService>(new EchoService()));
        await using var channel = server.CreateChannel(new() { Methods = { ["EchoUnary"] = new() { Timeout = TimeSpan.Zero } } });
        var client = new TestServiceClient(channel);

        await Assert.ThrowsAsync<ThriftTimeoutException>(() => client.EchoUnaryAsync(new Request(), Token));
        await client.EchoPingPongAsync(new Request(), Token);
    }

    [Fact]
    public void Options_ThatAreInvalid_AreNamed()
    {
        var error = Assert.ThrowsAny<ArgumentException>(static () => ThriftChannel.ForAddress("grpc://localhost:1", new() { Methods = { ["Echo"] = new() { ReceiveTimeout = TimeSpan.Zero } } }));

        Assert.Contains("Methods[\"Echo\"].ReceiveTimeout", error.Message, StringComparison.Ordinal);
        Assert.ThrowsAny<ArgumentException>(static () => ThriftChannel.ForAddress("grpc://localhost:1", new() { Methods = { ["Echo"] = null! } }));
    }

    [Fact]
    public async Task Configuration_SetsThem_OverThoseInCode()
    {
        using var host = Build(
            new() { ["EchoUnary:Timeout"] = "00:00:05", ["echo.TestService/Echo:ReceiveTimeout"] = "00:00:09", ["TestService/Echo:NoDelay"] = "true" },
            static client => client.Configure(static options => options.Channel.Methods["EchoUnary"] = options.Channel.Methods["EchoUnary"] with { NoDelay = true }));

        await host.StartAsync(Token);

        var methods = host.Services.GetRequiredService<IOptionsMonitor<ThriftClientOptions>>().Get("TestService").Channel.Methods;
        Assert.Equal(new ThriftCallOptions { Timeout = TimeSpan.FromSeconds(5), NoDelay = true }, methods["EchoUnary"]);
        Assert.Equal(new ThriftCallOptions { ReceiveTimeout = TimeSpan.FromSeconds(9) }, methods["echo.TestService/Echo"]);
        Assert.True(methods["TestService/Echo"].NoDelay);
        await host.StopAsync(Token);
    }

    [Theory]
    [InlineData("EchoUnry:Timeout", "has options for \"EchoUnry\", which is not a method of its services. Use one of: Echo, EchoClient, ")]
    [InlineData("echounary:Timeout", "\"echounary\", which is not a method of its services")]
    [InlineData("other.TestService/EchoUnary:Timeout", "\"other.TestService/EchoUnary\", which is not a method of its services")]
    [InlineData("EchoUnary:Timeot", "Clients:Echo:Methods:EchoUnary:Timeot is not an option of a Thrift client")]
    public async Task Configuration_OfWhatDoesNotExist_StopsTheHost(string key, string expected)
    {
        using var host = Build(new() { [key] = "00:00:05" }, static _ => { });

        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(Token));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    private static ThriftCallOptions Level(string level) => new() { Headers = new() { [Header] = level } };

    private static IHost Build(Dictionary<string, string?> methods, Action<IThriftClientBuilder> configure)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(methods.ToDictionary(static pair => $"Clients:Echo:Methods:{pair.Key}", static pair => pair.Value));
        builder.Configuration["Clients:Echo:Address"] = "grpc://localhost:1";
        configure(builder.Services.AddThriftClient<ITestService>().BindConfiguration("Clients:Echo"));
        return builder.Build();
    }
}
