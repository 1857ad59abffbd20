using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Demo.Echo;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Rx.ThriftStreams.Tests.TTHeader.Streaming;

public sealed class TlsTests : IDisposable
{
    private readonly X509Certificate2 _server = TestCertificate.Create("localhost");
    private readonly X509Certificate2 _client = TestCertificate.Create("client");

    public void Dispose()
    {
        _server.Dispose();
        _client.Dispose();
    }

    [Fact]
    public async Task Echo_OverTlsWithClientCertificate_BothSidesSeeEachOther()
    {
        string? seen = null;
        await using var host = await StartAsync(certificate => seen = certificate?.Subject);
        await using var channel = PatientChannel.ForAddress(
            $"ttheaders://{host.Endpoint}",
            new()
            {
                Resilience = { ConnectTimeout = TimeSpan.FromSeconds(30) },
                TlsOptions = new SslClientAuthenticationOptions
                {
                    ClientCertificates = [_client],
                    RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate!.GetCertHashString() == _server.GetCertHashString(),
                },
            });

        var answers = await new TestServiceClient(channel).EchoAsync(AsyncEnumerable.Range(0, 100).Select(i => new Request { Message = $"x{i}" }))
            .CountAsync(TestContext.Current.CancellationToken);

        Assert.Equal(100, answers);
        Assert.Equal("CN=client", seen);
    }

    [Fact]
    public async Task Echo_CertificateNotTrusted_IsConnectError()
    {
        await using var host = await StartAsync(_ => { });
        await using var channel = PatientChannel.ForAddress($"ttheaders://{host.Endpoint}", new() { Resilience = { ConnectTimeout = TimeSpan.FromSeconds(30) } });

        var error = await Assert.ThrowsAsync<ThriftConnectException>(async () => await new TestServiceClient(channel)
            .EchoServerAsync(new()).CountAsync(TestContext.Current.CancellationToken));
        Assert.IsType<System.Security.Authentication.AuthenticationException>(error.InnerException);
    }

    private Task<StreamingHost> StartAsync(Action<X509Certificate2?> onClient) => new StreamingHost(listen: options => options.UseHttps(new HttpsConnectionAdapterOptions
    {
        ServerCertificate = _server,
        ClientCertificateMode = ClientCertificateMode.AllowCertificate,
        ClientCertificateValidation = (certificate, _, _) =>
        {
            onClient(certificate);
            return true;
        },
    })).StartAsync();
}
