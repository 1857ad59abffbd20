using System.Net.Security;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Sockets;

/// <summary>Determines the TLS settings of connections to one endpoint.</summary>
internal static class ClientTls
{
    /// <summary>The settings to authenticate with: the user's, with the endpoint's host as the target host unless they set one.</summary>
    /// <param name="target">The endpoint.</param>
    /// <param name="protocol">The application protocol to negotiate, if any.</param>
    /// <returns><see langword="null"/> without TLS.</returns>
    internal static SslClientAuthenticationOptions? For(ClientTransportTarget target, SslApplicationProtocol? protocol = null)
    {
        if (!target.UseTls)
        {
            return null;
        }

        // Each endpoint has its own settings because the target host differs.
        var tls = target.Options.TlsOptions?.Snapshot() ?? new SslClientAuthenticationOptions();
        if (string.IsNullOrEmpty(tls.TargetHost))
        {
            tls.TargetHost = target.Host;
        }

        if (protocol is { } only)
        {
            tls.ApplicationProtocols = [only];
        }

        return tls;
    }
}
