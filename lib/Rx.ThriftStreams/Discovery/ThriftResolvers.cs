using Rx.ThriftStreams.Discovery;

namespace Rx.ThriftStreams;

/// <summary>The resolvers of the library, for <see cref="ThriftChannelOptions.Resolver"/> and <see cref="ThriftDiscoveryOptions.Schemes"/>.</summary>
public static class ThriftResolvers
{
    /// <summary>The addresses of a host name, from the system's resolver: what addresses such as <c>grpc+dns://name:port</c> use.</summary>
    public static ThriftResolver Dns { get; } = new DnsResolver();

    /// <summary>A fixed list, whatever the target.</summary>
    /// <param name="endpoints">The endpoints. Copied.</param>
    public static ThriftResolver Static(params IEnumerable<ThriftEndpoint> endpoints) => new StaticResolver([.. endpoints]);

    /// <summary>A resolver that asks a function, again and again with a pause of <see cref="ThriftDiscoveryOptions.RefreshInterval"/>.</summary>
    /// <param name="query">Returns the current list. An exception, or an empty list, leaves the last one in place.</param>
    public static ThriftResolver Poll(Func<ThriftResolveContext, CancellationToken, ValueTask<IReadOnlyList<ThriftEndpoint>>> query)
    {
        ArgumentNullException.ThrowIfNull(query);
        return new PollingResolver(query);
    }
}
