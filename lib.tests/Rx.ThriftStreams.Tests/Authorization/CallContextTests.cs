using System.Net;
using System.Security.Authentication;
using Demo.Echo;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Rx.ThriftStreams.AspNetCore;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Authorization;

/// <summary>What a handler learns of the connection, the caller and its scope, over every transport.</summary>
public sealed class CallContextTests
{
    public static TheoryData<ThriftTransport> Transports =>
        [ThriftTransport.Grpc, ThriftTransport.TTHeaderStreaming, ThriftTransport.TTHeader, ThriftTransport.Framed, ThriftTransport.Buffered];

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Context_OverTls_HasConnectionCertificateUserAndServices(ThriftTransport transport)
    {
        var probe = new ProbeService();
        await using var host = await SecuredHost.StartAsync(
            Scheme.Certificate, application => application.MapThriftService<ITestService>(probe), configure: services => services.AddScoped<Scoped>());
        await using var channel = host.Open(transport, Caller.Member);

        await CallAsync(channel, transport);

        var seen = probe.Seen!;
        Assert.Equal(host.Port, ((IPEndPoint)seen.Local!).Port);
        Assert.NotEqual(0, ((IPEndPoint)seen.Remote!).Port);
        Assert.Equal((true, "localhost", "CN=member", "member"), (seen.IsTls, seen.ServerName, seen.Certificate, seen.Role));
        Assert.True(seen.Protocol is SslProtocols.Tls12 or SslProtocols.Tls13);
        Assert.True(seen.HasCipherSuite);
        Assert.True(seen.IsSameScope);
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Context_InClearTextWithoutAuthentication_HasConnectionAndNobody(ThriftTransport transport)
    {
        var probe = new ProbeService();
        await using var server = await ThriftServer.StartAsync(
            "127.0.0.1:0", server => server.AddService<ITestService>(probe).Services(services => services.AddScoped<Scoped>()));
        await using var channel = PatientChannel.ForAddress(
            $"ttheader://{server.Endpoint}",
            transport == ThriftTransport.TTHeaderStreaming ? new() { StreamTransport = transport } : new() { PingPongTransport = transport });

        await CallAsync(channel, transport);

        var seen = probe.Seen!;
        Assert.Equal(server.Endpoint, seen.Local);
        Assert.Equal((false, "", null, null), (seen.IsTls, seen.ServerName, seen.Certificate, seen.Role));
        Assert.Equal((SslProtocols.None, false, true), (seen.Protocol, seen.HasCipherSuite, seen.IsSameScope));
    }

    [Fact]
    public async Task Context_WithinTheProcess_HasNoConnection()
    {
        var probe = new ProbeService();
        await using var server = ThriftInMemoryServer.Create(server => server.AddService<ITestService>(probe).Services(services => services.AddScoped<Scoped>()));
        await using var channel = server.CreateChannel();

        await new TestServiceClient(channel).EchoPingPongAsync(Ask("x"), TestContext.Current.CancellationToken).Soon();

        Assert.Equal((null, null, false, true), (probe.Seen!.Local, probe.Seen.Remote, probe.Seen.IsTls, probe.Seen.IsSameScope));
    }

    private static async Task CallAsync(ThriftChannel channel, ThriftTransport transport)
    {
        var client = new TestServiceClient(channel);
        if (transport == ThriftTransport.TTHeaderStreaming)
        {
            await client.EchoServerAsync(Ask("x")).CountAsync(TestContext.Current.CancellationToken).Soon();
        }
        else
        {
            await client.EchoPingPongAsync(Ask("x"), TestContext.Current.CancellationToken).Soon();
        }
    }

    private sealed class Scoped;

    private sealed record Seen(
        EndPoint? Local, EndPoint? Remote, bool IsTls, SslProtocols Protocol, bool HasCipherSuite, string ServerName, string? Certificate, string? Role, bool IsSameScope);

    private sealed class ProbeService : OpenService
    {
        internal Seen? Seen { get; private set; }

        public override IAsyncEnumerable<Response> EchoServerAsync(Request req, CancellationToken cancellationToken = default)
        {
            Look();
            return base.EchoServerAsync(req, cancellationToken);
        }

        public override Task<Response> EchoPingPongAsync(Request req, CancellationToken cancellationToken = default)
        {
            Look();
            return base.EchoPingPongAsync(req, cancellationToken);
        }

        private void Look()
        {
            var context = ThriftServerContext.Current!;
            var connection = context.Connection;
            Seen = new(
                connection.LocalEndPoint,
                connection.RemoteEndPoint,
                connection.IsTls,
                connection.TlsProtocol,
                connection.TlsCipherSuite is not null,
                connection.ServerName,
                connection.ClientCertificate?.Subject,
                context.User.FindFirst(Credentials.RoleClaim)?.Value,
                ReferenceEquals(context.Services.GetRequiredService<Scoped>(), context.Services.GetRequiredService<Scoped>()));
        }
    }
}
