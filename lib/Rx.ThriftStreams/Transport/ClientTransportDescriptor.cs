using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.Transport;

/// <summary>A client transport as the channel sees it: one row of the table of transports.</summary>
/// <param name="Kind">The transport, as options name it.</param>
/// <param name="Name">Its name in contexts, events and telemetry.</param>
/// <param name="Capabilities">What it can carry.</param>
/// <param name="Create">Creates the transport to one endpoint, without connecting yet.</param>
internal sealed record ClientTransportDescriptor(
    ThriftTransport Kind,
    string Name,
    TransportCapabilities Capabilities,
    Func<ClientTransportTarget, ClientTransport> Create)
{
    internal bool Has(TransportCapabilities capability) => (Capabilities & capability) == capability;
}

/// <summary>Where a transport connects to, and how.</summary>
/// <param name="Endpoint"><c>host:port</c>, or <c>unix:/path</c>.</param>
/// <param name="HostName">The server's name if it is not the host in the endpoint.</param>
/// <param name="UseTls">Whether to use TLS.</param>
/// <param name="Options">The channel's settings.</param>
internal readonly record struct ClientTransportTarget(string Endpoint, string? HostName, bool UseTls, ThriftChannelOptions Options)
{
    /// <summary>The server's host name, without a port.</summary>
    internal string Host => HostName ?? EndpointAddress.HostOf(Endpoint);

    /// <summary>The server as a URI names it: its host and port; without a port on a Unix domain socket.</summary>
    internal string Authority => EndpointAddress.IsUnix(Endpoint) ? Host
        : HostName is null ? Endpoint
        : EndpointAddress.Join(HostName, EndpointAddress.PortOf(Endpoint));
}
