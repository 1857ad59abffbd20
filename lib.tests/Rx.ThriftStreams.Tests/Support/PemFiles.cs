using System.Security.Cryptography.X509Certificates;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>A folder with a certificate and its key, as Kubernetes mounts a secret: links to files in a folder that a link names, which is exchanged.</summary>
internal sealed class PemFiles : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pem");
    private int _version;

    public string CertificatePath => Path.Combine(_folder.FullName, "tls.crt");

    public string KeyPath => Path.Combine(_folder.FullName, "tls.key");

    /// <summary>Replaces both files.</summary>
    public PemFiles Mount(X509Certificate2 certificate)
    {
        var version = Directory.CreateDirectory(Path.Combine(_folder.FullName, $"..{++_version}"));
        using var key = certificate.GetECDsaPrivateKey()!;
        File.WriteAllText(Path.Combine(version.FullName, "tls.crt"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(version.FullName, "tls.key"), key.ExportPkcs8PrivateKeyPem());

        var data = Path.Combine(_folder.FullName, "..data");
        if (_version > 1)
        {
            Directory.Delete(data);
        }

        Directory.CreateSymbolicLink(data, version.Name);
        if (_version == 1)
        {
            File.CreateSymbolicLink(CertificatePath, "..data/tls.crt");
            File.CreateSymbolicLink(KeyPath, "..data/tls.key");
        }

        return this;
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
