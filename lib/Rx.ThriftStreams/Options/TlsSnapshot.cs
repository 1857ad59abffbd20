using System.Net.Security;

namespace Rx.ThriftStreams.Options;

/// <summary>Copies TLS settings, for which .NET has no method.</summary>
internal static class TlsSnapshot
{
    /// <summary>A copy of all settings, and of their collections.</summary>
    internal static SslClientAuthenticationOptions Snapshot(this SslClientAuthenticationOptions options)
    {
        var copy = new SslClientAuthenticationOptions
        {
            TargetHost = options.TargetHost,
            AllowRenegotiation = options.AllowRenegotiation,
            AllowTlsResume = options.AllowTlsResume,
            ApplicationProtocols = options.ApplicationProtocols is { } protocols ? [.. protocols] : null,
            CertificateChainPolicy = options.CertificateChainPolicy?.Clone(),
            CertificateRevocationCheckMode = options.CertificateRevocationCheckMode,
            CipherSuitesPolicy = options.CipherSuitesPolicy,
            ClientCertificateContext = options.ClientCertificateContext,
            ClientCertificates = options.ClientCertificates is { } certificates ? [.. certificates] : null,
            EnabledSslProtocols = options.EnabledSslProtocols,
            EncryptionPolicy = options.EncryptionPolicy,
            LocalCertificateSelectionCallback = options.LocalCertificateSelectionCallback,
            RemoteCertificateValidationCallback = options.RemoteCertificateValidationCallback,
        };
        if (OperatingSystem.IsLinux() || OperatingSystem.IsWindows())
        {
            copy.AllowRsaPkcs1Padding = options.AllowRsaPkcs1Padding;
            copy.AllowRsaPssPadding = options.AllowRsaPssPadding;
        }

        return copy;
    }
}
