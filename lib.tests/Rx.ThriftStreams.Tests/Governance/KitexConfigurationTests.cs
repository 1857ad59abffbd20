using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Resilience.Kitex;

namespace Rx.ThriftStreams.Tests.Governance;

/// <summary>Kitex's configuration, as its extensions for configuration stores define it.</summary>
public sealed class KitexConfigurationTests
{
    private readonly LogCollector _log = new();

    [Fact]
    public void Timeouts_Entries_AreReadWithoutMerging()
    {
        var section = Read("""{"*":{"rpc_timeout_ms":2500,"conn_timeout_ms":80},"Search":{"rpc_timeout_ms":400},"Off":{"rpc_timeout_ms":-1,"more":[1]}}""");
        using var table = Table(section, KitexTimeouts.Decode);

        Assert.Equal(new(TimeSpan.FromMilliseconds(400), null), table.Find("Search", hasWildcard: true));
        Assert.Equal(new(null, null), table.Find("Off", hasWildcard: true));
        Assert.Equal(new(TimeSpan.FromMilliseconds(2500), TimeSpan.FromMilliseconds(80)), table.Find("Other", hasWildcard: true));
        Assert.Null(table.Find("Other", hasWildcard: false));
    }

    [Fact]
    public void Breaker_AbsentMembers_AreFalseAndZero()
    {
        Assert.Equal(new(true, 0.25, 60), KitexBreaker.Decode(Read("""{"enable":true,"err_rate":0.25,"min_sample":60}""")));
        Assert.Equal(new(false, 0, 0), KitexBreaker.Decode(Read("""{"unknown":1}""")));
        Assert.Equal(new(true, 0.5, 200), KitexBreaker.Default);
    }

    [Fact]
    public void Limit_ZeroAndNegative_AreNoLimit()
    {
        Assert.Equal(new(64, 1500), KitexLimit.Decode(Read("""{"connection_limit":64,"qps_limit":1500}""")));
        Assert.Equal(KitexLimit.None, KitexLimit.Decode(Read("""{"connection_limit":0,"qps_limit":-5}""")));
        Assert.Equal(KitexLimit.None, KitexLimit.Decode(Read("{}")));
    }

    [Fact]
    public void Degradation_IsRead() => Assert.Equal(new(true, 20), KitexDegradation.Decode(Read("""{"enable":true,"percentage":20}""")));

    [Fact]
    public void Retry_Failure_IsRead()
    {
        var policy = Retry(Read("""
            {"enable":true,"type":0,"failure_policy":{
              "stop_policy":{"max_retry_times":2,"max_duration_ms":1500,"disable_chain_stop":true,"ddl_stop":false,"cb_policy":{"error_rate":0.15}},
              "backoff_policy":{"backoff_type":"fixed","cfg_items":{"fix_ms":20}},"retry_same_node":true,"extra":""}}
            """));

        Assert.True(policy is { IsEnabled: true, Type: KitexRetryType.Failure, MaxRetries: 2, RetriesInChain: true, ErrorRate: 0.15, UsesSameEndpoint: true });
        Assert.Equal(TimeSpan.FromMilliseconds(1500), policy.MaxDuration);
        Assert.Equal((TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(20)), (policy.MinBackoff, policy.MaxBackoff));
    }

    [Fact]
    public void Retry_BackupAndMixed_AreRead()
    {
        var backup = Retry(Read("""
            {"enable":true,"type":1,"backup_policy":{"retry_delay_ms":120,"stop_policy":{"max_retry_times":1,"max_duration_ms":9,"cb_policy":{"error_rate":0.9}}}}
            """));
        Assert.True(backup is { Type: KitexRetryType.Backup, MaxRetries: 1, MaxDuration: null, ErrorRate: KitexRetry.DefaultErrorRate });
        Assert.Equal(TimeSpan.FromMilliseconds(120), backup.Delay);

        // Kitex's own stores skip a mixed policy without a dummy failure policy beside it.
        var mixed = Retry(Read("""
            {"enable":true,"type":2,"mixed_policy":{"retry_delay_ms":80,"stop_policy":{"max_retry_times":3},"backoff_policy":{"backoff_type":"random","cfg_items":{"min_ms":5,"max_ms":9}}}}
            """));
        Assert.True(mixed is { Type: KitexRetryType.Mixed, MaxRetries: 3 });
        Assert.Equal((TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(9)), (mixed.MinBackoff, mixed.MaxBackoff));
    }

    [Theory]
    [InlineData("""{"enable":true,"type":3}""", "type")]
    [InlineData("""{"enable":true}""", "failure_policy")]
    [InlineData("""{"enable":true,"failure_policy":{"stop_policy":{"max_retry_times":6}}}""", "failure_policy:stop_policy:max_retry_times")]
    [InlineData("""{"enable":true,"type":1,"backup_policy":{"stop_policy":{"max_retry_times":1}}}""", "backup_policy:retry_delay_ms")]
    [InlineData("""{"enable":true,"type":1,"backup_policy":{"retry_delay_ms":5,"stop_policy":{"max_retry_times":3}}}""", "backup_policy:stop_policy:max_retry_times")]
    [InlineData("""{"enable":true,"type":2,"mixed_policy":{"retry_delay_ms":5,"stop_policy":{"max_retry_times":4}}}""", "mixed_policy:stop_policy:max_retry_times")]
    [InlineData("""{"enable":"perhaps"}""", "enable")]
    public void Retry_Invalid_NamesTheKey(string json, string key)
    {
        var error = Assert.Throws<FormatException>(() => Retry(Read(json)));

        Assert.StartsWith($"Policy:{key} is \"", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"enable":true,"failure_policy":{"backoff_policy":{"backoff_type":"fixed"}}}""", "failure_policy:backoff_policy:cfg_items:fix_ms")]
    [InlineData("""{"enable":true,"failure_policy":{"backoff_policy":{"backoff_type":"random","cfg_items":{"min_ms":5,"max_ms":5}}}}""", "failure_policy:backoff_policy:cfg_items:max_ms")]
    [InlineData("""{"enable":true,"failure_policy":{"backoff_policy":{"backoff_type":"","cfg_items":{}}}}""", "failure_policy:backoff_policy:backoff_type")]
    public void Retry_InvalidBackOff_IsReported_AndTheRestIsTaken(string json, string key)
    {
        var reported = new List<FormatException>();
        var before = Retry(Read("""{"enable":true,"failure_policy":{"stop_policy":{"max_retry_times":1},"backoff_policy":{"backoff_type":"fixed","cfg_items":{"fix_ms":20}}}}"""));

        var policy = KitexRetry.Decode(Read(json), before, reported.Add);

        Assert.StartsWith($"Policy:{key} is \"", Assert.Single(reported).Message, StringComparison.Ordinal);
        Assert.True(policy is { IsEnabled: true, MaxRetries: 0 });
        Assert.Equal((TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(20)), (policy.MinBackoff, policy.MaxBackoff));
    }

    [Fact]
    public void Retry_Disabled_IsOffWhateverElseItHolds()
        => Assert.Same(KitexRetry.Off, Retry(Read("""{"enable":false,"type":9}""")));

    [Theory]
    [InlineData("""{"err_rate":1.5}""")]
    [InlineData("""{"err_rate":"NaN"}""")]
    [InlineData("""{"min_sample":1.5}""")]
    public void Breaker_Invalid_IsRefused(string json) => Assert.Throws<FormatException>(() => KitexBreaker.Decode(Read(json)));

    [Fact]
    public void Table_Changes_KeepsInvalidEntriesAsTheyWereAndForgetsRemovedOnes()
    {
        var root = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["p:A:percentage"] = "10",
            ["p:B:percentage"] = "20",
            ["p:C:percentage"] = "30",
        }).Build();
        using var table = Table(root.GetSection("p"), KitexDegradation.Decode);

        root["p:A:percentage"] = "101";
        root["p:B:percentage"] = "21";
        root.Reload();

        Assert.Equal(10, table.Find("A", hasWildcard: true)?.Percentage);
        Assert.Equal(21, table.Find("B", hasWildcard: true)?.Percentage);
        Assert.Contains(_log.Entries, static entry => entry is { Level: LogLevel.Warning, Id: 55 } && entry.Text.Contains("p:A", StringComparison.Ordinal));
    }

    [Fact]
    public void Policy_InvalidThenGone_KeepsThenRestores()
    {
        var source = new ReplaceableSource("""{"Policy":{"qps_limit":5}}""");
        var root = new ConfigurationBuilder().Add(source).Build();
        var policy = new KitexPolicy<KitexLimit>(root.GetSection("Policy"), KitexLimit.Decode, KitexLimit.None, _log.CreateLogger("Rx.ThriftStreams"));
        Assert.Equal(5, policy.Read().CallsPerSecond);

        source.Replace("""{"Policy":{"qps_limit":"many"}}""");
        Assert.Equal(5, policy.Read().CallsPerSecond);
        Assert.Contains(_log.Entries, static entry => entry is { Level: LogLevel.Warning, Id: 55 });

        source.Replace("{}");
        Assert.Same(KitexLimit.None, policy.Read());
    }

    [Fact]
    public void ServerLimits_ConfigurationChanges_Follow()
    {
        var source = new ReplaceableSource("""{"Policy":{"connection_limit":64,"qps_limit":1500}}""");
        var root = new ConfigurationBuilder().Add(source).Build();
        using var services = new ServiceCollection()
            .AddLogging(logging => logging.AddProvider(_log))
            .Configure<ThriftTrafficLimits>(static limits => limits.CallsPerSecond = 7)
            .AddThriftKitexLimits(root.GetSection("Policy"))
            .BuildServiceProvider();
        var monitor = services.GetRequiredService<IOptionsMonitor<ThriftTrafficLimits>>();
        Assert.Equal((64, 1500), (monitor.CurrentValue.Connections, monitor.CurrentValue.CallsPerSecond));
        var changed = new List<int?>();
        using var listener = monitor.OnChange(limits => changed.Add(limits.CallsPerSecond));

        source.Replace("""{"Policy":{"qps_limit":9}}""");
        source.Replace("""{"Policy":{"qps_limit":"many"}}""");
        source.Replace("{}");

        Assert.Equal([9, 9, 7], changed);
        Assert.Null(monitor.CurrentValue.Connections);
        Assert.Contains(_log.Entries, static entry => entry is { Level: LogLevel.Warning, Id: 55 } && entry.Text.Contains("Policy", StringComparison.Ordinal));
    }

    [Fact]
    public void Table_EntryIsGone_HasNoPolicy()
    {
        var source = new ReplaceableSource("""{"Policy":{"A":{"percentage":1},"B":{"percentage":2}}}""");
        var root = new ConfigurationBuilder().Add(source).Build();
        using var table = Table(root.GetSection("Policy"), KitexDegradation.Decode);

        source.Replace("""{"Policy":{"B":{"percentage":2}}}""");

        Assert.Null(table.Find("A", hasWildcard: true));
        Assert.Equal(2, table.Find("B", hasWildcard: true)?.Percentage);
    }

    private static KitexRetry Retry(IConfiguration section) => KitexRetry.Decode(section, null, static error => Assert.Fail(error.Message));

    private static IConfigurationSection Read(string json)
        => new ConfigurationBuilder().AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes($$"""{"Policy":{{json}}}"""))).Build().GetSection("Policy");

    private KitexTable<TPolicy> Table<TPolicy>(IConfiguration section, Func<IConfiguration, TPolicy> decode)
        where TPolicy : class => new(section, decode, _log.CreateLogger("Rx.ThriftStreams"));
}
