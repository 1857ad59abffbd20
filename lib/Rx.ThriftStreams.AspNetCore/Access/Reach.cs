using Microsoft.AspNetCore.Http;

namespace Rx.ThriftStreams.AspNetCore.Access;

/// <summary>Metadata of an endpoint: the protocols over which it is served.</summary>
internal sealed record ProtocolsMetadata(ThriftProtocols Protocols);

/// <summary>Metadata of an endpoint: the ports on which it is served.</summary>
internal sealed record PortsMetadata(int[] Ports);

/// <summary>The protocols and ports on which a method is served.</summary>
internal sealed class Reach
{
    private static readonly Reach Everywhere = new(ThriftProtocols.All, null);

    private readonly ThriftProtocols _protocols;
    private readonly int[]? _ports;

    private Reach(ThriftProtocols protocols, int[]? ports)
    {
        _protocols = protocols;
        _ports = ports;
    }

    /// <summary>Reads the metadata of an endpoint. Several restrictions apply together.</summary>
    internal static Reach Of(EndpointMetadataCollection metadata)
    {
        var protocols = ThriftProtocols.All;
        foreach (var restriction in metadata.GetOrderedMetadata<ProtocolsMetadata>())
        {
            protocols &= restriction.Protocols;
        }

        int[]? ports = null;
        foreach (var restriction in metadata.GetOrderedMetadata<PortsMetadata>())
        {
            ports = ports is null ? restriction.Ports : [.. ports.Intersect(restriction.Ports)];
        }

        return protocols == ThriftProtocols.All && ports is null ? Everywhere : new(protocols, ports);
    }

    /// <summary>Whether any of these protocols reaches the method on that port; port 0 stands for any.</summary>
    internal bool Includes(ThriftProtocols protocols, int port)
        => (_protocols & protocols) != 0 && (_ports is null || port == 0 || _ports.Contains(port));
}
