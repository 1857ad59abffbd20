using System.Net.Security;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.Sockets;

/// <summary>Settles the TLS settings of connections to one endpoint.</summary>
internal static class ClientTls
{
    /// <summary>The settings to authenticate with: the user's, with the endpoint's host as the name to expect unless they name another.</summary>
    /// <param name="endpoint">Where to, as <c>host:port</c>.</param>
    /// <param name="useTls">Whether over TLS at all.</param>
    /// <param name="options">The channel's settings.</param>
    /// <param name="protocol">What is spoken over the connection, if that has to be agreed on.</param>
    /// <returns><see langword="null"/> without TLS.</returns>
    internal static SslClientAuthenticationOptions? For(string endpoint, bool useTls, ThriftChannelOptions options, SslApplicationProtocol? protocol = null)
    {
        if (!useTls)
        {
            return null;
        }

        // Each endpoint has settings of its own, for the name to expect.
        var tls = options.TlsOptions?.Snapshot() ?? new SslClientAuthenticationOptions();
        if (string.IsNullOrEmpty(tls.TargetHost))
        {
            tls.TargetHost = endpoint[..endpoint.LastIndexOf(':')].Trim('[', ']');
        }

        if (protocol is { } only)
        {
            tls.ApplicationProtocols = [only];
        }

        return tls;
    }
}
