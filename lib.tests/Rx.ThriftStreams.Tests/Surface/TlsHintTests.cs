using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Demo.Echo;
using Rx.ThriftStreams.AspNetCore;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Surface;

/// <summary>TLS where there is none, none where there is TLS, and no client certificate where one is required: the error names the likely fix.</summary>
public sealed class TlsHintTests : IDisposable
{
    private static readonly SslClientAuthenticationOptions TrustsAll = new() { RemoteCertificateValidationCallback = (_, _, _, _) => true };

    private readonly X509Certificate2 _certificate = TestCertificate.Create("localhost");

    public void Dispose() => _certificate.Dispose();

    [Fact]
    public async Task Plaintext_ToATlsPort_SaysSo()
    {
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", setup => setup.AddService<ITestService>(new EchoService()).UseTls(_certificate));

        Assert.Contains("grpcs://", await FailAsync($"grpc://{server.Endpoint}"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("grpcs", "grpc://")]
    [InlineData("ttheaders", "ttheader://")]
    public async Task Tls_ToAPlaintextPort_SaysSo(string scheme, string fix)
    {
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", setup => setup.AddService<ITestService>(new EchoService()));

        Assert.Contains(fix, await FailAsync($"{scheme}://{server.Endpoint}"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12, "grpcs")]
    [InlineData(SslProtocols.Tls13, "grpcs")]
    [InlineData(SslProtocols.Tls12, "ttheaders")]
    [InlineData(SslProtocols.Tls13, "ttheaders")]
    public async Task ClientCertificate_RequiredAndMissing_SaysSo(SslProtocols version, string scheme)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = ServeAsync(listener, version);

        Assert.Contains("ClientCertificates", await FailAsync($"{scheme}://{listener.LocalEndpoint}"), StringComparison.Ordinal);

        listener.Stop();
        await serving.Soon();
    }

    private static async Task<string> FailAsync(string address)
    {
        await using var channel = PatientChannel.ForAddress(address, new() { TlsOptions = address.Contains("s://", StringComparison.Ordinal) ? TrustsAll : null });
        var error = await Assert.ThrowsAnyAsync<ThriftException>(() => new TestServiceClient(channel).EchoUnaryAsync(Ask("x"), TestContext.Current.CancellationToken).Soon());
        Assert.Equal(ThriftStatusCode.Unavailable, error.StatusCode);
        return error.Message;
    }

    private async Task ServeAsync(TcpListener listener, SslProtocols version)
    {
        while (true)
        {
            try
            {
                using var client = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
                await using var stream = new SslStream(client.GetStream());
                await stream.AuthenticateAsServerAsync(
                    new SslServerAuthenticationOptions
                    {
                        ServerCertificate = _certificate,
                        ClientCertificateRequired = true,
                        EnabledSslProtocols = version,
                        RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null,
                        ApplicationProtocols = [SslApplicationProtocol.Http2],
                    },
                    TestContext.Current.CancellationToken);
            }
            catch (Exception error) when (error is AuthenticationException or IOException)
            {
                // The client has no certificate.
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                // The listener was stopped while this waited, or between two waits.
                return;
            }
        }
    }
}
