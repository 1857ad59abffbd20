using Microsoft.Extensions.Logging;

namespace Rx.ThriftStreams;

/// <summary>Finds the endpoints of a service: a stream of lists, each of which replaces the one before.</summary>
/// <remarks>
/// One resolver may serve many channels: it is thread-safe, and each enumeration is independent. See <c>ThriftResolvers</c> for those of the library.
/// <para>
/// The channel enumerates when its first call needs endpoints, and until it is disposed. A list that is equal to the one before changes nothing. An enumeration
/// that ends has nothing more to report: the last list stays. One that throws, or reports an empty list, has failed: the last list stays, a warning is logged,
/// and the channel enumerates again after <see cref="ThriftResolveContext.RefreshInterval"/>. Calls fail with a <see cref="ThriftDiscoveryException"/> only while there is no list at all.
/// </para>
/// </remarks>
public abstract class ThriftResolver
{
    /// <summary>Watches the endpoints of a target.</summary>
    /// <param name="context">What to resolve, and the settings of the channel.</param>
    /// <param name="cancellationToken">Cancelled when the channel is disposed.</param>
    public abstract IAsyncEnumerable<IReadOnlyList<ThriftEndpoint>> ResolveAsync(ThriftResolveContext context, CancellationToken cancellationToken);

    /// <summary>Checks a target when a channel is created for it. The default accepts any.</summary>
    /// <param name="target">What follows the scheme in the address.</param>
    /// <exception cref="ArgumentException">The resolver cannot resolve such a target.</exception>
    public virtual void Validate(string target)
    {
    }
}

/// <summary>What a resolver resolves, and the settings of its channel.</summary>
public sealed class ThriftResolveContext
{
    /// <summary>Creates a context.</summary>
    /// <param name="target">What follows the scheme in the channel's address.</param>
    /// <param name="refreshInterval">The pause between two queries.</param>
    /// <param name="timeProvider">The channel's clock; the system's if <see langword="null"/>.</param>
    /// <param name="logger">The channel's log; none if <see langword="null"/>.</param>
    public ThriftResolveContext(string target, TimeSpan refreshInterval, TimeProvider? timeProvider = null, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(target);
        Target = target;
        RefreshInterval = refreshInterval;
        TimeProvider = timeProvider ?? TimeProvider.System;
        Logger = logger ?? Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;
    }

    /// <summary>What to resolve: what follows the scheme in the channel's address, such as <c>echo.internal:8888</c>.</summary>
    public string Target { get; }

    /// <summary>The pause between two queries, for resolvers that poll: <see cref="ThriftDiscoveryOptions.RefreshInterval"/>.</summary>
    public TimeSpan RefreshInterval { get; }

    /// <summary>The channel's clock.</summary>
    public TimeProvider TimeProvider { get; }

    /// <summary>The channel's log.</summary>
    public ILogger Logger { get; }

    /// <summary>Looks up the addresses of a host name.</summary>
    internal Func<string, CancellationToken, Task<System.Net.IPAddress[]>> Lookup { get; init; } = System.Net.Dns.GetHostAddressesAsync;
}
