using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Rx.ThriftStreams.Tests.Interop;

namespace Rx.ThriftStreams.Tests.PingPong;

/// <summary>One port with TLS: the protocols inside are detected just as without.</summary>
public sealed class PingPongTlsTests : IAsyncLifetime
{
    private readonly X509Certificate2 _serverCertificate = TestCertificate.Create("localhost");
    private readonly X509Certificate2 _clientCertificate = TestCertificate.Create("client");
    private WebApplication? _application;
    private string? _seenSubject;

    public static TheoryData<ThriftTransport> PingPongTransports =>
        [ThriftTransport.Grpc, ThriftTransport.TTHeader, ThriftTransport.TTHeaderFramed, ThriftTransport.Framed, ThriftTransport.Buffered];

    public static TheoryData<ThriftTransport> StreamTransports => [ThriftTransport.Grpc, ThriftTransport.TTHeaderStreaming];

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        if (_application is not null)
        {
            await _application.StopAsync(new CancellationToken(canceled: true));
            await _application.DisposeAsync();
        }

        _serverCertificate.Dispose();
        _clientCertificate.Dispose();
    }

    [Theory]
    [MemberData(nameof(PingPongTransports))]
    public async Task PingPong_OverTls_Works(ThriftTransport transport)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var endpoint = await StartAsync(ClientCertificateMode.NoCertificate);
        await using var channel = Open(endpoint, options => options.PingPongTransport = transport);
        var client = new KitchenSinkClient(channel);

        Assert.Equal(5, await client.AddAsync(2, 3, cancellation).Soon());
        Assert.Equal(new string('x', 200_000), await client.EchoStringAsync(new string('x', 200_000), cancellation).Soon());
        await Assert.ThrowsAsync<SinkException>(() => client.DoVoidAsync("throw:42:why", cancellation).Soon());
    }

    [Theory]
    [MemberData(nameof(StreamTransports))]
    public async Task Streams_OverTls_Work(ThriftTransport transport)
    {
        var endpoint = await StartAsync(ClientCertificateMode.NoCertificate);
        await using var channel = Open(endpoint, options => options.StreamTransport = transport);
        var requests = AsyncEnumerable.Range(0, 100).Select(i => new Demo.Echo.Request { Message = $"m{i}" });

        var answers = await new Demo.Echo.TestServiceClient(channel).EchoAsync(requests).Select(r => r.Message)
            .ToListAsync(TestContext.Current.CancellationToken).Soon();

        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"m{i}"), answers);
    }

    [Theory]
    [MemberData(nameof(PingPongTransports))]
    public async Task PingPong_ClientCertificateRequiredAndGiven_ServerSeesIt(ThriftTransport transport)
    {
        var endpoint = await StartAsync(ClientCertificateMode.RequireCertificate);
        await using var channel = Open(endpoint, options =>
        {
            options.PingPongTransport = transport;
            options.TlsOptions!.ClientCertificates = [_clientCertificate];
        });

        var sum = await new KitchenSinkClient(channel).AddAsync(2, 3, TestContext.Current.CancellationToken).Soon();

        Assert.Equal((5, "CN=client"), (sum, Volatile.Read(ref _seenSubject)));
    }

    [Theory]
    [MemberData(nameof(PingPongTransports))]
    public async Task PingPong_ClientCertificateRequiredAndMissing_Fails(ThriftTransport transport)
    {
        var endpoint = await StartAsync(ClientCertificateMode.RequireCertificate);
        await using var channel = Open(endpoint, options => options.PingPongTransport = transport);

        // TLS 1.3 lets the client believe that it is connected until the server has looked for the certificate, so it may notice at the connect or at the call.
        var error = await Assert.ThrowsAnyAsync<ThriftException>(
            () => new KitchenSinkClient(channel).AddAsync(2, 3, TestContext.Current.CancellationToken).Soon());

        Assert.True(error is ThriftConnectException or ThriftTransportException or ThriftStatusException { StatusCode: ThriftStatusCode.Unavailable }, error.ToString());
        Assert.Null(Volatile.Read(ref _seenSubject));
    }

    [Fact]
    public async Task PingPong_ServerCertificateNotTrusted_IsConnectError()
    {
        var endpoint = await StartAsync(ClientCertificateMode.NoCertificate);
        await using var channel = Open(endpoint, options =>
        {
            options.PingPongTransport = ThriftTransport.TTHeader;
            options.TlsOptions = null;
        });

        var error = await Assert.ThrowsAsync<ThriftConnectException>(
            () => new KitchenSinkClient(channel).AddAsync(2, 3, TestContext.Current.CancellationToken).Soon());

        Assert.IsType<System.Security.Authentication.AuthenticationException>(error.InnerException);
    }

    [Fact]
    public async Task PingPong_PlainBytesToTheTlsPort_ClosesThatConnectionOnly()
    {
        var endpoint = await StartAsync(ClientCertificateMode.NoCertificate);
        using (var socket = new TcpClient())
        {
            await socket.ConnectAsync(endpoint, TestContext.Current.CancellationToken);
            var stream = socket.GetStream();
            await stream.WriteAsync(PingPongWire.Framed(PingPongWire.Add(2, 3)), TestContext.Current.CancellationToken);

            Assert.DoesNotContain("80010002", Convert.ToHexStringLower(await PingPongWire.ReadToEndAsync(stream)), StringComparison.Ordinal);
        }

        await using var channel = Open(endpoint, options => options.PingPongTransport = ThriftTransport.Framed);
        Assert.Equal(5, await new KitchenSinkClient(channel).AddAsync(2, 3, TestContext.Current.CancellationToken).Soon());
    }

    private ThriftChannel Open(IPEndPoint endpoint, Action<ThriftChannelOptions> configure)
    {
        var options = new ThriftChannelOptions
        {
            Resilience = { ConnectTimeout = Waits.Limit },
            TlsOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate!.GetCertHashString() == _serverCertificate.GetCertHashString(),
            },
        };
        configure(options);
        return PatientChannel.ForAddress($"ttheaders://{endpoint}", options);
    }

    private async Task<IPEndPoint> StartAsync(ClientCertificateMode mode)
    {
        _application = await ThriftApplication.StartAsync(
            listen =>
            {
                listen.UseHttps(_serverCertificate, https =>
                {
                    https.ClientCertificateMode = mode;
                    https.ClientCertificateValidation = (certificate, _, _) =>
                    {
                        Volatile.Write(ref _seenSubject, certificate.Subject);
                        return true;
                    };
                });
                listen.UseThriftStreams();
            },
            static application =>
            {
                application.MapThriftService<IKitchenSink>(new SinkService());
                application.MapThriftService<Demo.Echo.ITestService>(new EchoService());
            });
        return _application.Endpoint();
    }
}
