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
/// <param name="Endpoint"><c>host:port</c>.</param>
/// <param name="UseTls">Whether to use TLS.</param>
/// <param name="Options">The channel's settings.</param>
internal readonly record struct ClientTransportTarget(string Endpoint, bool UseTls, ThriftChannelOptions Options);
