using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Rx.ThriftStreams.Tests.Samples;

/// <summary>The code of docs/ttheader-streaming.md, compiled and run.</summary>
public sealed class TTHeaderSamples
{
    [Fact]
    public async Task Tls()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=orders", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var expectedHash = certificate.GetCertHashString(HashAlgorithmName.SHA256);

        // <sample ttheader-tls>
        await using var channel = ThriftChannel.ForAddress("ttheaders://orders:8888", new ThriftChannelOptions
        {
            TlsOptions = new SslClientAuthenticationOptions
            {
                ClientCertificates = [certificate],
                RemoteCertificateValidationCallback = (_, remote, _, _) => remote?.GetCertHashString(HashAlgorithmName.SHA256) == expectedHash,
            },
        });
        // </sample ttheader-tls>

        Assert.Equal("ttheaders://orders:8888", channel.Address);
    }
}
