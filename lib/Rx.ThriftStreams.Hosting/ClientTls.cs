using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.Hosting;

/// <summary>TLS of a client as a section of the configuration: the name of the server, the authorities that are trusted, and the client's own certificate, as PEM files.</summary>
internal static class ClientTls
{
    private const string RootsKey = "RootsPath";
    private const string CertificateKey = "CertificatePath";
    private const string KeyKey = "KeyPath";

    internal static void Read(OptionSection section, ThriftChannelOptions channel)
    {
        var tls = channel.TlsOptions ??= new SslClientAuthenticationOptions();
        string? roots = null, certificate = null, key = null;
        section
            .ReadText(nameof(tls.TargetHost), value => tls.TargetHost = value)
            .ReadText(RootsKey, value => roots = value)
            .ReadText(CertificateKey, value => certificate = value)
            .ReadText(KeyKey, value => key = value);

        if (roots is not null)
        {
            tls.CertificateChainPolicy = Load(section, RootsKey, () => TrustOnly(roots));
        }

        if (certificate is not null || key is not null)
        {
            var files = Load(section, CertificateKey, () => new CertificateFiles(
                certificate ?? throw section.Missing(CertificateKey),
                key ?? throw section.Missing(KeyKey),
                channel.TimeProvider,
                channel.LoggerFactory.CreateLogger<ThriftChannel>()));
            tls.LocalCertificateSelectionCallback = (_, _, _, _, _) => files.Current.TargetCertificate;
        }
    }

    private static X509ChainPolicy TrustOnly(string path)
    {
        // As without a policy, revocation is not checked: a private authority seldom has a list of it.
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(path);
        return policy.CustomTrustStore.Count > 0 ? policy : throw new CryptographicException($"{path} has no certificate.");
    }

    private static T Load<T>(OptionSection section, string key, Func<T> load)
    {
        try
        {
            return load();
        }
        catch (Exception error) when (CertificateFiles.IsUnusable(error))
        {
            throw section.Unusable(key, error.Message);
        }
    }
}
