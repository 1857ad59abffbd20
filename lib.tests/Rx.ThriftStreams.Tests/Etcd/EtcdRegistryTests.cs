using Demo.Echo;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.Etcd;

namespace Rx.ThriftStreams.Tests.Etcd;

/// <summary>Servers that register in a real etcd, and clients that find them there.</summary>
public sealed class EtcdRegistryTests : IAsyncDisposable
{
    private readonly LogCollector _log = new();
    private EtcdServer _etcd = null!;
    private NamedServers _servers = null!;

    public async ValueTask DisposeAsync()
    {
        if (_servers is not null)
        {
            await _servers.DisposeAsync();
        }

        if (_etcd is not null)
        {
            await _etcd.DisposeAsync();
        }
    }

    [Fact]
    public async Task Registration_IsWrittenAsKitexWritesIt_AndRemovedOnStop()
    {
        await StartAsync(0);
        const string Plain = "kitex/registry-etcd/echo/10.0.0.5:8888";
        const string Tagged = "kitex/registry-etcd/echo/10.0.0.6:8888";
        using var plain = await RegisterAsync("10.0.0.5:8888", static options => options.Weight = 0);
        using var tagged = await RegisterAsync("10.0.0.6:8888", static options =>
        {
            options.Tags["zone"] = "a";
            options.Tags["a<b>&c"] = "é\u2028\"\\\n\u0001";
        });

        Assert.Equal("""{"network":"tcp","address":"10.0.0.5:8888","weight":0,"tags":null}""", (await _etcd.WaitForAsync(Plain)).Value.ToStringUtf8());
        Assert.Equal(
            """{"network":"tcp","address":"10.0.0.6:8888","weight":10,"tags":{"a\u003cb\u003e\u0026c":"é\u2028\"\\\n\u0001","zone":"a"}}""",
            (await _etcd.WaitForAsync(Tagged)).Value.ToStringUtf8());

        await plain.StopAsync(TestContext.Current.CancellationToken).Soon();
        Assert.Null(await _etcd.ReadAsync(Plain));
        Assert.NotNull(await _etcd.ReadAsync(Tagged));
    }

    [Fact]
    public async Task Registration_LeaseIsLost_IsWrittenAgain()
    {
        await StartAsync(0);
        using var host = await RegisterAsync("10.0.0.5:8888", static options => options.LeaseTime = TimeSpan.FromSeconds(3));
        var first = await _etcd.WaitForAsync("kitex/registry-etcd/echo/10.0.0.5:8888");
        Assert.NotEqual(0, first.Lease);

        await _etcd.RevokeAsync(first.Lease);

        var second = await _etcd.WaitForAsync("kitex/registry-etcd/echo/10.0.0.5:8888", first.ModRevision);
        Assert.NotEqual(first.Lease, second.Lease);
        Assert.Equal(first.Value, second.Value);
        await host.StopAsync(TestContext.Current.CancellationToken).Soon();
    }

    [Fact]
    public async Task Registration_KeyIsDeleted_IsWrittenAgainUnderTheSameLease()
    {
        await StartAsync(0);
        using var host = await RegisterAsync("10.0.0.5:8888", static options => options.LeaseTime = TimeSpan.FromSeconds(3));
        var first = await _etcd.WaitForAsync("kitex/registry-etcd/echo/10.0.0.5:8888");

        await _etcd.DeleteAsync("kitex/registry-etcd/echo/10.0.0.5:8888");

        var second = await _etcd.WaitForAsync("kitex/registry-etcd/echo/10.0.0.5:8888", first.ModRevision);
        Assert.Equal(first.Lease, second.Lease);
        await host.StopAsync(TestContext.Current.CancellationToken).Soon();
    }

    [Fact]
    public async Task Stop_AnotherProcessOwnsTheKey_LeavesItsEntry()
    {
        await StartAsync(0);
        using var host = await RegisterAsync("10.0.0.5:8888");
        await _etcd.WaitForAsync("kitex/registry-etcd/echo/10.0.0.5:8888");
        await _etcd.PutAsync("kitex/registry-etcd/echo/10.0.0.5:8888", "{}");

        await host.StopAsync(TestContext.Current.CancellationToken).Soon();

        Assert.Equal("{}", (await _etcd.ReadAsync("kitex/registry-etcd/echo/10.0.0.5:8888"))?.Value.ToStringUtf8());
    }

    [Fact]
    public async Task Registration_EtcdStartsLater_Succeeds()
    {
        await StartAsync(0);
        await _etcd.KillAsync();
        using var host = await RegisterAsync("10.0.0.5:8888", static options => options.LeaseTime = TimeSpan.FromSeconds(3));
        await Waits.Until(() => _log.Entries.Any(static entry => entry.Id == 71 && entry.Level == LogLevel.Warning));

        await _etcd.RestartAsync();

        await _etcd.WaitForAsync("kitex/registry-etcd/echo/10.0.0.5:8888");
        await host.StopAsync(TestContext.Current.CancellationToken).Soon();
    }

    [Theory]
    [InlineData("", "10.0.0.5:8888")]
    [InlineData("a/b", "10.0.0.5:8888")]
    [InlineData("echo", "")]
    [InlineData("echo", "10.0.0.5")]
    public async Task Registration_Invalid_FailsTheStart(string service, string address)
        => await Assert.ThrowsAnyAsync<ArgumentException>(() => RegisterAsync(address, options => options.Service = service, "127.0.0.1:1"));

    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public async Task Channel_ServersComeAndGo_NewCallsFollow(string scheme)
    {
        await StartAsync(2);
        using var first = await RegisterAsync(_servers.Addresses[0]);
        await _etcd.WaitForAsync(Key(0));
        await using var channel = Open($"{scheme}+etcd://127.0.0.1:1,{_etcd.Address}/echo");
        var client = new TestServiceClient(channel);
        Assert.Equal("0", await AskAsync(client));

        using var second = await RegisterAsync(_servers.Addresses[1]);
        await UntilAnswersAsync(client, "1");

        await first.StopAsync(TestContext.Current.CancellationToken).Soon();
        await UntilOnlyAsync(client, "1");

        // The last list stays.
        await second.StopAsync(TestContext.Current.CancellationToken).Soon();
        await Waits.Until(() => _log.Entries.Any(static entry => entry.Text.Contains("The last instance of echo left", StringComparison.Ordinal)));
        Assert.Equal("1", await AskAsync(client));
    }

    [Fact]
    public async Task Channel_EtcdRestarts_KeepsTheListAndFollowsAgain()
    {
        await StartAsync(2);
        await _etcd.PutAsync(Key(0), "{}");
        await using var channel = Open("ttheader+etcd://echo");
        var client = new TestServiceClient(channel);
        Assert.Equal("0", await AskAsync(client));

        await _etcd.KillAsync();
        await Waits.Until(() => _log.Entries.Any(static entry => entry.Id == 30));
        Assert.Equal("0", await AskAsync(client));

        await _etcd.RestartAsync();
        await _etcd.PutAsync(Key(1), $$"""{"address":"{{_servers.Addresses[1]}}","weight":1,"unknown":[{}]}""");
        await UntilAnswersAsync(client, "1");
    }

    [Fact]
    public async Task Channel_EntryCannotBeRead_IsLeftOutWithAWarning()
    {
        await StartAsync(1);
        await _etcd.PutAsync("kitex/registry-etcd/echo/bad", "{");
        await _etcd.PutAsync("kitex/registry-etcd/echo2/127.0.0.1:1", "{}");
        await _etcd.PutAsync(Key(0), """{"network":"tcp","weight":-1,"tags":null}""");
        await using var channel = Open("ttheader+etcd://echo");
        var client = new TestServiceClient(channel);

        await UntilOnlyAsync(client, "0");

        Assert.Contains(_log.Entries, static entry => entry.Text.Contains("kitex/registry-etcd/echo/bad", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Channel_NoInstance_CallsFailAndSayWhy()
    {
        await StartAsync(0);
        await using var channel = Open("ttheader+etcd://echo");

        var error = await Assert.ThrowsAsync<ThriftDiscoveryException>(() => AskAsync(new TestServiceClient(channel)));

        Assert.Contains("no instance remains for echo", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Password_IsRequired_ServerRegistersAndClientFollows()
    {
        await StartAsync(2);
        await _etcd.RequirePasswordAsync("secret");
        using var first = await RegisterAsync(_servers.Addresses[0], static options => SetUser(options.Etcd));
        await Waits.Until(() => Registered(0));
        await using (var stranger = Open("ttheader+etcd://echo"))
        {
            await Assert.ThrowsAsync<ThriftDiscoveryException>(() => AskAsync(new TestServiceClient(stranger)));
        }

        await using var channel = Open("ttheader+etcd://echo", SetUser);
        var client = new TestServiceClient(channel);
        Assert.Equal("0", await AskAsync(client));

        using var second = await RegisterAsync(_servers.Addresses[1], static options => SetUser(options.Etcd));
        await UntilAnswersAsync(client, "1");
        await first.StopAsync(TestContext.Current.CancellationToken).Soon();
        await UntilOnlyAsync(client, "1");
        await second.StopAsync(TestContext.Current.CancellationToken).Soon();

        static void SetUser(ThriftEtcdOptions options) => (options.UserName, options.Password) = ("root", "secret");
        bool Registered(int index) => _log.Entries.Any(entry => entry.Id == 70 && entry.Text.Contains(_servers.Addresses[index], StringComparison.Ordinal));
    }

    private string Key(int index) => $"kitex/registry-etcd/echo/{_servers.Addresses[index]}";

    private async Task StartAsync(int servers)
    {
        _etcd = await EtcdServer.StartAsync();
        _servers = await NamedServers.StartAsync(servers);
    }

    private async Task<IHost> RegisterAsync(string address, Action<ThriftEtcdRegistrationOptions>? configure = null, string? etcd = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Logging.AddProvider(_log);
        builder.Services.AddThriftEtcdRegistration((_, options) =>
        {
            options.Etcd.Endpoints.Add(etcd ?? _etcd.Address);
            options.Service = "echo";
            options.Address = address;
            configure?.Invoke(options);
        });
        var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken).Soon();
        return host;
    }

    private ThriftChannel Open(string address, Action<ThriftEtcdOptions>? configure = null)
    {
        var options = new ThriftChannelOptions { LoggerFactory = new LoggerFactory([_log]) };
        options.Discovery.RefreshInterval = TimeSpan.FromMilliseconds(50);
        options.Discovery.UseEtcd(etcd =>
        {
            etcd.Endpoints.Add(_etcd.Address);
            configure?.Invoke(etcd);
        });
        return PatientChannel.ForAddress(address, options);
    }

    private static async Task<string?> AskAsync(TestServiceClient client)
        => (await client.EchoUnaryAsync(new(), TestContext.Current.CancellationToken).Soon()).Message;

    private static async Task UntilAnswersAsync(TestServiceClient client, string name)
    {
        using var limit = new CancellationTokenSource(Waits.Limit);
        while (await AskAsync(client) != name)
        {
            limit.Token.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Waits until ten calls in a row have the same answer.</summary>
    private static async Task UntilOnlyAsync(TestServiceClient client, string name)
    {
        using var limit = new CancellationTokenSource(Waits.Limit);
        for (var equal = 0; equal < 10;)
        {
            limit.Token.ThrowIfCancellationRequested();
            equal = await AskAsync(client) == name ? equal + 1 : 0;
        }
    }
}
