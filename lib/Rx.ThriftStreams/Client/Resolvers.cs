using Rx.ThriftStreams.Discovery;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.Client;

/// <summary>The table of the resolvers that an address selects by its scheme. A new one is a file in <c>Discovery</c> and a row here; users add theirs to the options.</summary>
internal static class Resolvers
{
    /// <summary>Each with a function that returns the resolver of a target. It throws an <see cref="ArgumentException"/> for a target that makes no sense.</summary>
    private static readonly (string Scheme, Func<string, ThriftResolver> For)[] Rows =
    [
        ("dns", static target => Checked(ThriftResolvers.Dns, target)),
        ("unix", static path => new StaticResolver([new ThriftEndpoint(EndpointAddress.ForPath(path))])),
    ];

    /// <summary>The resolver of an address without one: a list of endpoints.</summary>
    internal static ThriftResolver Fixed(string target)
    {
        var endpoints = target.TrimEnd('/').Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return endpoints.Length == 0
            ? throw new ArgumentException("The address does not name an endpoint. Write host:port after its scheme.", nameof(target))
            : new StaticResolver([.. endpoints.Select(static endpoint => new ThriftEndpoint(endpoint)).DistinctBy(static endpoint => endpoint.Address)]);
    }

    /// <summary>The resolver of that scheme: the user's, or one of the table.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    internal static Func<string, ThriftResolver> Find(string scheme, ThriftChannelOptions options, string address)
    {
        if (options.Discovery.Schemes.TryGetValue(scheme, out var own))
        {
            return target => Checked(own, target);
        }

        foreach (var row in Rows)
        {
            if (string.Equals(row.Scheme, scheme, StringComparison.OrdinalIgnoreCase))
            {
                return row.For;
            }
        }

        throw new ArgumentException(
            $"The address \"{address}\" selects the resolver \"{scheme}\", which does not exist. Use one of "
            + $"{string.Join(", ", Rows.Select(static row => row.Scheme).Concat(options.Discovery.Schemes.Keys))}, or add it to {nameof(options.Discovery)}.{nameof(options.Discovery.Schemes)}.",
            nameof(address));
    }

    private static ThriftResolver Checked(ThriftResolver resolver, string target)
    {
        resolver.Validate(target);
        return resolver;
    }
}
