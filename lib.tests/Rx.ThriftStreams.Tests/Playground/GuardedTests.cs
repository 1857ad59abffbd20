using System.Globalization;
using System.Net;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Greetings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Rx.ThriftStreams.Tests.Playground;

/// <summary>The complete program of the page about security, with an authority that publishes its keys.</summary>
public sealed class GuardedTests
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Guarded_TokensOfItsAuthority_AreValidated()
    {
        using var certificate = TestCertificate.Create("localhost");
        using var files = new PemFiles().Mount(certificate);
        using var key = RSA.Create(2048);
        await using var authority = await StartAuthorityAsync(certificate, key);
        var issuer = authority.Urls.First();
        var port = Ports.Free();
        using var program = PlaygroundProcess.Start("Guarded", "Guarded", new Dictionary<string, string>
        {
            ["Kestrel__Endpoints__Thrift__Url"] = string.Create(CultureInfo.InvariantCulture, $"https://127.0.0.1:{port}"),
            ["Kestrel__Endpoints__Thrift__Certificate__Path"] = files.CertificatePath,
            ["Kestrel__Endpoints__Thrift__Certificate__KeyPath"] = files.KeyPath,
            ["Jwt__Authority"] = issuer,

            // The authorities that the process trusts, for its authority.
            ["SSL_CERT_FILE"] = files.CertificatePath,
        });
        await program.ReadUntilAsync("Application started");

        foreach (var scheme in new[] { "grpcs", "ttheaders" })
        {
            await using var channel = PatientChannel.ForAddress($"{scheme}://127.0.0.1:{port}", new()
            {
                TlsOptions = new() { RemoteCertificateValidationCallback = (_, presented, _, _) => presented!.GetCertHashString() == certificate.GetCertHashString() },
            });
            var client = new GreeterClient(channel);

            Assert.Equal(["Good", "morning,", "Ada"], await GreetAsync(client, Sign(key, issuer, "greeter", "member")));
            Assert.Equal(ThriftStatusCode.PermissionDenied, await StatusAsync(client, Sign(key, issuer, "greeter", "guest")));
            Assert.Equal(ThriftStatusCode.Unauthenticated, await StatusAsync(client, Sign(key, issuer, "another", "member")));
            Assert.Equal(ThriftStatusCode.Unauthenticated, await StatusAsync(client, Sign(key, "https://another.example", "greeter", "member")));
            using var stranger = RSA.Create(2048);
            Assert.Equal(ThriftStatusCode.Unauthenticated, await StatusAsync(client, Sign(stranger, issuer, "greeter", "member")));
        }
    }

    private static async Task<WebApplication> StartAuthorityAsync(X509Certificate2 certificate, RSA key)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
        var app = builder.Build();
        app.MapGet("/.well-known/openid-configuration", (HttpRequest request) => Results.Json(new { issuer = $"https://{request.Host}", jwks_uri = $"https://{request.Host}/keys" }));
        var jwk = JsonWebKeyConverter.ConvertFromRSASecurityKey(new RsaSecurityKey(key.ExportParameters(false)) { KeyId = "first" });
        app.MapGet("/keys", () => Results.Json(new { keys = new[] { new { kty = jwk.Kty, use = "sig", kid = jwk.Kid, n = jwk.N, e = jwk.E } } }));
        await app.StartAsync(Token);
        return app;
    }

    private static string Sign(RSA key, string issuer, string audience, string role) => new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
    {
        Issuer = issuer,
        Audience = audience,
        Subject = new ClaimsIdentity([new Claim("role", role)]),
        SigningCredentials = new SigningCredentials(new RsaSecurityKey(key) { KeyId = "first" }, SecurityAlgorithms.RsaSha256),
    });

    private static async Task<List<string>> GreetAsync(GreeterClient client, string token)
        => await client.GreetAsync(new() { Name = "Ada" }, new() { Headers = new() { ["authorization"] = $"Bearer {token}" } }, Token).Select(static word => word.Text).ToListAsync(Token);

    private static async Task<ThriftStatusCode> StatusAsync(GreeterClient client, string token)
        => (await Assert.ThrowsAsync<ThriftStatusException>(() => GreetAsync(client, token))).StatusCode;
}
