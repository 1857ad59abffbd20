using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Demo.Echo;
using Rx.ThriftStreams.AspNetCore;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Surface;

/// <summary>Certificates of servers that a client refuses: over every transport the error says why, and which option to change.</summary>
public sealed class ServerCertificateTests : IDisposable
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    private readonly List<X509Certificate2> _certificates = [];

    public static TheoryData<string, ThriftTransport?> Transports => new()
    {
        { "grpcs", null },
        { "ttheaders", null },
        { "ttheaders", ThriftTransport.TTHeader },
        { "ttheaders", ThriftTransport.Framed },
        { "ttheaders", ThriftTransport.Buffered },
        { "ttheaders", ThriftTransport.Http },
    };

    public void Dispose() => _certificates.ForEach(static certificate => certificate.Dispose());

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Name_ThatTheCertificateDoesNotHave_PointsToTargetHost(string scheme, ThriftTransport? transport)
    {
        var certificate = Own(TestCertificate.Create("echo.internal"));

        var message = await FailAsync(certificate, scheme, transport, Trusting(certificate, "other.internal"));

        Assert.EndsWith(
            ": the certificate of the server was refused (RemoteCertificateNameMismatch): it is for echo.internal, 127.0.0.1, not for other.internal: set TlsOptions.TargetHost to a name that it has.", message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Authority_ThatIsNotTrusted_PointsToRootsPath(string scheme, ThriftTransport? transport)
    {
        var selfSigned = await FailAsync(Own(TestCertificate.Create("echo.internal")), scheme, transport, new() { TargetHost = "echo.internal" });
        var signed = await FailAsync(Own(TestCertificate.CreateSigned("echo.internal")), scheme, transport, new() { TargetHost = "echo.internal" });

        Assert.All([selfSigned, signed], static message =>
        {
            Assert.Contains("no authority that this client trusts has signed it", message, StringComparison.Ordinal);
            Assert.Contains("TlsOptions:RootsPath", message, StringComparison.Ordinal);
            Assert.DoesNotContain("TargetHost", message, StringComparison.Ordinal);
            Assert.DoesNotContain("chain has", message, StringComparison.Ordinal);
        });
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Time_ThatIsOverOrToCome_IsNamed(string scheme, ThriftTransport? transport)
    {
        var expired = Own(TestCertificate.Create("echo.internal", new(2020, 1, 1, 0, 0, 0, default), new(2021, 2, 3, 4, 5, 6, default)));
        var early = Own(TestCertificate.Create("echo.internal", new(2120, 1, 1, 0, 0, 0, default), new(2121, 2, 3, 4, 5, 6, default)));

        Assert.EndsWith(
            "refused (RemoteCertificateChainErrors): CN=echo.internal has expired on 2021-02-03 04:05:06 UTC: renew it.", await FailAsync(expired, scheme, transport, Trusting(expired, "echo.internal")), StringComparison.Ordinal);
        Assert.EndsWith(
            "refused (RemoteCertificateChainErrors): CN=echo.internal is valid from 2120-01-01 00:00:00 UTC to 2121-02-03 04:05:06 UTC only: compare the clocks of both sides.",
            await FailAsync(early, scheme, transport, Trusting(early, "echo.internal")),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Faults_OfWhichThereAreTwo_AreBothNamed()
    {
        var message = await FailAsync(Own(TestCertificate.Create("echo.internal")), "grpcs", null, new() { TargetHost = "other.internal" });

        Assert.Contains("TlsOptions.TargetHost to a name that it has, and no authority", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("grpcs")]
    [InlineData("ttheaders")]
    public async Task Callback_OfTheApplication_Decides(string scheme)
    {
        var certificate = Own(TestCertificate.Create("echo.internal"));
        var seen = new List<SslPolicyErrors>();
        var trusted = Trusting(certificate, "echo.internal");
        trusted.RemoteCertificateValidationCallback = (_, _, _, errors) =>
        {
            lock (seen)
            {
                seen.Add(errors);
            }

            return false;
        };

        Assert.Contains("callback", await FailAsync(certificate, scheme, null, trusted), StringComparison.OrdinalIgnoreCase);
        Assert.All(seen, static errors => Assert.Equal(SslPolicyErrors.None, errors));

        await using var server = await StartAsync(certificate);
        await using var channel = PatientChannel.ForAddress(
            $"{scheme}://{server.Endpoint}", new() { TlsOptions = new() { TargetHost = "other.internal", RemoteCertificateValidationCallback = static (_, _, _, _) => true } });
        Assert.Equal("x", (await new TestServiceClient(channel).EchoUnaryAsync(Ask("x"), Token).Soon()).Message);
    }

    private static SslClientAuthenticationOptions Trusting(X509Certificate2 certificate, string name)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(certificate);
        return new() { TargetHost = name, CertificateChainPolicy = policy };
    }

    private static Task<ThriftServer> StartAsync(X509Certificate2 certificate)
        => ThriftServer.StartAsync("127.0.0.1:0", setup => setup.AddService<ITestService>(new EchoService()).UseTls(certificate), Token);

    private static async Task<string> FailAsync(X509Certificate2 certificate, string scheme, ThriftTransport? transport, SslClientAuthenticationOptions tls)
    {
        await using var server = await StartAsync(certificate);
        await using var channel = PatientChannel.ForAddress($"{scheme}://{server.Endpoint}", new() { TlsOptions = tls, PingPongTransport = transport });
        var error = await Assert.ThrowsAsync<ThriftConnectException>(() => transport is null
            ? new TestServiceClient(channel).EchoServerAsync(Ask("x"), Token).FirstAsync(Token).AsTask().Soon()
            : new TestServiceClient(channel).EchoPingPongAsync(Ask("x"), Token).Soon());
        return error.Message;
    }

    private X509Certificate2 Own(X509Certificate2 certificate)
    {
        _certificates.Add(certificate);
        return certificate;
    }
}
