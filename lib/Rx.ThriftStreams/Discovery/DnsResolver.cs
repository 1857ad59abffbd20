using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.Discovery;

/// <summary>Each address of a host name is an endpoint with the name's port.</summary>
internal sealed class DnsResolver : ThriftResolver
{
    private readonly PollingResolver _polling = new(QueryAsync);

    public override IAsyncEnumerable<IReadOnlyList<ThriftEndpoint>> ResolveAsync(ThriftResolveContext context, CancellationToken cancellationToken)
        => _polling.ResolveAsync(context, cancellationToken);

    public override void Validate(string target)
    {
        EndpointAddress.Check(target, nameof(target));
        if (EndpointAddress.IsUnix(target))
        {
            throw new ArgumentException($"\"{target}\" is not a host name with a port.", nameof(target));
        }
    }

    private static async ValueTask<IReadOnlyList<ThriftEndpoint>> QueryAsync(ThriftResolveContext context, CancellationToken cancellationToken)
    {
        var (host, port) = (EndpointAddress.HostOf(context.Target), EndpointAddress.PortOf(context.Target));
        var addresses = await context.Lookup(host, cancellationToken).ConfigureAwait(false);

        // The order of the answer changes from query to query.
        return [.. addresses
            .Select(address => new ThriftEndpoint(EndpointAddress.Join(address.ToString(), port)) { HostName = host })
            .DistinctBy(static endpoint => endpoint.Address)
            .OrderBy(static endpoint => endpoint.Address, StringComparer.Ordinal)];
    }
}
