using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams;

/// <summary>How a channel follows the endpoints of its service: <see cref="ThriftChannelOptions.Discovery"/>.</summary>
public sealed class ThriftDiscoveryOptions
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    internal ThriftDiscoveryOptions()
    {
    }

    /// <summary>
    /// Resolvers by the scheme that selects them: with the key <c>etcd</c>, addresses such as <c>grpc+etcd://echo</c>. Keys ignore case. Default: none; <c>dns</c> and
    /// <c>unix</c> are built in, and <c>dns</c> can be replaced.
    /// </summary>
    public IDictionary<string, ThriftResolver> Schemes { get; private set; } = new Dictionary<string, ThriftResolver>(StringComparer.OrdinalIgnoreCase);

    /// <summary>The pause between two queries of a resolver that polls, and before a resolver that failed is asked again. Default 5 s, as in Kitex; 1 ms to 1 day.</summary>
    public TimeSpan RefreshInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long streams to an endpoint that is no longer listed may run. Its connections are closed when the last of them ends, or after this time. Default 1 h;
    /// <see cref="Timeout.InfiniteTimeSpan"/> for no limit.
    /// </summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromHours(1);

    /// <summary>
    /// Watches the health of each endpoint that is listed, by <c>grpc.health.v1.Health/Watch</c> for the service of this name; an empty name asks for the server as a
    /// whole. New streams go to endpoints that do not report NOT_SERVING, as long as there is one. Default <see langword="null"/>: health is not watched.
    /// </summary>
    /// <remarks>
    /// Works with every transport of the channel as long as the endpoint speaks gRPC too, and takes a stream on a gRPC connection to each endpoint. An endpoint that
    /// has not answered yet, or has no such service, counts as serving; what it reported last counts while it cannot be reached. Watching is attempted again after 1 s,
    /// doubled each time up to 2 min.
    /// </remarks>
    public string? HealthService { get; set; }

    internal ThriftDiscoveryOptions Snapshot()
    {
        var copy = (ThriftDiscoveryOptions)MemberwiseClone();
        copy.Schemes = new Dictionary<string, ThriftResolver>(Schemes, StringComparer.OrdinalIgnoreCase);
        return copy;
    }

    internal void Validate(string owner)
    {
        OptionChecks.Between(Shortest, Longest, RefreshInterval, $"{owner}.{nameof(RefreshInterval)}");
        OptionChecks.TimeLimit(DrainTimeout, $"{owner}.{nameof(DrainTimeout)}");
        foreach (var (scheme, resolver) in Schemes)
        {
            OptionChecks.NotNull(resolver, $"{owner}.{nameof(Schemes)}[\"{scheme}\"]");
        }
    }
}
