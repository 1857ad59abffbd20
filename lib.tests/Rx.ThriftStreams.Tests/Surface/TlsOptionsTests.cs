using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Demo.Echo;

namespace Rx.ThriftStreams.Tests.Surface;

/// <summary>One set of TLS settings serves every transport.</summary>
public sealed class TlsOptionsTests : IDisposable
{
    private readonly X509Certificate2 _certificate = TestCertificate.Create("echo.internal");

    public void Dispose() => _certificate.Dispose();

    [Theory]
    [InlineData("grpcs")]
    [InlineData("ttheaders")]
    public async Task TlsOptions_NameAndTrustOfTheUser_Count(string scheme)
    {
        // Trusts this one certificate, and lets the name be checked as usual.
        var tls = new SslClientAuthenticationOptions
        {
            TargetHost = "echo.internal",
            CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { _certificate }, RevocationMode = X509RevocationMode.NoCheck },
        };
        await using var loop = await StartAsync(scheme, tls);

        Assert.Equal("hi", (await loop.Client.EchoPingPongAsync(new() { Message = "hi" }, TestContext.Current.CancellationToken)).Message);
        Assert.Equal(3, await loop.Client.EchoAsync(Enumerable.Range(0, 3).Select(i => new Request { Message = $"{i}" }).ToAsyncEnumerable())
            .CountAsync(TestContext.Current.CancellationToken));

        tls.TargetHost = "another.internal";
        await using var wrong = PatientChannel.ForAddress($"{scheme}://{loop.Server.Endpoint}", new() { TlsOptions = tls });
        var error = await Assert.ThrowsAsync<ThriftConnectException>(() => new TestServiceClient(wrong).EchoPingPongAsync(new(), TestContext.Current.CancellationToken));
        Assert.Contains(nameof(SslPolicyErrors.RemoteCertificateNameMismatch), Causes(error), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("grpcs", false)]
    [InlineData("grpcs", true)]
    [InlineData("ttheaders", false)]
    public async Task Certificate_NotTrusted_IsConnectError(string scheme, bool hasOptions)
    {
        await using var loop = await StartAsync(scheme, hasOptions ? new() : null);

        var error = await Assert.ThrowsAsync<ThriftConnectException>(() => loop.Client.EchoPingPongAsync(new(), TestContext.Current.CancellationToken));

        Assert.Contains(nameof(AuthenticationException), Causes(error), StringComparison.Ordinal);
    }

    private Task<Loopback> StartAsync(string scheme, SslClientAuthenticationOptions? tls) => Loopback.StartAsync(
        new()
        {
            EchoUnary = static (request, _) => Task.FromResult(new Response { Message = request.Message }),
            Echo = static (requests, _) => requests.Select(static request => new Response { Message = request.Message }),
        },
        channel: options => options.TlsOptions = tls,
        builder: builder => builder.UseTls(_certificate),
        scheme: scheme);

    private static string Causes(Exception error) => error.InnerException?.ToString() ?? string.Empty;
}
