using System.Net.Security;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.Sockets;

/// <summary>Determines the TLS settings of connections to one endpoint.</summary>
internal static class ClientTls
{
    /// <summary>The settings to authenticate with: the user's, with the endpoint's host as the target host unless they set one.</summary>
    /// <param name="endpoint">The endpoint, as <c>host:port</c>.</param>
    /// <param name="useTls">Whether to use TLS at all.</param>
    /// <param name="options">The channel's settings.</param>
    /// <param name="protocol">The application protocol to negotiate, if any.</param>
    /// <returns><see langword="null"/> without TLS.</returns>
    internal static SslClientAuthenticationOptions? For(string endpoint, bool useTls, ThriftChannelOptions options, SslApplicationProtocol? protocol = null)
    {
        if (!useTls)
        {
            return null;
        }

        // Each endpoint has its own settings because the target host differs.
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
