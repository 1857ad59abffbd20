using System.Net;
using System.Runtime.CompilerServices;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Encodings.Web;
using Demo.Echo;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Certificate;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Tests.Authorization;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Samples;

/// <summary>The code of docs/security.md, compiled and run.</summary>
public sealed class SecuritySamples
{
    [Fact]
    public async Task Bearer_TokenOfACaller_IsAskedForOverTTHeaderToo()
    {
        using var credentials = new Credentials();
        var signingKey = credentials.SigningKey;

        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddThriftStreams();
        builder.Services.AddAuthentication().AddJwtBearer(options =>
        {
            options.MapInboundClaims = false;
            options.TokenValidationParameters = new TokenValidationParameters
            {
                IssuerSigningKey = signingKey,
                ValidateIssuer = false,
                ValidateAudience = false,
            };
        });
        builder.Services.AddAuthorizationBuilder().AddPolicy("members", policy => policy.RequireClaim("role", "member"));
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseThriftStreams()));

        await using var app = builder.Build();
        app.MapThriftService<ITestService, EchoService>().RequireAuthorization("members");

        await app.StartAsync(TestContext.Current.CancellationToken);
        await using var channel = PatientChannel.ForAddress($"ttheader://{new Uri(app.Urls.First()).Authority}");
        var token = credentials.Token(Caller.Member, DateTime.UtcNow.AddHours(1));

        // <sample security-bearer-client>
        var client = new TestServiceClient(channel);
        var options = new ThriftCallOptions { Headers = new() { ["authorization"] = $"Bearer {token}" } };
        var answer = await client.EchoPingPongAsync(new() { Message = "hello" }, options);
        // </sample security-bearer-client>

        Assert.Equal("hello", answer.Message);
        var error = await Assert.ThrowsAsync<ThriftStatusException>(() => client.EchoPingPongAsync(Ask("x"), TestContext.Current.CancellationToken));
        Assert.Equal(ThriftStatusCode.Unauthenticated, error.StatusCode);
    }

    [Fact]
    public async Task Certificate_OfTheCaller_IsAcceptedFromItsAuthorityOnly()
    {
        using var serverCertificate = TestCertificate.Create("localhost");
        using var authority = TestCertificate.CreateAuthority("services");
        using var files = new PemFiles().Mount(authority);
        var authorityPath = files.CertificatePath;

        // <sample security-certificate>
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", server => server
            .AddService<ITestService>(new EchoService(), service => service.RequireAuthorization("orders"))
            .UseTls(tls =>
            {
                tls.ServerCertificate = serverCertificate;
                tls.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
                tls.AllowAnyClientCertificate();    // the scheme below decides
            })
            .Services(services =>
            {
                services.AddAuthentication(CertificateAuthenticationDefaults.AuthenticationScheme).AddCertificate(options =>
                {
                    // The authority that issues certificates to services, and no other. Default: those that the machine trusts.
                    options.ChainTrustValidationMode = X509ChainTrustMode.CustomRootTrust;
                    options.CustomTrustStore.ImportFromPemFile(authorityPath);
                    options.RevocationMode = X509RevocationMode.NoCheck;    // where the authority publishes no revocations
                });
                services.AddAuthorizationBuilder().AddPolicy("orders", policy => policy.RequireClaim(ClaimTypes.X500DistinguishedName, "CN=orders"));
            }));
        // </sample security-certificate>

        using var own = TestCertificate.CreateSigned("orders", authority);
        using var another = TestCertificate.CreateSigned("invoices", authority);
        using var forged = TestCertificate.Create("orders");
        using var strange = TestCertificate.CreateAuthority("services");
        using var forgedBySameName = TestCertificate.CreateSigned("orders", strange);
        Assert.Equal(ThriftStatusCode.OK, await StatusAsync(own));
        Assert.Equal(ThriftStatusCode.PermissionDenied, await StatusAsync(another));
        // The scheme forbids where others challenge: a connection cannot present another certificate.
        Assert.Equal(ThriftStatusCode.PermissionDenied, await StatusAsync(forged));
        Assert.Equal(ThriftStatusCode.PermissionDenied, await StatusAsync(forgedBySameName));

        async Task<ThriftStatusCode> StatusAsync(X509Certificate2 certificate)
        {
            await using var channel = PatientChannel.ForAddress($"grpcs://{server.Endpoint}", new ThriftChannelOptions
            {
                TlsOptions = new()
                {
                    // Also where the list of authorities that the server names does not include its issuer.
                    LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate,
                    RemoteCertificateValidationCallback = (_, presented, _, _) => presented!.GetCertHashString() == serverCertificate.GetCertHashString(),
                },
            });
            try
            {
                await new TestServiceClient(channel).EchoPingPongAsync(Ask("x"), TestContext.Current.CancellationToken).Soon();
                return ThriftStatusCode.OK;
            }
            catch (ThriftStatusException error)
            {
                return error.StatusCode;
            }
        }
    }

    [Fact]
    public async Task Certificate_OfTheCaller_IsItsIdentityOverFramedToo()
    {
        using var serverCertificate = TestCertificate.Create("localhost");
        using var clientCertificate = TestCertificate.Create("orders");
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", server => server
            .AddService<ITestService>(new EchoService(), service => service.RequireAuthorization())
            .UseTls(tls =>
            {
                tls.ServerCertificate = serverCertificate;
                tls.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
                tls.AllowAnyClientCertificate();
            })
            .Services(services =>
            {
                services.AddAuthorization();
                services.AddAuthentication(CertificateAuthenticationDefaults.AuthenticationScheme).AddCertificate(options => options.AllowedCertificateTypes = CertificateTypes.SelfSigned);
            }));

        await using var channel = PatientChannel.ForAddress($"ttheaders://{server.Endpoint}", new ThriftChannelOptions
        {
            PingPongTransport = ThriftTransport.Framed,
            TlsOptions = new()
            {
                ClientCertificates = [clientCertificate],
                RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate!.GetCertHashString() == serverCertificate.GetCertHashString(),
            },
        });
        Assert.Equal("x", (await new TestServiceClient(channel).EchoPingPongAsync(Ask("x"), TestContext.Current.CancellationToken).Soon()).Message);
    }

    [Fact]
    public async Task Certificates_OfBothSides_AreFilesOfAPrivateAuthority()
    {
        using var serverCertificate = TestCertificate.Create("echo.internal");
        using var ownCertificate = TestCertificate.Create("orders");
        using var roots = new PemFiles().Mount(serverCertificate);
        using var own = new PemFiles().Mount(ownCertificate);
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", server => server
            .AddService<ITestService>(new EchoService())
            .UseTls(tls =>
            {
                tls.ServerCertificate = serverCertificate;
                tls.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
                tls.ClientCertificateValidation = (certificate, _, _) => certificate.Thumbprint == ownCertificate.Thumbprint;
            }));
        var (caPath, certificatePath, keyPath) = (roots.CertificatePath, own.CertificatePath, own.KeyPath);
        var address = $"ttheaders://{server.Endpoint}";

        // <sample security-mutual-client>
        var authority = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        authority.CustomTrustStore.ImportFromPemFile(caPath);
        using X509Certificate2 certificate = X509Certificate2.CreateFromPemFile(certificatePath, keyPath);

        await using ThriftChannel channel = ThriftChannel.ForAddress(address, new()
        {
            TlsOptions = new()
            {
                TargetHost = "echo.internal",           // the name in the server's certificate; default: the host of the endpoint
                CertificateChainPolicy = authority,     // trust this authority and no other; default: those of the system
                ClientCertificates = [certificate],
            },
        });
        // </sample security-mutual-client>

        Assert.Equal("x", (await new TestServiceClient(channel).EchoPingPongAsync(Ask("x"), TestContext.Current.CancellationToken).Soon()).Message);
    }

    [Fact]
    public async Task Scheme_OfTheApplication_ProtectsAMethod()
    {
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", server => server
            .AddService<ITestService>(new GuardedService())
            .Services(services =>
            {
                // <sample security-scheme-registration>
                services.AddAuthorization();
                services.AddAuthentication("key").AddScheme<AuthenticationSchemeOptions, KeyScheme>("key", null);
                // </sample security-scheme-registration>
            }));
        await using var channel = PatientChannel.ForAddress($"ttheader://{server.Endpoint}", new() { PingPongTransport = ThriftTransport.TTHeader });
        var client = new TestServiceClient(channel);

        Assert.Equal("open", (await client.EchoUnaryAsync(Ask("x"), TestContext.Current.CancellationToken).Soon()).Message);
        await Assert.ThrowsAsync<ThriftStatusException>(() => client.EchoPingPongAsync(Ask("x"), TestContext.Current.CancellationToken).Soon());
        var options = new ThriftCallOptions { Headers = new() { ["x-api-key"] = "secret" } };
        Assert.Equal("secret of robot", (await client.EchoPingPongAsync(Ask("x"), options, TestContext.Current.CancellationToken).Soon()).Message);
    }

    [Fact]
    public async Task Reach_OfAServiceAndAPort()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddThriftStreams();
        const int innerPort = 0;

        // <sample security-reach>
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, innerPort, listen => listen.UseThriftStreams());
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseThriftStreams(ThriftProtocols.Grpc | ThriftProtocols.TTHeaderStreaming));
        });
        var app = builder.Build();
        app.MapThriftService<ITestService, EchoService>().RequireThriftProtocols(ThriftProtocols.Grpc);
        // </sample security-reach>

        await using var _ = app;
        await app.StartAsync(TestContext.Current.CancellationToken);
        Assert.Equal(2, app.Urls.Count);
    }

    [Fact]
    public async Task Files_OfACertificate()
    {
        using var certificate = TestCertificate.Create("localhost");
        using var key = certificate.GetECDsaPrivateKey()!;
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var (certificatePath, keyPath) = (Path.Combine(folder.FullName, "tls.crt"), Path.Combine(folder.FullName, "tls.key"));
            await File.WriteAllTextAsync(certificatePath, certificate.ExportCertificatePem(), TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync(keyPath, key.ExportPkcs8PrivateKeyPem(), TestContext.Current.CancellationToken);

            // <sample security-files>
            await using var server = await ThriftServer.StartAsync("127.0.0.1:0", server => server
                .AddService<ITestService>(new EchoService())
                .UseTls(certificatePath, keyPath));
            // </sample security-files>

            Assert.NotEqual(0, server.Endpoint.Port);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Expiry_TokenInAMessage_RenewsTheStream()
    {
        await using var server = ThriftInMemoryServer.Create(server => server
            .AddService<ITestService>(new RenewingService())
            .Configure(options =>
            {
                // <sample security-expiry>
                options.Limits.ExpiredCredentialsGrace = TimeSpan.FromMinutes(5);
                // </sample security-expiry>
            })
            .Services(services => services.AddAuthentication("key").AddScheme<AuthenticationSchemeOptions, BearerKeyScheme>("key", null)));
        await using var channel = server.CreateChannel();
        var requests = new[] { Ask("hello"), Ask("token secret") }.ToAsyncEnumerable();

        Assert.Equal(["hello of nobody", "token secret of robot"], await new TestServiceClient(channel).EchoAsync(requests).Select(r => r.Message!).ToListAsync(TestContext.Current.CancellationToken).Soon());
    }

    // <sample security-scheme>
    internal sealed class KeyScheme(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            var key = Request.Headers["x-api-key"].ToString();
            if (key.Length == 0)
            {
                return Task.FromResult(AuthenticateResult.NoResult());
            }

            if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(key), "secret"u8))
            {
                return Task.FromResult(AuthenticateResult.Fail("The API key is unknown."));
            }

            var robot = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, "robot")], Scheme.Name));
            return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(robot, Scheme.Name)));
        }
    }

    // </sample security-scheme>

    // <sample security-attributes>
    [Authorize]
    internal sealed class GuardedService : EchoBase
    {
        public override Task<Response> EchoPingPongAsync(Request req, CancellationToken cancellationToken = default)
            => Task.FromResult(new Response { Message = $"secret of {ThriftServerContext.Current!.User.Identity!.Name}" });

        [AllowAnonymous]
        public override Task<Response> EchoUnaryAsync(Request req, CancellationToken cancellationToken = default)
            => Task.FromResult(new Response { Message = "open" });
    }

    // </sample security-attributes>
    private sealed class BearerKeyScheme(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            if (Request.Headers.Authorization != "Bearer secret")
            {
                return Task.FromResult(AuthenticateResult.NoResult());
            }

            var robot = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, "robot")], Scheme.Name));
            return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(robot, Scheme.Name)));
        }
    }

    private sealed class RenewingService : EchoBase
    {
        // <sample security-renewal>
        public override async IAsyncEnumerable<Response> EchoAsync(
            IAsyncEnumerable<Request> requests,
            [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            var call = ThriftServerContext.Current!;
            await foreach (var request in requests.WithCancellation(cancellationToken))
            {
                if (request.Message is ['t', 'o', 'k', 'e', 'n', ' ', .. var token])
                {
                    await call.RenewUserAsync($"Bearer {token}", cancellationToken);
                }

                yield return new Response { Message = $"{request.Message} of {call.User.Identity?.Name ?? "nobody"}" };
            }
        }

        // </sample security-renewal>
    }
}
