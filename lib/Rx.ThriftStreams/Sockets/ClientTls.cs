using System.Net.Security;

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

        // The user's object is shared by all endpoints of the channel and stays as it is.
        var own = options.TlsOptions ?? new SslClientAuthenticationOptions();
        return new SslClientAuthenticationOptions
        {
            TargetHost = string.IsNullOrEmpty(own.TargetHost) ? endpoint[..endpoint.LastIndexOf(':')].Trim('[', ']') : own.TargetHost,
            AllowRenegotiation = own.AllowRenegotiation,
            AllowTlsResume = own.AllowTlsResume,
            ApplicationProtocols = protocol is { } only ? [only] : own.ApplicationProtocols,
            CertificateChainPolicy = own.CertificateChainPolicy,
            CertificateRevocationCheckMode = own.CertificateRevocationCheckMode,
            CipherSuitesPolicy = own.CipherSuitesPolicy,
            ClientCertificateContext = own.ClientCertificateContext,
            ClientCertificates = own.ClientCertificates,
            EnabledSslProtocols = own.EnabledSslProtocols,
            EncryptionPolicy = own.EncryptionPolicy,
            LocalCertificateSelectionCallback = own.LocalCertificateSelectionCallback,
            RemoteCertificateValidationCallback = own.RemoteCertificateValidationCallback,
        };
    }
}
