using Demo.Echo;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Rx.ThriftStreams.Tests.Clients;

/// <summary>Clients from a container.</summary>
public class ClientRegistrationTests
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task AddThriftClient_WithoutName_InjectsTheInterfaceAndCalls()
    {
        await using var servers = await NamedServers.StartAsync(1);
        var services = new ServiceCollection();
        services.AddThriftClient<ITestService>(options => options.Address = $"grpc://{servers.Addresses[0]}");
        await using var provider = services.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true, ValidateOnBuild = true });

        var client = provider.GetRequiredService<ITestService>();

        Assert.Equal("0", (await client.EchoUnaryAsync(new() { Message = "who" }, Token)).Message);
        Assert.Same(client, provider.GetRequiredService<ITestService>());
        Assert.Same(((TestServiceClient)client).Channel, provider.GetThriftChannel("TestService"));
    }

    [Fact]
    public async Task AddThriftClient_WithNames_InjectsEachByItsKey()
    {
        await using var servers = await NamedServers.StartAsync(2);
        var services = new ServiceCollection();
        services.AddThriftClient<ITestService>("first", options => options.Address = $"grpc://{servers.Addresses[0]}");
        services.AddThriftClient<ITestService>("second", options => options.Address = $"ttheader://{servers.Addresses[1]}");
        services.AddSingleton<KeyedUser>();
        await using var provider = services.BuildServiceProvider();

        var user = provider.GetRequiredService<KeyedUser>();

        Assert.Equal("0", (await user.First.EchoUnaryAsync(new() { Message = "who" }, Token)).Message);
        Assert.Equal("1", (await user.Second.EchoUnaryAsync(new() { Message = "who" }, Token)).Message);
        Assert.Null(provider.GetService<ITestService>());
    }

    [Fact]
    public async Task AddThriftClient_TwoServicesWithOneName_ShareAChannel()
    {
        var services = new ServiceCollection();
        services.AddThriftClient<ITestService>("shared", static options => options.Address = "grpc://localhost:1");
        services.AddThriftClient<Twin.ITwinService>("shared");
        await using var provider = services.BuildServiceProvider();

        var first = (ThriftClient)provider.GetRequiredKeyedService<ITestService>("shared");
        var second = (ThriftClient)provider.GetRequiredKeyedService<Twin.ITwinService>("shared");

        Assert.Same(first.Channel, second.Channel);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Dispose_OfTheContainer_ClosesTheChannel(bool isAsync)
    {
        var services = new ServiceCollection();
        services.AddThriftClient<ITestService>(static options => options.Address = "grpc://localhost:1");
        var provider = services.BuildServiceProvider();
        var client = provider.GetRequiredService<ITestService>();

        if (isAsync)
        {
            await provider.DisposeAsync();
        }
        else
        {
            provider.Dispose();
        }

        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.EchoUnaryAsync(new() { Message = "late" }, Token));
    }

    [Fact]
    public async Task AddMiddleware_ByType_IsInjectedAndSeesCalls()
    {
        await using var servers = await NamedServers.StartAsync(1);
        var services = new ServiceCollection();
        services.AddSingleton<SeenMethods>();
        services.AddThriftClient<ITestService>(options => options.Address = $"grpc://{servers.Addresses[0]}").AddMiddleware<RecordingMiddleware>();
        await using var provider = services.BuildServiceProvider();

        await provider.GetRequiredService<ITestService>().EchoUnaryAsync(new() { Message = "who" }, Token);

        Assert.Equal(["EchoUnary"], provider.GetRequiredService<SeenMethods>().Names);
    }

    [Fact]
    public async Task BindConfiguration_SetsEachGroup_AndTheContainerItsClockAndLog()
    {
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Clients:Echo:Address"] = "ttheader://localhost:1",
            ["Clients:Echo:StreamTransport"] = "grpc",
            ["Clients:Echo:ServiceName"] = "shop",
            ["Clients:Echo:Defaults:Timeout"] = "00:00:07",
            ["Clients:Echo:Resilience:ConnectTimeout"] = "infinite",
            ["Clients:Echo:Resilience:CircuitBreaker:FailureRatio"] = "0.25",
            ["Clients:Echo:Limits:MaxReceiveMessageSize"] = "1234",
            ["Clients:Echo:Connections:Mode"] = "Pooled",
            ["Clients:Echo:TTHeader:StreamBuffers:WhenFull"] = "ResetStream",
        });
        builder.Services.AddSingleton<TimeProvider>(clock);
        builder.Services.AddThriftClient<ITestService>().BindConfiguration("Clients:Echo").Configure(static options => options.Channel.ServiceName += "!");
        using var host = builder.Build();

        await host.StartAsync(Token);

        var options = host.Services.GetRequiredService<IOptionsMonitor<ThriftClientOptions>>().Get("TestService");
        Assert.Equal("ttheader://localhost:1", options.Address);
        Assert.Equal(ThriftTransport.Grpc, options.Channel.StreamTransport);
        Assert.Equal("shop!", options.Channel.ServiceName);
        Assert.Equal(TimeSpan.FromSeconds(7), options.Channel.Defaults.Timeout);
        Assert.Equal(Timeout.InfiniteTimeSpan, options.Channel.Resilience.ConnectTimeout);
        Assert.Equal(0.25, options.Channel.Resilience.CircuitBreaker!.FailureRatio);
        Assert.Equal(1234, options.Channel.Limits.MaxReceiveMessageSize);
        Assert.Equal(ThriftConnectionMode.Pooled, options.Channel.Connections.Mode);
        Assert.Equal(ThriftFullBufferPolicy.ResetStream, options.Channel.TTHeader.StreamBuffers.WhenFull);
        Assert.Same(clock, options.Channel.TimeProvider);
        Assert.Same(host.Services.GetRequiredService<Microsoft.Extensions.Logging.ILoggerFactory>(), options.Channel.LoggerFactory);
        await host.StopAsync(Token);
    }

    [Fact]
    public async Task TwoServices_WithOneNameInTheirIdl_StopTheHost_UnlessOneIsNamed()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddThriftClient<ITestService>(static options => options.Address = "grpc://localhost:1");
        builder.Services.AddThriftClient<ITestService>();
        builder.Services.AddThriftClient<INamesake>(static options => options.Address = "grpc://localhost:2");
        using var host = builder.Build();
        var named = Host.CreateEmptyApplicationBuilder(null);
        named.Services.AddThriftClient<ITestService>(static options => options.Address = "grpc://localhost:1");
        named.Services.AddThriftClient<INamesake>("namesake", static options => options.Address = "grpc://localhost:2");
        using var other = named.Build();

        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(Token));
        await other.StartAsync(Token);

        Assert.Equal(
            "Demo.Echo.ITestService and Rx.ThriftStreams.Tests.Clients.INamesake are called \"TestService\" in their IDL, so that their clients would share a channel and its options. "
            + "Name them: AddThriftClient<INamesake>(\"a name of its own\").",
            error.Message);
        Assert.Equal("grpc://localhost:2", other.Services.GetThriftChannel("namesake").Address);
        await other.StopAsync(Token);
    }

    [Fact]
    public void BindConfiguration_ReadsEachOptionThatTextCanExpress()
    {
        // Of the call options, those that make sense for all calls. Middleware, callbacks and pipelines are code.
        var keys = OptionKeys.Of(typeof(ThriftChannelOptions)).Where(static key => key.Key is not ("Defaults:Endpoint" or "Defaults:HashKey"))
            .ToDictionary(static key => $"Clients:Echo:{key.Key}", static key => (string?)key.Value);
        keys["Clients:Echo:Address"] = "grpc://localhost:1";
        var services = new ServiceCollection().AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(keys).Build());
        services.AddThriftClient<ITestService>().BindConfiguration("Clients:Echo");
        using var provider = services.BuildServiceProvider();
        var options = new ThriftClientOptions();

        foreach (var configure in provider.GetServices<IConfigureOptions<ThriftClientOptions>>().OfType<IConfigureNamedOptions<ThriftClientOptions>>())
        {
            configure.Configure("TestService", options);
        }

        Assert.Contains("Clients:Echo:Resilience:Retry:MaxRetries", keys.Keys);
        Assert.Equal(TimeSpan.FromSeconds(30), options.Channel.Resilience.Retry!.AttemptTimeout);
        Assert.Equal(TimeSpan.FromSeconds(30), options.Channel.Telemetry.SpanInterval);
        Assert.True(options.Channel.Defaults.IsIdempotent);
    }

    [Fact]
    public async Task BindConfiguration_ThatChanges_UpdatesTheBreakers_UnlessItIsInvalid()
    {
        const string method = "echo.TestService/EchoUnary";
        var log = new LogCollector();
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Clients:Echo:Address"] = "ttheader://127.0.0.1:1",
            ["Clients:Echo:Resilience:CircuitBreaker:Overrides:0:Key"] = "127.0.0.1:1",
            ["Clients:Echo:Resilience:CircuitBreaker:Overrides:0:IsEnabled"] = "false",
        }).Build();
        var collection = new ServiceCollection().AddLogging(logging => logging.AddProvider(log)).AddSingleton<IConfiguration>(configuration);
        collection.AddThriftClient<ITestService>().BindConfiguration("Clients:Echo");
        await using var services = collection.BuildServiceProvider();
        var client = services.GetRequiredService<ITestService>();
        var breakers = services.GetThriftChannel("TestService").CircuitBreakers;
        await FailAsync(3);
        Assert.Equal(ThriftCircuitState.Closed, breakers.StateOf(ThriftCircuitScope.Service, method));

        Change("MinimumThroughput", "1");
        Assert.Contains(log.Entries, static entry => entry is { Level: LogLevel.Warning, Id: 57 });
        Change("MinimumThroughput", "4");
        Change("Overrides:0:Key", "TestServce");
        Assert.Equal(2, log.Entries.Count(static entry => entry is { Level: LogLevel.Warning, Id: 57 }));
        Change("Overrides:0:Key", "127.0.0.1:1");
        await FailAsync(1);
        Change("MinimumThroughput", "5");
        await FailAsync(4);
        Assert.Equal(ThriftCircuitState.Closed, breakers.StateOf(ThriftCircuitScope.Service, method));
        await FailAsync(1);

        Assert.Equal(ThriftCircuitState.Open, breakers.StateOf(ThriftCircuitScope.Service, method));
        Assert.Equal(ThriftCircuitState.Closed, breakers.StateOf(ThriftCircuitScope.Endpoint, "127.0.0.1:1"));

        void Change(string key, string value)
        {
            configuration[$"Clients:Echo:Resilience:CircuitBreaker:{key}"] = value;
            configuration.Reload();
        }

        async Task FailAsync(int times)
        {
            for (var i = 0; i < times; i++)
            {
                await Assert.ThrowsAsync<ThriftConnectException>(() => client.EchoUnaryAsync(new(), Token));
            }
        }
    }

    [Theory]
    [InlineData("Resilience:CircuitBreaker:Overrides:0:IsEnabled", "false", "Clients:Echo:Resilience:CircuitBreaker:Overrides:0:Key is not set")]
    [InlineData("Resilience:CircuitBreaker:Overrides:0:Kee", "x", "Clients:Echo:Resilience:CircuitBreaker:Overrides:0")]
    [InlineData("Resilience:CircuitBreaker:Overrides:0:Key", "TestServce", "CircuitBreaker.Overrides of the Thrift client \"echo\" has settings for \"TestServce\", which is neither a service")]
    [InlineData("Resilience:CircuitBreaker:Overrides:0:Key", "TestServce", "Use one of: TestService, TestService/Echo, TestService/EchoClient, ")]
    [InlineData("Resilience:CircuitBreaker:Overrides:0:Key", "testservice", "has settings for \"testservice\"")]
    [InlineData("Resilience:CircuitBreaker:Overrides:0:Key", "EchoUnary", "has settings for \"EchoUnary\"")]
    [InlineData("Resilience:CircuitBreaker:Overrides:0:Key", "other.TestService/EchoUnary", "has settings for \"other.TestService/EchoUnary\"")]
    [InlineData("Resilience:CircuitBreaker:Overrides:0:Key", "127.0.0.1", "has settings for \"127.0.0.1\"")]
    [InlineData("Resilience:CircuitBreaker:Overrides:0:Key", "TestService/EchoUnary:80", "has settings for \"TestService/EchoUnary:80\"")]
    [InlineData("Resilience:CircuitBreaker:Overrides:0:Key", "unix:", "has settings for \"unix:\"")]
    [InlineData("Adress", "x", "Clients:Echo:Adress is not an option")]
    [InlineData("Resilience:ConnectTimeot", "00:00:01", "Clients:Echo:Resilience:ConnectTimeot is not an option")]
    [InlineData("Resilience:ConnectTimeout", "3", "Clients:Echo:Resilience:ConnectTimeout is \"3\", which is not a duration")]
    [InlineData("Resilience:ConnectRetry:MaxAttempts", "many", "Clients:Echo:Resilience:ConnectRetry:MaxAttempts is \"many\"")]
    [InlineData("Resilience:ConnectRetry:MaxAttempts", "0", "Clients:Echo:Resilience:ConnectRetry:MaxAttempts is \"0\", which cannot be used: Resilience.ConnectRetry.MaxAttempts must")]
    [InlineData("Limits:MaxReceiveMessageSize", "-1", "Clients:Echo:Limits:MaxReceiveMessageSize is \"-1\", which cannot be used: Limits.MaxReceiveMessageSize must be at least 1.")]
    [InlineData("Defaults:ReceiveTimeout", "-00:00:01", "Clients:Echo:Defaults:ReceiveTimeout is \"-00:00:01\", which cannot be used: Defaults.ReceiveTimeout must")]
    [InlineData("Methods:EchoUnary:Timeout", "-00:00:01", "Clients:Echo:Methods:EchoUnary:Timeout is \"-00:00:01\", which cannot be used: Methods[\"EchoUnary\"].Timeout must")]
    [InlineData("StreamTransport", "Carrier", "Clients:Echo:StreamTransport is \"Carrier\"")]
    [InlineData("StreamTransport", "TTHeader", "StreamTransport is TTHeader, which does not carry streams")]
    [InlineData("Address", "localhost:1", "The address \"localhost:1\" must begin with")]
    public async Task StartAsync_WithAnInvalidOption_NamesIt(string key, string value, string expected)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Clients:Echo:Address"] = "grpc://localhost:1", [$"Clients:Echo:{key}"] = value });
        builder.Services.AddThriftClient<ITestService>("echo").BindConfiguration("Clients:Echo");
        using var host = builder.Build();

        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(Token));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("TestService")]
    [InlineData("echo.TestService")]
    [InlineData("TestService/EchoUnary")]
    [InlineData("echo.TestService/EchoUnary")]
    [InlineData("10.0.0.1:8888")]
    [InlineData("[::1]:8888")]
    [InlineData("catalog:8888")]
    [InlineData("unix:/run/catalog.sock")]
    public async Task StartAsync_WithAnOverrideOfWhatExists_Starts(string key)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddThriftClient<ITestService>("echo", options =>
        {
            options.Address = "grpc://localhost:1";
            options.Channel.Resilience.CircuitBreaker = new() { Overrides = { [key] = new() } };
        });
        using var host = builder.Build();

        await host.StartAsync(Token);
        await host.StopAsync(Token);
    }

    [Fact]
    public void BindConfiguration_EmptyTexts_AreNotSet()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        string[] texts = ["DestinationService", "ServiceName", "Defaults:Authority", "Defaults:Compressor", "Discovery:HealthService", "PingPong:HttpPath"];
        builder.Configuration.AddInMemoryCollection(texts.ToDictionary(static key => $"Clients:Echo:{key}", static _ => (string?)""));
        builder.Configuration["Clients:Echo:Address"] = "grpc://localhost:1";
        builder.Services.AddThriftClient<ITestService>("echo").BindConfiguration("Clients:Echo");
        using var host = builder.Build();

        var channel = host.Services.GetRequiredService<IOptionsMonitor<ThriftClientOptions>>().Get("echo").Channel;

        Assert.Equal((null, null, null, null, "/"), (channel.DestinationService, channel.ServiceName, channel.Defaults.Authority, channel.Defaults.Compressor, channel.PingPong.HttpPath));

        // An empty name asks for the server as a whole.
        Assert.Equal("", channel.Discovery.HealthService);
    }

    [Fact]
    public async Task StartAsync_WithoutAddressOrSection_NamesWhatIsMissing()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddThriftClient<ITestService>("nowhere");
        using var host = builder.Build();
        var unset = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(Token));

        var other = Host.CreateEmptyApplicationBuilder(null);
        other.Services.AddThriftClient<ITestService>("nowhere").BindConfiguration("Clients:Nowhere");
        using var second = other.Build();
        var missing = await Assert.ThrowsAsync<OptionsValidationException>(() => second.StartAsync(Token));

        Assert.StartsWith("Address of the Thrift client \"nowhere\" is not set.", unset.Message, StringComparison.Ordinal);
        Assert.StartsWith("The configuration has no section Clients:Nowhere", missing.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "Address of the Thrift client \"echo\" is not set. Set it, for example to grpc://localhost:8888.")]
    [InlineData(" ", "Address of the Thrift client \"echo\" is not set. Set it, for example to grpc://localhost:8888.")]
    [InlineData("localhost:1", "The options of the Thrift client \"echo\" are invalid: The address \"localhost:1\" must begin with one of ")]
    public async Task StartAsync_AddressThatIsNone_IsOneError(string address, string expected)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Clients:Echo:Address"] = address, ["Clients:Echo:TlsOptions:TargetHost"] = "echo.internal" });
        builder.Services.AddThriftClient<ITestService>("echo").BindConfiguration("Clients:Echo").AddBearerToken(static (_, _) => ValueTask.FromResult("secret"));
        using var host = builder.Build();

        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(Token));

        Assert.StartsWith(expected, Assert.Single(error.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public async Task UseServiceDiscovery_WhenTheConfigurationChanges_NewCallsFollow()
    {
        await using var servers = await NamedServers.StartAsync(2);
        var builder = Host.CreateEmptyApplicationBuilder(null);
        var source = new Dictionary<string, string?> { ["Services:echo:thrift:0"] = servers.Addresses[0] };
        builder.Configuration.AddInMemoryCollection(source);
        builder.Services.AddThriftClient<ITestService>(static options =>
        {
            options.Address = "grpc://_thrift.echo";
            options.Channel.Discovery.RefreshInterval = TimeSpan.FromMilliseconds(20);
        }).UseServiceDiscovery();
        using var host = builder.Build();
        var client = host.Services.GetRequiredService<ITestService>();

        Assert.Equal("0", (await client.EchoUnaryAsync(new() { Message = "who" }, Token)).Message);
        builder.Configuration["Services:echo:thrift:0"] = servers.Addresses[1];
        ((IConfigurationRoot)host.Services.GetRequiredService<IConfiguration>()).Reload();

        using var limit = new CancellationTokenSource(Waits.Limit);
        while ((await client.EchoUnaryAsync(new() { Message = "who" }, limit.Token)).Message != "1")
        {
        }
    }

    [Fact]
    public async Task UseServiceDiscovery_AddressSelectsAResolver_TheAddressDecides()
    {
        await using var servers = await NamedServers.StartAsync(1);
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Clients:Echo:Address"] = $"grpc+dns://localhost:{servers.Addresses[0].Split(':')[1]}" });
        builder.Services.AddThriftClient<ITestService>().UseServiceDiscovery().BindConfiguration("Clients:Echo");
        using var host = builder.Build();

        Assert.Equal("0", (await host.Services.GetRequiredService<ITestService>().EchoUnaryAsync(new() { Message = "who" }, Token)).Message);
    }

    private sealed class KeyedUser([FromKeyedServices("first")] ITestService first, [FromKeyedServices("second")] ITestService second)
    {
        public ITestService First { get; } = first;

        public ITestService Second { get; } = second;
    }

    private sealed class SeenMethods
    {
        public List<string> Names { get; } = [];
    }

    private sealed class RecordingMiddleware(SeenMethods seen) : IThriftClientMiddleware
    {
        public ValueTask<ThriftCreatedStream> InvokeAsync(ThriftClientContext context, Func<ValueTask<ThriftCreatedStream>> next)
        {
            seen.Names.Add(context.Method.Name);
            return next();
        }
    }
}
