using System.Net;
using System.Security.Cryptography.X509Certificates;
using Demo.Echo;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.Options;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Hosting;

/// <summary>TLS of an endpoint of a hosted application, with certificates in files.</summary>
public sealed class HostTlsTests : IDisposable
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;
    private readonly X509Certificate2 _first = TestCertificate.Create("first.test");
    private readonly X509Certificate2 _second = TestCertificate.Create("second.test");
    private readonly PemFiles _files = new();

    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
        _files.Dispose();
    }

    [Theory]
    [InlineData("grpcs")]
    [InlineData("ttheaders")]
    public async Task UseTls_SecretIsExchanged_NewConnectionsGetTheNewCertificateAndOldOnesStay(string scheme)
    {
        _files.Mount(_first);
        var clock = new FakeTimeProvider();
        await using var app = await StartAsync(clock);
        await using var before = Open(app, scheme, _first);
        await using var stream = await new TestServiceClient(before).OpenEchoAsync(cancellationToken: Token);
        await stream.SendAsync(Ask("a"), Token).Soon();
        await using var answers = stream.GetAsyncEnumerator(Token);
        Assert.True(await answers.MoveNextAsync().AsTask().Soon());

        _files.Mount(_second);
        clock.Advance(CertificateFiles.CheckInterval);

        await using var after = Open(app, scheme, _second);
        Assert.Equal("x", (await new TestServiceClient(after).EchoUnaryAsync(Ask("x"), Token).Soon()).Message);
        await stream.SendAsync(Ask("b"), Token).Soon();
        Assert.True(await answers.MoveNextAsync().AsTask().Soon());
        Assert.Equal("b", answers.Current.Message);
    }

    [Fact]
    public async Task UseTls_Configure_DecidesAboutClientCertificates()
    {
        _files.Mount(_first);
        await using var app = await StartAsync(TimeProvider.System, tls =>
        {
            tls.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
            tls.ClientCertificateValidation = (certificate, _, _) => certificate.Thumbprint == _second.Thumbprint;
        });
        await using var known = Open(app, "ttheaders", _first, _second);
        await using var unknown = Open(app, "ttheaders", _first);

        Assert.Equal("x", (await new TestServiceClient(known).EchoUnaryAsync(Ask("x"), Token).Soon()).Message);
        await Assert.ThrowsAnyAsync<ThriftException>(() => new TestServiceClient(unknown).EchoUnaryAsync(Ask("x"), Token).Soon());
    }

    [Fact]
    public async Task UseTls_FilesAreMissingOrSomethingElse_ServerDoesNotStartAndNamesThem()
    {
        var missing = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(TimeProvider.System));
        await File.WriteAllTextAsync(_files.CertificatePath, "not a certificate", Token);
        await File.WriteAllTextAsync(_files.KeyPath, "not a key", Token);
        var other = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(TimeProvider.System));

        Assert.All([missing, other], error => Assert.StartsWith($"The certificate {_files.CertificatePath} with the key {_files.KeyPath} cannot be loaded: ", error.Message, StringComparison.Ordinal));
    }

    private async Task<WebApplication> StartAsync(TimeProvider clock, Action<HttpsConnectionAdapterOptions>? configure = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddLogging().AddThriftStreams(options => options.TimeProvider = clock);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel
            .Listen(IPAddress.Loopback, 0, listen => listen.UseTls(_files.CertificatePath, _files.KeyPath, configure).UseThriftStreams()));
        var app = builder.Build();
        try
        {
            app.MapThriftService<ITestService, EchoService>();
            await app.StartAsync(Token);
            return app;
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    private static ThriftChannel Open(WebApplication app, string scheme, X509Certificate2 expected, X509Certificate2? own = null)
        => PatientChannel.ForAddress($"{scheme}://{new Uri(app.Urls.First()).Authority}", new()
        {
            TlsOptions = new()
            {
                RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate!.GetCertHashString() == expected.GetCertHashString(),
                ClientCertificates = own is null ? null : [own],
            },
        });
}
