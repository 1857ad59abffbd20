using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Rx.ThriftStreams.Etcd.Registry;

namespace Rx.ThriftStreams.Etcd;

/// <summary>What a server registers in etcd: <see cref="ThriftEtcdServiceCollectionExtensions.AddThriftEtcdRegistration"/>.</summary>
public sealed class ThriftEtcdRegistrationOptions
{
    /// <summary>How to reach etcd.</summary>
    public ThriftEtcdOptions Etcd { get; } = new();

    /// <summary>The name that clients resolve. Required; without a slash.</summary>
    public string Service { get; set; } = "";

    /// <summary>
    /// Where clients reach the server: <c>host:port</c>. Required. A host that stands for all interfaces (empty, <c>*</c>, <c>0.0.0.0</c>, <c>[::]</c>) is replaced by
    /// the first IPv4 address of the machine that is not a loopback address. The environment variables <c>KITEX_IP_TO_REGISTRY</c> and <c>KITEX_PORT_TO_REGISTRY</c>
    /// replace host and port, as in Kitex.
    /// </summary>
    public string Address { get; set; } = "";

    /// <summary>The kind of network. Default <c>tcp</c>.</summary>
    public string Network { get; set; } = "tcp";

    /// <summary>The share of streams, relative to the weights of other instances. Default <see cref="ThriftEndpoint.DefaultWeight"/>; at least 0, where clients take 0 for 10.</summary>
    public int Weight { get; set; } = ThriftEndpoint.DefaultWeight;

    /// <summary>What clients can select by, such as a zone. Default: none.</summary>
    public IDictionary<string, string> Tags { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>
    /// How long the entry stays after the server vanished without deregistering. Whole seconds from 3 s to 1 day. Default 60 s, or the seconds in the environment
    /// variable <c>KITEX_ETCD_REGISTRY_LEASE_TTL</c>. The entry is renewed and checked after a third of it, and after a sixth if that failed.
    /// </summary>
    public TimeSpan LeaseTime { get; set; } = DefaultLeaseTime();

    internal void Validate()
    {
        RegistryKey.CheckService(Service, nameof(Service));
        ArgumentOutOfRangeException.ThrowIfNegative(Weight);
        if (LeaseTime < TimeSpan.FromSeconds(3) || LeaseTime > TimeSpan.FromDays(1))
        {
            throw new ArgumentOutOfRangeException(nameof(LeaseTime), LeaseTime, $"{nameof(LeaseTime)} must be between 3 s and 1 day. It cannot be unlimited: Timeout.InfiniteTimeSpan is not allowed here.");
        }
    }

    private static TimeSpan DefaultLeaseTime()
        => int.TryParse(Environment.GetEnvironmentVariable("KITEX_ETCD_REGISTRY_LEASE_TTL"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 3 and <= 86_400
            ? TimeSpan.FromSeconds(seconds)
            : TimeSpan.FromSeconds(60);
}
