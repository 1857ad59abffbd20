using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Tests.Dynamic;
using Rx.ThriftStreams.Tests.Support;
using Rx.ThriftStreams.Tool;

namespace Rx.ThriftStreams.Compiler.Tests;

/// <summary><c>thriftstreams call</c> over TLS, with and without a certificate of the client, and over HTTP.</summary>
public sealed class CallTlsTests : IDisposable
{
    private readonly ToolRun _tool = new();
    private readonly X509Certificate2 _certificate = TestCertificate.Create("localhost");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _certificate.Dispose();
        _tool.Dispose();
    }

    [Theory]
    [InlineData("grpcs")]
    [InlineData("ttheaders")]
    public async Task Call_OverTls_TrustsTheNamedAuthorityOrAnyIfAsked(string scheme)
    {
        await using var server = await StartAsync(tls => tls.ServerCertificate = _certificate);
        var authority = _tool.Write("ca.pem", _certificate.ExportCertificatePem());
        var address = $"{scheme}://{server.Endpoint}";

        Assert.Equal((0, "5\n", ""), Call(address, "--cacert", authority));
        Assert.Equal((0, "5\n", ""), Call(address, "--insecure"));
        var refused = Call(address);
        Assert.Equal((ExitCodes.Unreachable, ""), (refused.Code, refused.Output));
        Assert.Contains("certificate", refused.Error, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("grpcs")]
    [InlineData("ttheaders")]
    public async Task Call_OverTls_PresentsACertificate(string scheme)
    {
        using var client = TestCertificate.Create("client");
        var seen = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await StartAsync(tls =>
        {
            tls.ServerCertificate = _certificate;
            tls.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
            tls.ClientCertificateValidation = (certificate, _, _) => seen.TrySetResult(certificate.Thumbprint) || certificate.Thumbprint == client.Thumbprint;
        });
        var certificate = _tool.Write("client.pem", client.ExportCertificatePem());
        var key = _tool.Write("client.key", client.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());

        Assert.Equal((0, "5\n", ""), Call($"{scheme}://{server.Endpoint}", "--insecure", "--cert", certificate, "--key", key));
        Assert.Equal(client.Thumbprint, await seen.Task);
    }

    [Theory]
    [InlineData("Binary")]
    [InlineData("Compact")]
    [InlineData("Json")]
    public async Task Call_OverHttp_PostsToThePath(string protocol)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddThriftStreams();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http1));
        await using var application = builder.Build();
        application.MapThriftService(Shop.Schema.Descriptor, new Shop());
        application.MapThriftHttp("/thrift");
        application.MapThriftDescribe();
        await application.StartAsync(Token);
        var address = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

        Assert.Equal((0, "5\n", ""), Call(address, "--http-path", "/thrift", "--protocol", protocol));
        Assert.NotEqual(0, Call(address, "--http-path", "/other", "--protocol", protocol).Code);
    }

    private static Task<ThriftServer> StartAsync(Action<HttpsConnectionAdapterOptions> tls)
        => ThriftServer.StartAsync("127.0.0.1:0", setup => setup.AddService(Shop.Schema.Descriptor, new Shop()).AddDescribe().UseTls(tls), Token);

    private static (int Code, string Output, string Error) Call(string address, params string[] more)
        => ToolRun.Run(["call", address, "Shop/Add", "-d", """{"a":2,"b":3}""", .. more]);
}
