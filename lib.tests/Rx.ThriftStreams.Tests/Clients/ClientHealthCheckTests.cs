using System.Collections.Concurrent;
using Demo.Echo;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.AspNetCore;

namespace Rx.ThriftStreams.Tests.Clients;

/// <summary>Health checks of clients, run by the service of the framework.</summary>
public sealed class ClientHealthCheckTests
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    private readonly FakeTimeProvider _clock = new();
    private readonly LogOfAll _log = new();

    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public async Task Check_FollowsTheServer_AlsoWithoutCalls(string scheme)
    {
        await using var servers = await NamedServers.StartAsync(1);
        await using var provider = Provider($"{scheme}://{servers.Addresses[0]}", static checks => checks.AddThriftClientCheck<ITestService>(tags: ["ready"]));

        var (name, entry) = await CheckAsync(provider);
        Assert.Equal(("TestService", HealthStatus.Healthy, $"{servers.Addresses[0]} can be connected to."), (name, entry.Status, entry.Description));
        Assert.Equal(["ready"], entry.Tags);
        Assert.Equal(
            [("address", $"{scheme}://{servers.Addresses[0]}"), ("client", "TestService"), ("endpoint", servers.Addresses[0]), ("endpoints", 1), ("usable", 1)],
            entry.Data.Select(static pair => (pair.Key, pair.Value)).OrderBy(static pair => pair.Key, StringComparer.Ordinal));

        await servers.KillAsync(0);
        Assert.Equal(HealthStatus.Unhealthy, (await CheckAsync(provider)).Entry.Status);

        await servers.RestartAsync(0);
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(provider)).Entry.Status);
    }

    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public async Task Check_ServerIsUnreachable_LogsTheReasonWithoutAStackTrace(string scheme)
    {
        await using var provider = Provider($"{scheme}://127.0.0.1:1", static checks => checks.AddThriftClientCheck<ITestService>("echo", HealthStatus.Degraded));

        var (name, entry) = await CheckAsync(provider);

        Assert.Equal(("echo", HealthStatus.Degraded), (name, entry.Status));
        Assert.StartsWith("Cannot connect to 127.0.0.1:1: ", entry.Description, StringComparison.Ordinal);
        Assert.Null(entry.Exception);
        Assert.Contains(_log.Entries, entry => entry.Text.Contains("Cannot connect to 127.0.0.1:1", StringComparison.Ordinal));
        Assert.All(_log.Entries, static entry => Assert.Null(entry.Error));
    }

    [Fact]
    public async Task Check_SeveralEndpoints_OneIsEnough()
    {
        await using var servers = await NamedServers.StartAsync(1);
        await using var some = Provider($"ttheader://127.0.0.1:1,127.0.0.1:2,{servers.Addresses[0]}", static checks => checks.AddThriftClientCheck<ITestService>());
        await using var none = Provider("ttheader://127.0.0.1:1,127.0.0.1:2", static checks => checks.AddThriftClientCheck<ITestService>());

        var (_, entry) = await CheckAsync(some);
        Assert.Equal((HealthStatus.Healthy, servers.Addresses[0], 3), (entry.Status, entry.Data["endpoint"], entry.Data["endpoints"]));

        (_, entry) = await CheckAsync(none);
        Assert.Equal((HealthStatus.Unhealthy, 2), (entry.Status, entry.Data["endpoints"]));
        Assert.StartsWith("None of the 2 endpoints of ttheader://127.0.0.1:1,127.0.0.1:2 can be connected to. The first: Cannot connect to 127.0.0.1:", entry.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_ServerIsAsked_ItHasNothingToWarnOf()
    {
        var log = new LogCollector();
        var serverClock = new FakeTimeProvider();
        await using var server = await ThriftServer.StartAsync(
            "127.0.0.1:0",
            setup => setup.AddService<ITestService>(new EchoService()).Configure(options => options.TimeProvider = serverClock).Logging(logging => logging.AddProvider(log)),
            Token);
        using var connections = new Measurements("kestrel.active_connections", meter: "Microsoft.AspNetCore.Server.Kestrel");
        foreach (var scheme in new[] { "grpc", "ttheader" })
        {
            await using var provider = Provider($"{scheme}://{server.Address}", static checks => checks.AddThriftClientCheck<ITestService>());
            for (var i = 0; i < 3; i++)
            {
                Assert.Equal(HealthStatus.Healthy, (await CheckAsync(provider)).Entry.Status);
            }
        }

        // The server has seen that they are closed. One that was kept without a call would be closed now, with a warning.
        await Waits.Until(() => connections.All.Where(m => Equals(m["server.port"], server.Endpoint.Port)).ToList() is { Count: >= 12 } changes && changes.Sum(static m => m.Value) == 0);
        serverClock.Advance(TimeSpan.FromMinutes(10));
        await server.StopAsync(Token).Soon();
        Assert.DoesNotContain(log.Entries, static entry => entry.Level >= LogLevel.Warning);
    }

    [Fact]
    public async Task Check_TakesTooLong_HasFailed()
    {
        var resolver = new ScriptedResolver();
        await using var provider = Provider("ttheader://any", static checks => checks.AddThriftClientCheck<ITestService>(timeout: TimeSpan.FromSeconds(5)), options =>
        {
            options.Channel.Resolver = resolver;
            options.Channel.Resilience.ConnectTimeout = TimeSpan.FromMinutes(1);
        });
        var check = CheckAsync(provider);
        await Waits.Until(() => resolver.Enumerations == 1);

        _clock.Advance(TimeSpan.FromSeconds(5));

        var (_, entry) = await check.Soon();
        Assert.Equal((HealthStatus.Unhealthy, "No server of ttheader://any could be reached within 00:00:05."), (entry.Status, entry.Description));
        Assert.All(_log.Entries, static entry => Assert.Null(entry.Error));
    }

    [Fact]
    public async Task Check_WithoutATimeout_EndsWithTheConnectTimeout()
    {
        var resolver = new ScriptedResolver();
        await using var provider = Provider("ttheader://any", static checks => checks.AddThriftClientCheck<ITestService>(), options =>
        {
            options.Channel.Resolver = resolver;
            options.Channel.Resilience.ConnectTimeout = TimeSpan.FromSeconds(7);
        });
        var check = CheckAsync(provider);
        await Waits.Until(() => resolver.Enumerations == 1);

        _clock.Advance(TimeSpan.FromSeconds(7));

        var (_, entry) = await check.Soon();
        Assert.Equal((HealthStatus.Unhealthy, null), (entry.Status, entry.Exception));
        Assert.Contains("ttheader://any", entry.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_IsCancelled_Throws()
    {
        var resolver = new ScriptedResolver();
        await using var provider = Provider("ttheader://any", static checks => checks.AddThriftClientCheck<ITestService>(timeout: TimeSpan.FromMinutes(1)), options => options.Channel.Resolver = resolver);
        using var cancellation = new CancellationTokenSource();
        var check = provider.GetRequiredService<HealthCheckService>().CheckHealthAsync(cancellation.Token);
        await Waits.Until(() => resolver.Enumerations == 1);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => check.Soon());
    }

    [Fact]
    public async Task Check_ResolverFails_SaysWhy()
    {
        var resolver = new ScriptedResolver();
        resolver.Fail(new IOException("The registry\nis away."));
        await using var provider = Provider("ttheader://any", static checks => checks.AddThriftClientCheck<ITestService>(), options => options.Channel.Resolver = resolver);

        var (_, entry) = await CheckAsync(provider);

        Assert.Equal((HealthStatus.Unhealthy, @"There is no endpoint for any: The registry\u000Ais away."), (entry.Status, entry.Description));
    }

    [Fact]
    public async Task Check_CircuitBreakerRefusesCalls_IsDegradedUntilAProbeMayBeMade()
    {
        await using var servers = await NamedServers.StartAsync(1);
        await using var provider = Provider($"ttheader://{servers.Addresses[0]}", static checks => checks.AddThriftClientCheck<ITestService>(), static options =>
        {
            options.Channel.Resilience.ConnectTimeout = TimeSpan.FromSeconds(30);
            options.Channel.Resilience.CircuitBreaker = new() { MinimumThroughput = 2, BreakDuration = TimeSpan.FromSeconds(10) };
        });
        var client = provider.GetRequiredService<ITestService>();
        await servers.KillAsync(0);
        for (var i = 0; i < 2; i++)
        {
            await Assert.ThrowsAnyAsync<ThriftException>(() => client.EchoUnaryAsync(new(), Token).Soon());
        }

        await servers.RestartAsync(0);

        var (_, entry) = await CheckAsync(provider);
        Assert.Equal((HealthStatus.Degraded, 0), (entry.Status, entry.Data["usable"]));
        Assert.EndsWith("circuit breakers are open: calls of echo.TestService/EchoUnary are refused.", entry.Description, StringComparison.Ordinal);

        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Contains("can be connected to, but no call has been answered since one failed: ", (await CheckAsync(provider)).Entry.Description, StringComparison.Ordinal);
        await client.EchoUnaryAsync(new(), Token).Soon();
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(provider)).Entry.Status);
    }

    /// <summary>A server of another protocol accepts connections, too.</summary>
    [Fact]
    public async Task Check_CallsFindNoServerAtAnEndpointThatAccepts_IsDegradedForAMinute()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var closing = Task.Run(
            async () =>
            {
                while (true)
                {
                    using var accepted = await listener.AcceptSocketAsync(Token);
                    await accepted.ReceiveAsync(new byte[1024], Token);
                }
            },
            Token);
        await using var provider = Provider($"ttheader://{listener.LocalEndpoint}", static checks => checks.AddThriftClientCheck<ITestService>(), static options =>
            options.Channel.Resilience.ConnectTimeout = TimeSpan.FromSeconds(30));
        await Assert.ThrowsAnyAsync<ThriftException>(() => provider.GetRequiredService<ITestService>().EchoUnaryAsync(new(), Token).Soon());

        var (_, entry) = await CheckAsync(provider);
        Assert.Equal(HealthStatus.Degraded, entry.Status);
        Assert.StartsWith($"{listener.LocalEndpoint} can be connected to, but no call has been answered since one failed: ", entry.Description, StringComparison.Ordinal);

        _clock.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(provider)).Entry.Status);
    }

    [Fact]
    public async Task Check_EndpointReportsThatItDoesNotServe_HasFailed()
    {
        await using var server = await ThriftServer.StartAsync(
            "127.0.0.1:0",
            static setup => setup.AddService<ITestService>(new EchoService()).AddHealth().Services(static services => services.AddHealthChecks().AddCheck("own", static () => HealthCheckResult.Unhealthy())),
            Token);
        await using var provider = Provider($"ttheader://{server.Address}", static checks => checks.AddThriftClientCheck<ITestService>(), static options =>
        {
            options.Channel.Resilience.ConnectTimeout = TimeSpan.FromSeconds(30);
            options.Channel.Discovery.HealthService = string.Empty;
        });
        _ = provider.GetThriftChannel("TestService");
        await Waits.Until(() => _log.Entries.Any(static entry => entry.Id == 34));

        var (_, entry) = await CheckAsync(provider);

        Assert.Equal((HealthStatus.Unhealthy, $"No endpoint of ttheader://{server.Address} reports that it serves: there are 1."), (entry.Status, entry.Description));
    }

    [Fact]
    public async Task Check_ChannelIsClosed_SaysSo()
    {
        await using var provider = Provider("ttheader://127.0.0.1:1", static checks => checks.AddThriftClientCheck<ITestService>());
        await provider.GetThriftChannel("TestService").DisposeAsync();

        Assert.Equal("The channel has been closed.", (await CheckAsync(provider)).Entry.Description);
    }

    [Fact]
    public async Task Check_OfAnUnknownClient_StopsTheHost()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddThriftClient<ITestService>("primary", static options => options.Address = "ttheader://127.0.0.1:1");
        builder.Services.AddHealthChecks().AddThriftClientCheck("primry", "replica");
        using var host = builder.Build();

        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(Token));

        Assert.Equal("The health check \"replica\" is of the Thrift client \"primry\", which was not added. Add it by AddThriftClient, or use one of: primary.", error.Message);
    }

    [Fact]
    public async Task Checks_OfAllClients_IncludeThoseAddedLaterAndLeaveOutThoseWithTheirOwn()
    {
        var services = new ServiceCollection().AddLogging();
        services.AddThriftClient<ITestService>("first", static options => options.Address = "ttheader://127.0.0.1:1");
        services.AddHealthChecks().AddThriftClientChecks(HealthStatus.Degraded, ["ready"], TimeSpan.FromSeconds(5)).AddThriftClientCheck("second", "own");
        services.AddThriftClient<ITestService>("second", static options => options.Address = "ttheader://127.0.0.1:1");
        services.AddThriftClient<ITestService>("third", static options => options.Address = "ttheader://127.0.0.1:1");
        services.AddThriftClient<ITestService>("third");
        await using var provider = services.BuildServiceProvider();

        var report = await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync(Token);

        Assert.Equal(
            [("first", "first", HealthStatus.Degraded), ("own", "second", HealthStatus.Unhealthy), ("third", "third", HealthStatus.Degraded)],
            report.Entries.Select(static entry => (entry.Key, (string)entry.Value.Data["client"], entry.Value.Status)).OrderBy(static entry => entry.Key, StringComparer.Ordinal));
        Assert.Equal(["ready"], report.Entries["third"].Tags);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    public void Check_TimeoutThatIsNotPositive_IsRefused(int seconds)
    {
        var checks = new ServiceCollection().AddHealthChecks();

        Assert.Throws<ArgumentOutOfRangeException>(() => checks.AddThriftClientCheck("any", timeout: TimeSpan.FromSeconds(seconds)));
        Assert.Throws<ArgumentOutOfRangeException>(() => checks.AddThriftClientChecks(timeout: TimeSpan.FromSeconds(seconds)));
    }

    private ServiceProvider Provider(string address, Action<IHealthChecksBuilder> add, Action<ThriftClientOptions>? configure = null)
    {
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.AddProvider(_log)).AddSingleton<TimeProvider>(_clock);
        services.AddThriftClient<ITestService>(options =>
        {
            options.Address = address;
            configure?.Invoke(options);
        });
        add(services.AddHealthChecks());
        return services.BuildServiceProvider();
    }

    private static async Task<(string Name, HealthReportEntry Entry)> CheckAsync(ServiceProvider provider)
        => (await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync(Token).Soon()).Entries.Select(static entry => (entry.Key, entry.Value)).Single();

    /// <summary>Keeps the entries of all categories.</summary>
    private sealed class LogOfAll : ILoggerProvider, ILogger
    {
        internal ConcurrentQueue<(int Id, string Text, Exception? Error)> Entries { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            => Entries.Enqueue((eventId.Id, formatter(state, exception), exception));

        public void Dispose()
        {
        }
    }
}
