using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.AspNetCore.Access;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Restricts Thrift services to protocols and ports. Callers over other protocols or on other ports receive the error for an unknown service.</summary>
public static class ThriftEndpointConventionBuilderExtensions
{
    /// <summary>Serves the endpoints over these protocols alone. Several restrictions apply together. They do not affect in-process calls.</summary>
    /// <typeparam name="TBuilder">The type of the builder.</typeparam>
    /// <param name="builder">What <c>MapThriftService</c> returned, or a group of endpoints.</param>
    /// <param name="protocols">The protocols; at least one.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The value names no protocol, or an unknown one.</exception>
    public static TBuilder RequireThriftProtocols<TBuilder>(this TBuilder builder, ThriftProtocols protocols)
        where TBuilder : IEndpointConventionBuilder
    {
        ProtocolChecks.ThrowIfNone(protocols);
        return builder.WithMetadata(new ProtocolsMetadata(protocols));
    }

    /// <summary>Serves the endpoints on these ports alone. Several restrictions apply together. They do not affect in-process calls.</summary>
    /// <typeparam name="TBuilder">The type of the builder.</typeparam>
    /// <param name="builder">What <c>MapThriftService</c> returned, or a group of endpoints.</param>
    /// <param name="ports">The ports on which the server listens, not those that callers address; at least one.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentException">There is no port.</exception>
    public static TBuilder RequireThriftPorts<TBuilder>(this TBuilder builder, params int[] ports)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(ports);
        if (ports.Length == 0)
        {
            throw new ArgumentException("No port was given. Name at least one: without a port the service cannot be called.", nameof(ports));
        }

        return builder.WithMetadata(new PortsMetadata([.. ports]));
    }
}
