using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.Etcd;
using Rx.ThriftStreams.Resilience.Kitex;

namespace Rx.ThriftStreams.Tests.Etcd;

/// <summary>Kitex's configuration at keys of a real etcd.</summary>
public sealed class EtcdConfigurationTests
{
    private const string Key = "/KitexConfig/echo/limit";

    [Fact]
    public async Task Key_ChangesAndDisappears_PolicyFollows()
    {
        await using var etcd = await EtcdServer.StartAsync();
        var log = new LogCollector();
        var logger = log.CreateLogger("Rx.ThriftStreams");
        await etcd.PutAsync(Key, """{"connection_limit":64,"qps_limit":1500}""");
        var root = new ConfigurationBuilder().AddThriftEtcdKey(Key, "Kitex:limit", options => options.Endpoints.Add(etcd.Address), logger).Build();
        var policy = new KitexPolicy<KitexLimit>(root.GetSection("Kitex:limit"), KitexLimit.Decode, KitexLimit.None, logger);
        await Waits.Until(() => policy.Read() == new KitexLimit(64, 1500));

        await etcd.PutAsync(Key, """{"connection_limit":1,"qps_limit":2,"unknown":null}""");
        await Waits.Until(() => policy.Read() == new KitexLimit(1, 2));

        foreach (var invalid in (string[])["{", "[1]", """{"qps_limit":"x"}"""])
        {
            var before = log.Entries.Count;
            await etcd.PutAsync(Key, invalid);
            await Waits.Until(() =>
            {
                Assert.Equal(new KitexLimit(1, 2), policy.Read());
                return log.Entries.Count > before;
            });
        }

        Assert.Contains(log.Entries, static entry => entry is { Level: LogLevel.Warning, Id: 78 } && entry.Text.Contains(Key, StringComparison.Ordinal));
        await etcd.DeleteAsync(Key);
        await Waits.Until(() => policy.Read() == KitexLimit.None);
        ((IDisposable)root).Dispose();
    }
}
