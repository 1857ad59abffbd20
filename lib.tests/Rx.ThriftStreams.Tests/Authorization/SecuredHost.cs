using System.Net;
using System.Net.Security;
using System.Security.Claims;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Certificate;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Rx.ThriftStreams.Tests.Authorization;

/// <summary>An application behind TLS that knows one scheme, and the policy <c>members</c> that asks for it.</summary>
internal sealed class SecuredHost : IAsyncDisposable
{
    internal const string Members = "members";

    private readonly X509Certificate2 _certificate = TestCertificate.Create("localhost");
    private readonly WebApplication _application;
    private readonly Scheme _scheme;

    private SecuredHost(Scheme scheme, Action<ListenOptions>? listen, Action<IServiceCollection>? configure)
    {
        _scheme = scheme;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddThriftStreams();
        builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
        AddScheme(builder.Services.AddAuthentication(Name(scheme)));
        builder.Services.AddAuthorizationBuilder().AddPolicy(Members, policy => policy.RequireClaim(Credentials.RoleClaim, "member"));
        configure?.Invoke(builder.Services);
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, options =>
        {
            options.UseHttps(_certificate, https =>
            {
                https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                https.ClientCertificateValidation = static (_, _, _) => true;
            });
            (listen ?? (static options => options.UseThriftStreams()))(options);
        }));
        _application = builder.Build();
    }

    internal Credentials Credentials { get; } = new();

    internal int Port => new Uri(_application.Urls.First()).Port;

    internal static async Task<SecuredHost> StartAsync(
        Scheme scheme,
        Action<WebApplication> map,
        Action<ListenOptions>? listen = null,
        Action<IServiceCollection>? configure = null)
    {
        var host = new SecuredHost(scheme, listen, configure);
        try
        {
            map(host._application);
            await host._application.StartAsync(TestContext.Current.CancellationToken);
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>A channel to the host, by its name, with the certificate of the caller.</summary>
    internal ThriftChannel Open(ThriftTransport transport, Caller caller)
    {
        var isStream = transport == ThriftTransport.TTHeaderStreaming;
        var options = new ThriftChannelOptions
        {
            StreamTransport = isStream ? transport : null,
            PingPongTransport = isStream ? null : transport,
            TlsOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate!.GetCertHashString() == _certificate.GetCertHashString(),
            },
        };
        if (Credentials.CertificateOf(_scheme, caller) is { } own)
        {
            options.TlsOptions.ClientCertificates = [own];
        }

        return PatientChannel.ForAddress($"ttheaders://localhost:{Port}", options);
    }

    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync(new CancellationToken(canceled: true));
        await _application.DisposeAsync();
        _certificate.Dispose();
        Credentials.Dispose();
    }

    private static string Name(Scheme scheme) => scheme switch
    {
        Scheme.JwtBearer => JwtBearerDefaults.AuthenticationScheme,
        Scheme.Certificate => CertificateAuthenticationDefaults.AuthenticationScheme,
        _ => nameof(Scheme.ApiKey),
    };

    private void AddScheme(AuthenticationBuilder authentication)
    {
        switch (_scheme)
        {
            case Scheme.JwtBearer:
                authentication.AddJwtBearer(options =>
                {
                    options.MapInboundClaims = false;
                    options.TokenValidationParameters = new() { IssuerSigningKey = Credentials.SigningKey, ValidateIssuer = false, ValidateAudience = false };
                });
                break;

            case Scheme.Certificate:
                authentication.AddCertificate(options =>
                {
                    options.AllowedCertificateTypes = CertificateTypes.SelfSigned;
                    options.Events = new() { OnCertificateValidated = Identify };
                });
                break;

            default:
                authentication.AddScheme<AuthenticationSchemeOptions, ApiKeyHandler>(nameof(Scheme.ApiKey), null);
                break;
        }
    }

    private Task Identify(CertificateValidatedContext context)
    {
        if (Credentials.RoleOf(context.ClientCertificate) is { } role)
        {
            context.Principal = new(new ClaimsIdentity([new Claim(Credentials.RoleClaim, role)], context.Scheme.Name));
            context.Success();
        }
        else
        {
            context.Fail("The certificate is not known.");
        }

        return Task.CompletedTask;
    }
}
