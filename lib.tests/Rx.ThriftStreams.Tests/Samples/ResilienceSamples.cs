using Demo.Echo;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Polly;
using Polly.Registry;
using Polly.Timeout;
using Rx.ThriftStreams.Etcd;

namespace Rx.ThriftStreams.Tests.Samples;

/// <summary>The samples of the page about failures.</summary>
public sealed class ResilienceSamples
{
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
        var client = new TestServiceClient(channel, new() { Timeout = TimeSpan.FromSeconds(3) });
        var mayRepeat = new ThriftCallOptions { IsIdempotent = true };     // where the IDL does not say (idempotent = "true")

        // </sample resilience-retry>
        Assert.Same(channel, client.Channel);
        Assert.True(mayRepeat.IsIdempotent);
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

    [Fact]
    public void Client_WithANamedPipeline_TakesItFromTheContainer()
    {
        var registry = new ResiliencePipelineRegistry<string>();
        registry.TryAddBuilder("shop", static (builder, _) => builder.AddTimeout(TimeSpan.FromSeconds(2)));
        var services = new ServiceCollection().AddSingleton<ResiliencePipelineProvider<string>>(registry);

        // <sample resilience-named>
        services.AddThriftClient<ITestService>(options => options.Address = "grpc://10.0.0.1:8888")
            .Configure((provider, options) =>
            {
                var pipeline = provider.GetRequiredService<ResiliencePipelineProvider<string>>().GetPipeline("shop");
                options.Channel.Resilience.CallPipeline = method => method.IsIdempotent ? pipeline : null;
            });

        // </sample resilience-named>
        using var provider = services.BuildServiceProvider();
        Assert.NotNull(provider.GetRequiredService<ITestService>());
        registry.Dispose();
    }

    [Fact]
    public async Task Channel_WithHedgedStreams_IsCreated()
    {
        // <sample resilience-streams>
        await using var channel = ThriftChannel.ForAddress("grpc://10.0.0.1:8888,10.0.0.2:8888", new()
        {
            Resilience =
            {
                IncludeServerStreams = true,
                Hedging = new() { Delay = TimeSpan.FromMilliseconds(80) },
            },
        });

        // </sample resilience-streams>
        Assert.Equal("grpc://10.0.0.1:8888,10.0.0.2:8888", channel.Address);
    }

    [Fact]
    public async Task Channel_WithConnectRetry_IsCreated()
    {
        // <sample resilience-connect>
        await using var channel = ThriftChannel.ForAddress("grpc+dns://echo.internal:8888", new()
        {
            Resilience =
            {
                ConnectRetry = new() { MaxAttempts = 3, Delay = TimeSpan.FromMilliseconds(20), Budget = 0.2 },
            },
        });

        // </sample resilience-connect>
        Assert.Equal("grpc+dns://echo.internal:8888", channel.Address);
    }

    [Fact]
    public async Task Channel_WithFallback_IsCreated()
    {
        // <sample resilience-fallback>
        await using var channel = ThriftChannel.ForAddress("grpc://10.0.0.1:8888", new()
        {
            Resilience =
            {
                Fallback = ThriftFallback.To<ITestService>(new EchoFallback()),
            },
        });

        // </sample resilience-fallback>
        Assert.Equal("grpc://10.0.0.1:8888", channel.Address);
    }

    [Fact]
    public async Task Channel_WithBreakers_ReportsTheirStates()
    {
        // <sample resilience-breakers>
        await using var channel = ThriftChannel.ForAddress("grpc://10.0.0.1:8888,10.0.0.2:8888", new()
        {
            Resilience =
            {
                CircuitBreaker = new()
                {
                    CountCallFailures = true,
                    Overrides = { ["echo.TestService/EchoUnary"] = new() { MinimumThroughput = 20, CountCallFailures = true } },
                },
            },
        });
        using var changes = channel.CircuitBreakers.Changes.Subscribe(change => Console.WriteLine($"{change.Key} is {change.State}."));

        // </sample resilience-breakers>
        Assert.Equal(ThriftCircuitState.Closed, channel.CircuitBreakers.StateOf(ThriftCircuitScope.Endpoint, "10.0.0.1:8888"));
    }

    [Fact]
    public void Client_WithKitexPolicies_IsRegistered()
    {
        var services = new ServiceCollection();
        using var configuration = new ConfigurationManager();
        var logger = NullLogger.Instance;

        // <sample resilience-kitex>
        configuration.AddThriftEtcdKey("/KitexConfig/shop/echo/rpc_timeout", "Kitex:rpc_timeout", etcd => etcd.Endpoints.Add("http://etcd-1:2379"), logger);
        configuration.AddThriftEtcdKey("/KitexConfig/shop/echo/retry", "Kitex:retry", etcd => etcd.Endpoints.Add("http://etcd-1:2379"), logger);
        services.AddThriftClient<ITestService>(options => options.Address = "ttheader+etcd://echo")
            .AddKitexPolicies(configuration.GetSection("Kitex"));

        // </sample resilience-kitex>
        Assert.Contains(services, static service => service.ServiceType == typeof(ITestService));
    }

    // <sample resilience-fallback-service>
    internal sealed class EchoFallback : TestServiceBase
    {
        public override Task<Response> EchoUnaryAsync(Request req, CancellationToken cancellationToken = default)
            => Task.FromResult(new Response { Message = "not available" });

        public override IAsyncEnumerable<Response> EchoServerAsync(Request req, CancellationToken cancellationToken = default)
            => AsyncEnumerable.Empty<Response>();
    }

    // </sample resilience-fallback-service>
}
