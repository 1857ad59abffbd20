using System.Security.Cryptography.X509Certificates;
using Demo.Echo;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Options;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Clients;

/// <summary>TLS of clients from the configuration: private authorities, and certificates of the client's own.</summary>
public sealed class ClientTlsTests : IDisposable
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;
    private readonly X509Certificate2 _server = TestCertificate.Create("echo.internal");
    private readonly X509Certificate2 _first = TestCertificate.Create("first.test");
    private readonly X509Certificate2 _second = TestCertificate.Create("second.test");
    private readonly PemFiles _roots = new();
    private readonly PemFiles _own = new();

    public void Dispose()
    {
        foreach (var certificate in new[] { _server, _first, _second })
        {
            certificate.Dispose();
        }

        _roots.Dispose();
        _own.Dispose();
    }

    [Theory]
    [InlineData("grpcs")]
    [InlineData("ttheaders")]
    public async Task TlsOptions_RootsAndName_TrustThatServerAndNoOther(string scheme)
    {
        _roots.Mount(_server);
        await using var server = await StartAsync();

        Assert.Equal("x", await CallAsync(Settings($"{scheme}://{server.Endpoint}")));
        await Assert.ThrowsAnyAsync<ThriftException>(() => CallAsync(Settings($"{scheme}://{server.Endpoint}", ("TargetHost", "other.internal"))));
        _roots.Mount(_second);
        await Assert.ThrowsAnyAsync<ThriftException>(() => CallAsync(Settings($"{scheme}://{server.Endpoint}")));
    }

    [Fact]
    public async Task TlsOptions_CertificateOfTheClient_IsPresentedAndFollowsItsFiles()
    {
        _roots.Mount(_server);
        _own.Mount(_first);
        var seen = new List<string>();
        await using var server = await StartAsync(tls =>
        {
            tls.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
            tls.ClientCertificateValidation = (certificate, _, _) =>
            {
                seen.Add(certificate.Subject);
                return true;
            };
        });
        var clock = new FakeTimeProvider();
        var settings = Settings($"ttheaders://{server.Endpoint}", ("CertificatePath", _own.CertificatePath), ("KeyPath", _own.KeyPath));
        settings["Clients:Echo:Connections:Mode"] = "PerCall";
        await using var provider = Provider(settings, clock);
        var client = provider.GetRequiredService<ITestService>();

        await client.EchoPingPongAsync(Ask("x"), Token).Soon();
        _own.Mount(_second);
        clock.Advance(CertificateFiles.CheckInterval);
        await client.EchoPingPongAsync(Ask("x"), Token).Soon();

        Assert.Equal(["CN=first.test", "CN=second.test"], seen);
    }

    [Theory]
    [InlineData("RootsPath", "/nowhere/ca.crt", "Clients:Echo:TlsOptions:RootsPath is \"/nowhere/ca.crt\", which cannot be used: ")]
    [InlineData("CertificatePath", "/nowhere/tls.crt", "Clients:Echo:TlsOptions:KeyPath is not set. Set it.")]
    [InlineData("KeyPath", "/nowhere/tls.key", "Clients:Echo:TlsOptions:CertificatePath is not set. Set it.")]
    [InlineData("CaPath", "/nowhere/ca.crt", "Clients:Echo:TlsOptions:CaPath is not an option of a Thrift client. Use one of: CertificatePath, KeyPath, RootsPath, TargetHost.")]
    public async Task TlsOptions_ThatCannotBeUsed_NameTheKey(string key, string value, string expected)
    {
        _roots.Mount(_server);

        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => CallAsync(Settings("grpcs://127.0.0.1:1", (key, value))));

        Assert.StartsWith(expected, error.Message, StringComparison.Ordinal);
    }

    /// <summary>An empty variable of the environment takes a setting back.</summary>
    [Theory]
    [InlineData("RootsPath")]
    [InlineData("CertificatePath", "KeyPath")]
    [InlineData("TargetHost")]
    public void TlsOptions_EmptyTexts_AreNotSet(params string[] keys)
    {
        _roots.Mount(_server);
        using var provider = Provider(Settings("grpcs://127.0.0.1:1", [.. keys.Select(static key => (key, ""))]), TimeProvider.System);

        var tls = provider.GetRequiredService<IOptionsMonitor<ThriftClientOptions>>().Get("TestService").Channel.TlsOptions!;

        Assert.Equal(keys.Contains("RootsPath"), tls.CertificateChainPolicy is null);
        Assert.Equal(keys.Contains("TargetHost") ? null : "echo.internal", tls.TargetHost);
        Assert.Null(tls.LocalCertificateSelectionCallback);
    }

    [Theory]
    [InlineData("CertificatePath", "KeyPath")]
    [InlineData("KeyPath", "CertificatePath")]
    public async Task TlsOptions_OneOfTwoPathsIsEmpty_NamesIt(string empty, string other)
    {
        _roots.Mount(_server);

        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => CallAsync(Settings("grpcs://127.0.0.1:1", (empty, ""), (other, _roots.CertificatePath))));

        Assert.StartsWith($"Clients:Echo:TlsOptions:{empty} is not set. Set it.", error.Message, StringComparison.Ordinal);
    }

    private Dictionary<string, string?> Settings(string address, params (string Key, string Value)[] tls)
    {
        var settings = new Dictionary<string, string?>
        {
            ["Clients:Echo:Address"] = address,
            ["Clients:Echo:TlsOptions:TargetHost"] = "echo.internal",
            ["Clients:Echo:TlsOptions:RootsPath"] = _roots.CertificatePath,
        };
        foreach (var (key, value) in tls)
        {
            settings[$"Clients:Echo:TlsOptions:{key}"] = value;
        }

        return settings;
    }

    private Task<ThriftServer> StartAsync(Action<HttpsConnectionAdapterOptions>? configure = null) => ThriftServer.StartAsync(
        "127.0.0.1:0",
        server => server.AddService<ITestService>(new EchoService()).UseTls(tls =>
        {
            tls.ServerCertificate = _server;
            configure?.Invoke(tls);
        }),
        Token);

    private static async Task<string?> CallAsync(Dictionary<string, string?> settings)
    {
        await using var provider = Provider(settings, TimeProvider.System);
        return (await provider.GetRequiredService<ITestService>().EchoPingPongAsync(Ask("x"), Token).Soon()).Message;
    }

    private static ServiceProvider Provider(Dictionary<string, string?> settings, TimeProvider clock)
    {
        var services = new ServiceCollection()
            .AddLogging()
            .AddSingleton(clock)
            .AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
        services.AddThriftClient<ITestService>().BindConfiguration("Clients:Echo").Configure(static options => options.Channel.Resilience.ConnectTimeout = Waits.Limit);
        return services.BuildServiceProvider();
    }
}
