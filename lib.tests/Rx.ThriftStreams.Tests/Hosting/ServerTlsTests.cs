using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Demo.Echo;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Options;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Hosting;

/// <summary>TLS of a <see cref="ThriftServer"/>: client certificates, a certificate for each name, and certificates that are replaced.</summary>
public sealed class ServerTlsTests : IDisposable
{
    private readonly X509Certificate2 _first = TestCertificate.Create("first.test");
    private readonly X509Certificate2 _second = TestCertificate.Create("second.test");
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
        _folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData(ThriftTransport.Grpc)]
    [InlineData(ThriftTransport.Framed)]
    public async Task UseTls_ClientCertificateRequired_CallerWithoutOneFails(ThriftTransport transport)
    {
        await using var server = await StartAsync(server => server.UseTls(tls =>
        {
            tls.ServerCertificate = _first;
            tls.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
            tls.ClientCertificateValidation = (certificate, _, _) => certificate.Thumbprint == _second.Thumbprint;
        }));

        var (served, _) = await CallAsync(server, transport, "first.test", _second);
        Assert.Equal("x", served);
        await Assert.ThrowsAnyAsync<ThriftException>(() => CallAsync(server, transport, "first.test", null));
        await Assert.ThrowsAnyAsync<ThriftException>(() => CallAsync(server, transport, "first.test", _first));
    }

    [Theory]
    [InlineData(ThriftTransport.Grpc)]
    [InlineData(ThriftTransport.TTHeader)]
    public async Task UseTls_SelectorByName_ServesTheCertificateOfTheName(ThriftTransport transport)
    {
        await using var server = await StartAsync(server => server.UseTls(tls => tls.ServerCertificateSelector = (_, name) => name == "second.test" ? _second : _first));

        Assert.Equal(("x", "CN=first.test"), await CallAsync(server, transport, "first.test", null));
        Assert.Equal(("x", "CN=second.test"), await CallAsync(server, transport, "second.test", null));
    }

    [Fact]
    public async Task UseTls_FilesAreReplaced_NewConnectionsGetTheNewCertificate()
    {
        var clock = new FakeTimeProvider();
        Write(_first, _first);
        await using var server = await StartAsync(server => server.UseTls(CertificatePath, KeyPath).Configure(options => options.TimeProvider = clock));
        Assert.Equal(("x", "CN=first.test"), await CallAsync(server, ThriftTransport.TTHeader, "first.test", null));

        Write(_second, _second);
        Assert.Equal(("x", "CN=first.test"), await CallAsync(server, ThriftTransport.TTHeader, "first.test", null));
        clock.Advance(CertificateFiles.CheckInterval);

        Assert.Equal(("x", "CN=second.test"), await CallAsync(server, ThriftTransport.TTHeader, "first.test", null));
    }

    /// <summary>Files are replaced one after the other: for a moment the key may not be that of the certificate.</summary>
    [Fact]
    public void CertificateFiles_KeyOfAnotherCertificate_KeepsTheOldOneUntilBothFit()
    {
        var clock = new FakeTimeProvider();
        using var log = new LogCollector();
        Write(_first, _first);
        var files = new CertificateFiles(CertificatePath, KeyPath, clock, log.CreateLogger("Rx.ThriftStreams.Server"));

        Write(_second, _first);
        clock.Advance(CertificateFiles.CheckInterval);
        Assert.Equal("CN=first.test", files.Current.TargetCertificate.Subject);
        Assert.Equal((LogLevel.Warning, 51), (log.Entries.Single().Level, log.Entries.Single().Id));

        Write(_second, _second);
        clock.Advance(CertificateFiles.CheckInterval);
        Assert.Equal("CN=second.test", files.Current.TargetCertificate.Subject);
    }

    [Fact]
    public async Task UseTls_FilesAreMissing_ServerDoesNotStart()
        => await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(server => server.UseTls(CertificatePath, KeyPath)));

    /// <summary>Over TLS and without; the files of the section may be replaced, and relative paths begin at the content root.</summary>
    [Theory]
    [InlineData(ThriftTransport.Grpc)]
    [InlineData(ThriftTransport.TTHeader)]
    public async Task EndpointOfTheConfiguration_CertificateIsReplaced_NewConnectionsGetTheNewOne(ThriftTransport transport)
    {
        var clock = new FakeTimeProvider();
        Write(_first, _first);
        await using var application = await StartEndpointAsync("https", clock, ("Certificate:Path", "tls.crt"), ("Certificate:KeyPath", "tls.key"));
        Assert.Equal(("x", "CN=first.test"), await CallAsync($"ttheaders://{application.Endpoint()}", transport, "first.test", null));

        Write(_second, _second);
        clock.Advance(CertificateFiles.CheckInterval);

        Assert.Equal(("x", "CN=second.test"), await CallAsync($"ttheaders://{application.Endpoint()}", transport, "first.test", null));
    }

    [Theory]
    [InlineData(ThriftTransport.Grpc)]
    [InlineData(ThriftTransport.TTHeader)]
    public async Task EndpointOfTheConfiguration_WithoutTls_Serves(ThriftTransport transport)
    {
        await using var application = await StartEndpointAsync("http", new FakeTimeProvider());

        Assert.Equal(("x", null), await CallAsync($"ttheader://{application.Endpoint()}", transport, "first.test", null));
    }

    /// <summary>What the documentation says: h2 is offered, nobody has to take part in ALPN, and whoever offers something else only is refused.</summary>
    [Fact]
    public async Task EndpointOfTheConfiguration_Alpn_IsH2OrNothing()
    {
        Write(_first, _first);
        await using var application = await StartEndpointAsync("https", new FakeTimeProvider(), ("Certificate:Path", "tls.crt"), ("Certificate:KeyPath", "tls.key"));

        Assert.Equal(SslApplicationProtocol.Http2, await NegotiateAsync(application, SslApplicationProtocol.Http2, SslApplicationProtocol.Http11));
        Assert.Equal(default, await NegotiateAsync(application));
        await Assert.ThrowsAsync<AuthenticationException>(() => NegotiateAsync(application, SslApplicationProtocol.Http11));
    }

    private static async Task<SslApplicationProtocol> NegotiateAsync(WebApplication application, params SslApplicationProtocol[] offered)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(application.Endpoint(), TestContext.Current.CancellationToken);
        await using var tls = new SslStream(client.GetStream(), leaveInnerStreamOpen: false, static (_, _, _, _) => true);
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = "first.test", ApplicationProtocols = offered.Length == 0 ? null : [.. offered] }, TestContext.Current.CancellationToken);
        return tls.NegotiatedApplicationProtocol;
    }

    [Fact]
    public async Task EndpointOfTheConfiguration_WithSni_DoesNotStart()
    {
        Write(_first, _first);

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => StartEndpointAsync(
            "https", new FakeTimeProvider(), ("Sni:first.test:Certificate:Path", "tls.crt"), ("Sni:first.test:Certificate:KeyPath", "tls.key")));

        Assert.Contains("Endpoints:Thrift:Sni is not supported", error.Message, StringComparison.Ordinal);
    }

    /// <summary>As on a machine that has no certificate for developers.</summary>
    [Fact]
    public async Task EndpointOfTheConfiguration_WithoutACertificate_NamesTheKeys()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(
            () => StartEndpointAsync("https", static endpoint => endpoint.UseThriftStreams(configureTls: static tls => tls.ServerCertificate = null), new FakeTimeProvider()));

        Assert.StartsWith(
            "Kestrel:Endpoints:Thrift:Url begins with https, and the endpoint has no certificate. Set Kestrel:Endpoints:Thrift:Certificate:Path, and for a PEM file Kestrel:Endpoints:Thrift:Certificate:KeyPath; or Kestrel:Certificates:Default:Path for all endpoints;",
            error.Message,
            StringComparison.Ordinal);
    }

    private Task<WebApplication> StartEndpointAsync(string scheme, TimeProvider clock, params (string Key, string Value)[] settings)
        => StartEndpointAsync(scheme, static endpoint => endpoint.UseThriftStreams(), clock, settings);

    private async Task<WebApplication> StartEndpointAsync(string scheme, Action<EndpointConfiguration> configure, TimeProvider clock, params (string Key, string Value)[] settings)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = _folder.FullName });
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(settings
            .Append(("Url", $"{scheme}://127.0.0.1:0"))
            .Select(static setting => KeyValuePair.Create($"Kestrel:Endpoints:Thrift:{setting.Item1}", (string?)setting.Item2)));
        builder.Services.AddThriftStreams(options => options.TimeProvider = clock);
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel((context, kestrel) => kestrel
            .Configure(context.Configuration.GetSection("Kestrel"))
            .Endpoint("Thrift", configure));
        var application = builder.Build();
        application.MapThriftService<ITestService>(new EchoService());
        await application.StartAsync(TestContext.Current.CancellationToken);
        return application;
    }

    private string CertificatePath => Path.Combine(_folder.FullName, "tls.crt");

    private string KeyPath => Path.Combine(_folder.FullName, "tls.key");

    private void Write(X509Certificate2 certificate, X509Certificate2 keyOf)
    {
        using var key = keyOf.GetECDsaPrivateKey()!;
        File.WriteAllText(CertificatePath, certificate.ExportCertificatePem());
        File.WriteAllText(KeyPath, key.ExportPkcs8PrivateKeyPem());
    }

    private static Task<ThriftServer> StartAsync(Action<ThriftServerBuilder> configure) => ThriftServer.StartAsync(
        "127.0.0.1:0",
        server =>
        {
            server.AddService<ITestService>(new EchoService());
            configure(server);
        },
        TestContext.Current.CancellationToken);

    /// <summary>Calls over a connection of its own; returns the answer and the subject of the server's certificate.</summary>
    private static Task<(string? Answer, string? Subject)> CallAsync(ThriftServer server, ThriftTransport transport, string name, X509Certificate2? own)
        => CallAsync($"ttheaders://{server.Endpoint}", transport, name, own);

    private static async Task<(string? Answer, string? Subject)> CallAsync(string address, ThriftTransport transport, string name, X509Certificate2? own)
    {
        string? subject = null;
        var options = new ThriftChannelOptions
        {
            PingPongTransport = transport,
            TlsOptions = new SslClientAuthenticationOptions
            {
                TargetHost = name,
                RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                {
                    Volatile.Write(ref subject, certificate!.Subject);
                    return true;
                },
            },
        };
        if (own is not null)
        {
            options.TlsOptions.ClientCertificates = [own];
        }

        await using var channel = PatientChannel.ForAddress(address, options);
        var answer = await new TestServiceClient(channel).EchoPingPongAsync(Ask("x"), TestContext.Current.CancellationToken).Soon();
        return (answer.Message, Volatile.Read(ref subject));
    }
}
