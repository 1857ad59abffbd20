using Demo.Echo;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Polly;
using Polly.Timeout;

namespace Rx.ThriftStreams.Tests.Samples;

/// <summary>The samples of the pages about clients from a container and about failures.</summary>
public sealed class ClientSamples
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Host_WithConfiguredClient_Calls()
    {
        await using var servers = await NamedServers.StartAsync(1);
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Clients:Echo:Address"] = $"grpc://{servers.Addresses[0]}" });

        // <sample di-client>
        builder.Services.AddThriftClient<ITestService>()
            .BindConfiguration("Clients:Echo")
            .AddMiddleware<TenantMiddleware>();
        builder.Services.AddSingleton<Greeter>();

        // </sample di-client>
        using var host = builder.Build();
        await host.StartAsync(Token);

        Assert.Equal("0", await host.Services.GetRequiredService<Greeter>().GreetAsync(Token));
        await host.StopAsync(Token);
    }

    [Fact]
    public async Task Services_WithNamedAndDiscoveredClients_AreRegistered()
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        services.AddLogging();

        // <sample di-named>
        services.AddThriftClient<ITestService>("primary", options => options.Address = "grpc://10.0.0.1:8888");
        services.AddThriftClient<ITestService>("replica", options =>
        {
            options.Address = "grpc://_thrift.echo";
            options.Channel.Resilience.Retry = new();
        }).UseServiceDiscovery();

        // </sample di-named>
        await using var provider = services.BuildServiceProvider();
        Assert.Equal("grpc://_thrift.echo", ((ThriftClient)provider.GetRequiredKeyedService<ITestService>("replica")).Channel.Address);
    }

    [Fact]
    public async Task Channel_WithRetryAndHedging_IsCreated()
    {
        // <sample resilience-retry>
        await using var channel = ThriftChannel.ForAddress("grpc://10.0.0.1:8888,10.0.0.2:8888", new()
        {
            Resilience =
            {
                Retry = new() { MaxRetries = 2, AttemptTimeout = TimeSpan.FromSeconds(1) },
                Hedging = new() { Delay = TimeSpan.FromMilliseconds(80) },
            },
        });
        var client = new TestServiceClient(channel, new() { IsIdempotent = true, Timeout = TimeSpan.FromSeconds(3) });

        // </sample resilience-retry>
        Assert.Same(channel, client.Channel);
    }

    [Fact]
    public async Task Channel_WithOwnPipeline_IsCreated()
    {
        // <sample resilience-pipeline>
        var pipeline = new ResiliencePipelineBuilder()
            .AddTimeout(new TimeoutStrategyOptions { Timeout = TimeSpan.FromSeconds(2) })
            .Build();
        await using var channel = ThriftChannel.ForAddress("grpc://10.0.0.1:8888", new()
        {
            Resilience = { CallPipeline = method => method.IsIdempotent ? pipeline : null },
        });

        // </sample resilience-pipeline>
        Assert.Equal("grpc://10.0.0.1:8888", channel.Address);
    }

    // <sample di-middleware>
    private sealed class TenantMiddleware(IConfiguration configuration) : IThriftClientMiddleware
    {
        public ValueTask<ThriftCreatedStream> InvokeAsync(ThriftClientContext context, Func<ValueTask<ThriftCreatedStream>> next)
        {
            context.RequestHeaders.Set("tenant", configuration["Tenant"] ?? "none");
            return next();
        }
    }

    // </sample di-middleware>
    // <sample di-user>
    private sealed class Greeter(ITestService echo)
    {
        public async Task<string?> GreetAsync(CancellationToken cancellationToken)
            => (await echo.EchoUnaryAsync(new() { Message = "hi" }, cancellationToken)).Message;
    }

    // </sample di-user>
}
