using Demo.Echo;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.Etcd;
using Rx.ThriftStreams.Tests.Etcd;
using Rx.ThriftStreams.Tests.Governance;

namespace Rx.ThriftStreams.Tests.Clients;

/// <summary>Clients of a container obey Kitex's configuration, and its changes.</summary>
public sealed class KitexPolicyTests
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    private readonly LogCollector _log = new();
    private readonly FakeTimeProvider _clock = new();

    [Theory]
    [InlineData("rpc_timeout")]
    [InlineData("timeout")]
    public async Task Timeout_OfTheConfiguration_LimitsCalls_UnlessCodeSetsOne(string category)
    {
        await using var cluster = await Cluster.StartAsync(1, static (_, _) => null);
        var source = new ReplaceableSource("""{"Kitex":{"<category>":{"*":{"rpc_timeout_ms":2500},"EchoPingPong":{"rpc_timeout_ms":400}}}}""".Replace("<category>", category, StringComparison.Ordinal));
        await using var services = Services(cluster.Addresses[0], source);
        var client = services.GetRequiredService<ITestService>();

        Assert.Equal(TimeSpan.FromMilliseconds(2500), (await TimeOutAsync(cluster, () => client.EchoUnaryAsync(new(), Token))).Configured);
        Assert.Equal(TimeSpan.FromMilliseconds(400), (await TimeOutAsync(cluster, () => client.EchoPingPongAsync(new(), Token))).Configured);
        var own = new TestServiceClient(services.GetThriftChannel("TestService"), new() { Timeout = TimeSpan.FromSeconds(7) });
        Assert.Equal(TimeSpan.FromSeconds(7), (await TimeOutAsync(cluster, () => own.EchoUnaryAsync(new(), Token))).Configured);

        source.Replace("""{"Kitex":{"<category>":{"*":{"rpc_timeout_ms":600}}}}""".Replace("<category>", category, StringComparison.Ordinal));

        Assert.Equal(TimeSpan.FromMilliseconds(600), (await TimeOutAsync(cluster, () => client.EchoUnaryAsync(new(), Token))).Configured);
    }

    [Fact]
    public async Task Timeout_OfConnecting_IsObeyed_AndInvalidValuesAreLoggedAndIgnored()
    {
        var transport = new ConnectTransport { OnConnect = static token => Task.Delay(Timeout.Infinite, token) };
        var source = new ReplaceableSource("""{"Kitex":{"rpc_timeout":{"EchoServer":{"conn_timeout_ms":80}}}}""");
        using var policies = Policies(source);
        await using var channel = ThriftChannel.ForTransport(transport, "test", new ThriftChannelOptions { TimeProvider = _clock, Policies = policies });

        source.Replace("""{"Kitex":{"rpc_timeout":{"EchoServer":{"conn_timeout_ms":"soon"}}}}""");
        var call = new TestServiceClient(channel).EchoServerAsync(new(), Token).ToListAsync(Token);
        _clock.Advance(TimeSpan.FromMilliseconds(80));

        var error = await Assert.ThrowsAsync<ThriftTimeoutException>(() => call.Soon());
        Assert.Equal((ThriftTimeoutKind.Connect, TimeSpan.FromMilliseconds(80)), (error.Kind, error.Configured));
        Assert.Contains(_log.Entries, static entry => entry is { Level: LogLevel.Warning, Id: 55 } && entry.Text.Contains("Kitex:rpc_timeout:EchoServer", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Retry_OfTimeouts_GivesEachAttemptTheTimeout_AndFollowsChanges()
    {
        await using var cluster = await Cluster.StartAsync(2, static (_, attempt) => attempt is 2 or 4 ? "done" : null);
        const string timeouts = """ "rpc_timeout":{"*":{"rpc_timeout_ms":150}} """;
        var source = new ReplaceableSource("""{"Kitex":{<timeouts>,"retry":{"*":{"enable":true,"type":0,"failure_policy":{"stop_policy":{"max_retry_times":2}}}}}}""".Replace("<timeouts>", timeouts, StringComparison.Ordinal));
        await using var services = Services(string.Join(',', cluster.Addresses), source);
        var client = services.GetRequiredService<ITestService>();

        var call = client.EchoUnaryAsync(new(), Token);
        await TimeOutAttemptsAsync(cluster, 2);
        Assert.Equal("done", (await call.Soon()).Message);
        Assert.Equal([null, "1", "2"], cluster.Calls.Select(static call => call.Mark));
        Assert.Equal(TimeSpan.FromMilliseconds(300), _clock.GetUtcNow() - _clock.Start);

        // Another policy, one of the method that is off, and one that is invalid.
        source.Replace("""{"Kitex":{<timeouts>,"retry":{"EchoUnary":{"enable":false},"*":{"enable":true,"type":0,"failure_policy":{"stop_policy":{"max_retry_times":1}}}}}}""".Replace("<timeouts>", timeouts, StringComparison.Ordinal));
        await TimeOutAsync(cluster, () => client.EchoUnaryAsync(new(), Token));
        source.Replace("""{"Kitex":{<timeouts>,"retry":{"EchoUnary":{"enable":true,"type":7},"*":{"enable":false}}}}""".Replace("<timeouts>", timeouts, StringComparison.Ordinal));
        Assert.Equal("done", (await client.EchoUnaryAsync(new(), Token).Soon()).Message);
        await TimeOutAsync(cluster, () => client.EchoUnaryAsync(new(), Token));
        Assert.Equal(6, cluster.Calls.Count);
        Assert.Contains(_log.Entries, static entry => entry is { Level: LogLevel.Warning, Id: 55 } && entry.Text.Contains("Kitex:retry:EchoUnary", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Retry_MaxDuration_AndSameNode_AreObeyed()
    {
        await using var cluster = await Cluster.StartAsync(2, static (_, _) => null);
        var source = new ReplaceableSource("""
            {"Kitex":{"rpc_timeout":{"*":{"rpc_timeout_ms":150}},
              "retry":{"*":{"enable":true,"type":0,"failure_policy":{"retry_same_node":true,"stop_policy":{"max_retry_times":5,"max_duration_ms":200}}}}}}
            """);
        await using var services = Services(string.Join(',', cluster.Addresses), source);

        var call = services.GetRequiredService<ITestService>().EchoUnaryAsync(new(), Token);
        await TimeOutAttemptsAsync(cluster, 2);

        await Assert.ThrowsAsync<ThriftTimeoutException>(() => call.Soon());
        Assert.Equal(2, cluster.Calls.Count);
        Assert.Single(cluster.Calls.Select(static call => call.Server).Distinct());
    }

    [Fact]
    public async Task Retry_OfACallThatIsNotIdempotentByItsOptions_IsNotMade()
    {
        await using var cluster = await Cluster.StartAsync(1, static (_, _) => throw new ThriftStatusException(ThriftStatusCode.DeadlineExceeded, "slow"));
        var source = new ReplaceableSource("""{"Kitex":{"retry":{"*":{"enable":true,"type":0,"failure_policy":{"stop_policy":{"max_retry_times":1}}}}}}""");
        await using var services = Services(cluster.Addresses[0], source);
        var channel = services.GetThriftChannel("TestService");

        await Assert.ThrowsAnyAsync<ThriftException>(() => new TestServiceClient(channel, new() { IsIdempotent = false }).EchoUnaryAsync(new(), Token));
        Assert.Single(cluster.Calls);
        await Assert.ThrowsAnyAsync<ThriftException>(() => new TestServiceClient(channel).EchoUnaryAsync(new(), Token));
        Assert.Equal(3, cluster.Calls.Count);
    }

    [Fact]
    public async Task Retry_SetInCode_HasPrecedence()
    {
        await using var cluster = await Cluster.StartAsync(1, static (_, _) => throw new ThriftStatusException(ThriftStatusCode.DeadlineExceeded, "slow"));
        var source = new ReplaceableSource("""{"Kitex":{"retry":{"*":{"enable":true,"type":0,"failure_policy":{"stop_policy":{"max_retry_times":5}}}}}}""");
        await using var services = Services(cluster.Addresses[0], source, static options => options.Resilience.Retry = new() { MaxRetries = 1, Delay = TimeSpan.Zero });

        await Assert.ThrowsAnyAsync<ThriftException>(() => services.GetRequiredService<ITestService>().EchoUnaryAsync(new(), new ThriftCallOptions { IsIdempotent = true }, Token));

        Assert.Equal(2, cluster.Calls.Count);
    }

    [Theory]
    [InlineData(1, "backup_policy")]
    [InlineData(2, "mixed_policy")]
    public async Task Retry_BackupRequests_AreMadeAfterTheDelay(int type, string member)
    {
        await using var cluster = await Cluster.StartAsync(2, static (_, attempt) => attempt == 0 ? null : "done");
        var source = new ReplaceableSource("""{"Kitex":{"retry":{"EchoUnary":{"enable":true,"type":<type>,"<member>":{"retry_delay_ms":60,"stop_policy":{"max_retry_times":1}}}}}}""".Replace("<type>", type.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal).Replace("<member>", member, StringComparison.Ordinal));
        await using var services = Services(string.Join(',', cluster.Addresses), source);

        var call = services.GetRequiredService<ITestService>().EchoUnaryAsync(new(), Token);
        await Waits.Until(() => cluster.Calls.Count == 1);
        _clock.Advance(TimeSpan.FromMilliseconds(59));
        Assert.False(call.IsCompleted);
        Assert.Single(cluster.Calls);
        await AdvanceUntilAsync(TimeSpan.FromMilliseconds(1), () => cluster.Calls.Count == 2);

        Assert.Equal("done", (await call.Soon()).Message);
        await cluster.Abandoned.Soon();
    }

    [Theory]
    [InlineData("circuit_break")]
    [InlineData("circuitbreaker")]
    public async Task Breaker_OfTheConfiguration_CountsCalls_AndFollowsChanges(string category)
    {
        await using var cluster = await Cluster.StartAsync(1, static (_, _) => throw new ThriftStatusException(ThriftStatusCode.Unavailable, "no"));
        var source = new ReplaceableSource("""{"Kitex":{"<category>":{"EchoUnary":{"enable":true,"err_rate":0.5,"min_sample":3}}}}""".Replace("<category>", category, StringComparison.Ordinal));
        await using var services = Services(cluster.Addresses[0], source);
        var client = services.GetRequiredService<ITestService>();
        await FailAsync(client, 3);
        Assert.Equal(ThriftCircuitScope.Service, (await Assert.ThrowsAsync<ThriftCircuitOpenException>(() => client.EchoUnaryAsync(new(), Token))).Scope);

        source.Replace("""{"Kitex":{"<category>":{"EchoUnary":{"enable":false}}}}""".Replace("<category>", category, StringComparison.Ordinal));
        await FailAsync(client, 5);
        source.Replace("""{"Kitex":{"<category>":{"EchoUnary":{"enable":true,"err_rate":7}}}}""".Replace("<category>", category, StringComparison.Ordinal));
        await FailAsync(client, 1);

        Assert.Contains(_log.Entries, entry => entry is { Level: LogLevel.Warning, Id: 55 } && entry.Text.Contains($"Kitex:{category}:EchoUnary", StringComparison.Ordinal));
        source.Replace("""{"Kitex":{}}""");
        await FailAsync(client, 5);
    }

    [Fact]
    public async Task Degradation_RejectsCallsBeforeTheyAreMade_AndFollowsChanges()
    {
        await using var cluster = await Cluster.StartAsync(1, static (_, _) => "done");
        var source = new ReplaceableSource("""{"Kitex":{"degradation":{"enable":true,"percentage":100}}}""");
        await using var services = Services(cluster.Addresses[0], source);
        var client = services.GetRequiredService<ITestService>();

        var error = await Assert.ThrowsAsync<ThriftStatusException>(() => client.EchoUnaryAsync(new(), Token));
        Assert.Equal((ThriftStatusCode.PermissionDenied, "request forbidden: rejected by client degradation config"), (error.StatusCode, error.Message));
        Assert.Empty(cluster.Calls);
        source.Replace("""{"Kitex":{"degradation":{"enable":true,"percentage":101}}}""");
        await Assert.ThrowsAsync<ThriftStatusException>(() => client.EchoUnaryAsync(new(), Token));
        Assert.Contains(_log.Entries, static entry => entry is { Level: LogLevel.Warning, Id: 55 } && entry.Text.Contains("Kitex:degradation", StringComparison.Ordinal));

        source.Replace("{}");

        Assert.Equal("done", (await client.EchoUnaryAsync(new(), Token)).Message);
    }

    [Fact]
    public async Task File_ThatChanges_IsObeyed()
    {
        await using var cluster = await Cluster.StartAsync(1, static (_, _) => "done");
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var path = Path.Combine(folder.FullName, "kitex.json");
            await File.WriteAllTextAsync(path, """{"shop/echo":{"degradation":{"enable":true,"percentage":100}}}""", Token);
            var configuration = new ConfigurationBuilder().SetBasePath(folder.FullName).AddJsonFile("kitex.json", optional: false, reloadOnChange: true).Build();
            using var lifetime = (IDisposable)configuration;
            await using var services = Services(cluster.Addresses[0], configuration.GetSection("shop/echo"));
            var client = services.GetRequiredService<ITestService>();
            await Assert.ThrowsAsync<ThriftStatusException>(() => client.EchoUnaryAsync(new(), Token));

            await File.WriteAllTextAsync(path, """{"shop/echo":{"degradation":{"enable":false}}}""", Token);

            await UntilAnsweredAsync(client);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task EtcdKey_ThatChanges_IsObeyed()
    {
        const string key = "/KitexConfig/shop/echo/degradation";
        await using var etcd = await EtcdServer.StartAsync();
        await using var cluster = await Cluster.StartAsync(1, static (_, _) => "done");
        await etcd.PutAsync(key, """{"enable":true,"percentage":100}""");
        var configuration = new ConfigurationBuilder()
            .AddThriftEtcdKey(key, "Kitex:degradation", options => options.Endpoints.Add(etcd.Address), _log.CreateLogger("Rx.ThriftStreams"))
            .Build();
        using var lifetime = (IDisposable)configuration;
        await Waits.Until(() => configuration["Kitex:degradation:percentage"] == "100");
        await using var services = Services(cluster.Addresses[0], configuration.GetSection("Kitex"));
        var client = services.GetRequiredService<ITestService>();
        await Assert.ThrowsAsync<ThriftStatusException>(() => client.EchoUnaryAsync(new(), Token));

        await etcd.DeleteAsync(key);

        await UntilAnsweredAsync(client);
    }

    private static async Task UntilAnsweredAsync(ITestService client)
    {
        using var limit = new CancellationTokenSource(Waits.Limit);
        while (true)
        {
            try
            {
                Assert.Equal("done", (await client.EchoUnaryAsync(new(), limit.Token)).Message);
                return;
            }
            catch (ThriftStatusException)
            {
                await Task.Yield();
            }
        }
    }

    private static async Task FailAsync(ITestService client, int times)
    {
        for (var i = 0; i < times; i++)
        {
            await Assert.ThrowsAsync<ThriftStatusException>(() => client.EchoUnaryAsync(new(), Token));
        }
    }

    /// <summary>Lets time pass until a call that is not answered has timed out.</summary>
    private async Task<ThriftTimeoutException> TimeOutAsync(Cluster cluster, Func<Task> start)
    {
        var before = cluster.Calls.Count;
        var call = start();
        await Waits.Until(() => cluster.Calls.Count > before);
        await AdvanceUntilAsync(TimeSpan.FromMilliseconds(100), () => call.IsCompleted);
        return await Assert.ThrowsAsync<ThriftTimeoutException>(() => call);
    }

    private async Task TimeOutAttemptsAsync(Cluster cluster, int attempts)
    {
        for (var i = 1; i <= attempts; i++)
        {
            await Waits.Until(() => cluster.Calls.Count == i);
            _clock.Advance(TimeSpan.FromMilliseconds(150));
        }
    }

    private Task AdvanceUntilAsync(TimeSpan step, Func<bool> condition) => Waits.Until(() =>
    {
        _clock.Advance(step);
        return condition();
    });

    private Rx.ThriftStreams.Resilience.Kitex.KitexClientPolicies Policies(ReplaceableSource source)
        => new(new ConfigurationBuilder().Add(source).Build().GetSection("Kitex"), _log.CreateLogger("Rx.ThriftStreams"));

    private ServiceProvider Services(string endpoints, ReplaceableSource source, Action<ThriftChannelOptions>? configure = null)
        => Services(endpoints, new ConfigurationBuilder().Add(source).Build().GetSection("Kitex"), configure);

    private ServiceProvider Services(string endpoints, IConfiguration section, Action<ThriftChannelOptions>? configure = null)
    {
        var services = new ServiceCollection().AddLogging(logging => logging.AddProvider(_log)).AddSingleton<TimeProvider>(_clock);
        services.AddThriftClient<ITestService>(options =>
        {
            options.Address = $"grpc://{endpoints}";
            options.Channel.Resilience.ConnectTimeout = Timeout.InfiniteTimeSpan;
            configure?.Invoke(options.Channel);
        }).AddKitexPolicies(section);
        return services.BuildServiceProvider();
    }
}
