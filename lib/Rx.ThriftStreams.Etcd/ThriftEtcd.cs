using Rx.ThriftStreams.Etcd.Registry;

namespace Rx.ThriftStreams.Etcd;

/// <summary>Finds servers in the registry of CloudWeGo Kitex in etcd.</summary>
public static class ThriftEtcd
{
    /// <summary>Adds the scheme <c>etcd</c>, for addresses such as <c>ttheader+etcd://etcd-1:2379,etcd-2:2379/echo</c>, or <c>grpc+etcd://echo</c> with the endpoints in the options.</summary>
    /// <param name="discovery">The discovery options of a channel.</param>
    /// <param name="configure">Sets how to reach etcd; <see langword="null"/> for the defaults.</param>
    /// <exception cref="ArgumentException">An option is invalid.</exception>
    public static void UseEtcd(this ThriftDiscoveryOptions discovery, Action<ThriftEtcdOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(discovery);
        var options = new ThriftEtcdOptions();
        configure?.Invoke(options);
        discovery.Schemes["etcd"] = Resolver(options);
    }

    /// <summary>A resolver of services that Kitex's registry in etcd lists. It watches: changes arrive at once. The last list stays while the registry is empty or out of reach.</summary>
    /// <param name="options">How to reach etcd. Copied.</param>
    /// <returns>A resolver whose target is <c>service</c>, or <c>host:port,host:port/service</c>.</returns>
    /// <exception cref="ArgumentException">An option is invalid.</exception>
    public static ThriftResolver Resolver(ThriftEtcdOptions? options = null) => new EtcdResolver((options ?? new()).Snapshot());
}
