using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;

namespace Rx.ThriftStreams.Tests.Playground;

/// <summary>The complete program of the page about hosting, run as its users run it.</summary>
public sealed class MarketTests
{
    /// <summary>As the probe of Kubernetes calls it. The answer is field 1 with the status 1, SERVING.</summary>
    private static readonly Method<byte[], byte[]> Check = new(
        MethodType.Unary, "grpc.health.v1.Health", "Check", Marshallers.Create(static bytes => bytes, static bytes => bytes), Marshallers.Create(static bytes => bytes, static bytes => bytes));

    [Fact]
    public async Task Market_WithACollector_ExportsSpansMetricsAndLogs()
    {
        await using var collector = await OtlpReceiver.StartAsync(TestContext.Current.CancellationToken);
        using var market = Start(new()
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Address,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["StopAfterQuotes"] = "15",
        });

        var (exitCode, error) = await market.WaitAsync();

        Assert.Equal((0, string.Empty), (exitCode, error));
        Assert.Contains("rpc.method=market.Quotes/Watch", collector.Spans["thriftstreams.interval"], StringComparison.Ordinal);
        Assert.Contains("rpc.response.status_code=OK", collector.Spans["market.Quotes/Last"], StringComparison.Ordinal);
        Assert.Contains("thriftstreams.transport=grpc", collector.Spans["market.Quotes/Watch"], StringComparison.Ordinal);
        Assert.DoesNotContain(collector.Traces, static span => span.Name.StartsWith("POST", StringComparison.Ordinal));
        Assert.Contains(collector.Traces, server => server.Name == "market.Quotes/Last" && collector.Traces.Any(client => client.Name == server.Name && client.Id == server.Parent));
        foreach (var side in new[] { "client", "server" })
        {
            Assert.Equal("s", collector.Metrics[$"rpc.{side}.call.duration"]);
            Assert.Equal("By", collector.Metrics[$"rpc.{side}.response.size"]);
            Assert.Equal("{call}", collector.Metrics[$"thriftstreams.{side}.active_calls"]);
            Assert.Equal("s", collector.Metrics[$"thriftstreams.{side}.response.gap"]);
        }

        Assert.Contains(collector.Logs, static text => text.StartsWith("ACME ", StringComparison.Ordinal));
    }

    /// <summary>The filter of the sample leaves out Thrift calls only: what a client of grpc-dotnet calls in the same application has no other span.</summary>
    [Fact]
    public async Task Market_CallOfAnotherGrpcService_KeepsItsHttpSpan()
    {
        await using var collector = await OtlpReceiver.StartAsync(TestContext.Current.CancellationToken);
        var thrift = Ports.Free();
        using var market = Start(
            new()
            {
                ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Address,
                ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            },
            thrift);
        await market.ReadUntilAsync("Application started");
        using (var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{thrift}"))
        {
            await channel.CreateCallInvoker().AsyncUnaryCall(Check, null, new CallOptions(cancellationToken: TestContext.Current.CancellationToken), []);
        }

        market.Terminate();

        Assert.Equal((0, string.Empty), await market.WaitAsync());
        Assert.Equal("POST /grpc.health.v1.Health/Check", Assert.Single(collector.Traces, static span => span.Name.StartsWith("POST", StringComparison.Ordinal)).Name);
    }

    [Fact]
    public async Task Market_OverTls_TakesItsCertificateFromTheConfiguration()
    {
        using var certificate = TestCertificate.Create("market");
        var file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.pfx");
        await File.WriteAllBytesAsync(file, certificate.Export(X509ContentType.Pfx), TestContext.Current.CancellationToken);
        try
        {
            var port = Ports.Free();
            using var market = Start(
                new()
                {
                    ["Kestrel__Endpoints__Thrift__Url"] = $"https://127.0.0.1:{port}",
                    ["Kestrel__Endpoints__Thrift__Certificate__Path"] = file,
                },
                port);
            await market.ReadUntilAsync("Application started");
            foreach (var scheme in new[] { "grpcs", "ttheaders" })
            {
                await using var channel = PatientChannel.ForAddress($"{scheme}://127.0.0.1:{port}", new()
                {
                    TlsOptions = new() { RemoteCertificateValidationCallback = (_, presented, _, _) => presented!.GetCertHashString() == certificate.GetCertHashString() },
                });
                await channel.ConnectAsync(TestContext.Current.CancellationToken);
            }
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>As in a pod: everything that differs there is set by variables of the environment, and the certificate is mounted as files.</summary>
    [Fact]
    public async Task Market_OverTlsWithAPrivateAuthority_IsSetUpByTheEnvironment()
    {
        using var certificate = TestCertificate.Create("quotes.shop.svc");
        using var secret = new PemFiles().Mount(certificate);
        var port = Ports.Free();
        using var market = Start(
            new()
            {
                ["Kestrel__Endpoints__Thrift__Url"] = $"https://localhost:{port}",
                ["Kestrel__Endpoints__Thrift__Certificate__Path"] = secret.CertificatePath,
                ["Kestrel__Endpoints__Thrift__Certificate__KeyPath"] = secret.KeyPath,
                ["Clients__Quotes__Address"] = $"grpcs+dns://localhost:{port}",
                ["Clients__Quotes__TlsOptions__TargetHost"] = "quotes.shop.svc",
                ["Clients__Quotes__TlsOptions__RootsPath"] = secret.CertificatePath,
                ["StopAfterQuotes"] = "3",
            },
            port);

        Assert.Equal((0, string.Empty), await market.WaitAsync());
    }

    [Theory]
    [InlineData("Thrift__ShutdownTimeot", "00:00:05", "Thrift:ShutdownTimeot is not an option of a Thrift server.")]
    [InlineData("Traffic__Connections", "many", "Traffic:Connections is \"many\", which is not a whole number")]
    [InlineData("Clients__Quotes__Adress", "grpc://quotes:8888", "Clients:Quotes:Adress is not an option of a Thrift client.")]
    public async Task Market_WithAMisspelledVariable_DoesNotStartAndNamesIt(string name, string value, string expected)
    {
        using var market = Start(new() { [name] = value });

        var (exitCode, error) = await market.WaitAsync();

        Assert.NotEqual(0, exitCode);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Market_HealthEndpoints_AnswerBesideTheThriftPort()
    {
        var (thrift, http) = (Ports.Free(), Ports.Free());
        using var market = Start([], thrift, http);
        await market.ReadUntilAsync("Application started");
        using var probe = new HttpClient();

        Assert.Equal("Healthy", await probe.GetStringAsync(new Uri($"http://127.0.0.1:{http}/alive"), TestContext.Current.CancellationToken));
        Assert.Equal("Healthy", await probe.GetStringAsync(new Uri($"http://127.0.0.1:{http}/health"), TestContext.Current.CancellationToken));
        using var thriftPort = GrpcChannel.ForAddress($"http://127.0.0.1:{thrift}");
        var health = await thriftPort.CreateCallInvoker().AsyncUnaryCall(Check, null, new CallOptions(cancellationToken: TestContext.Current.CancellationToken), []);
        Assert.Equal([8, 1], health);
        market.Terminate();
        Assert.Equal((0, string.Empty), await market.WaitAsync());
    }

    private static PlaygroundProcess Start(Dictionary<string, string> settings, int? thriftPort = null, int? httpPort = null)
    {
        var thrift = thriftPort ?? Ports.Free();
        settings.TryAdd("Kestrel__Endpoints__Thrift__Url", string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{thrift}"));
        settings["Kestrel__Endpoints__Http__Url"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{httpPort ?? Ports.Free()}");
        settings["Services__quotes__thrift__0"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{thrift}");
        return PlaygroundProcess.Start("Market", "Market", settings);
    }
}
