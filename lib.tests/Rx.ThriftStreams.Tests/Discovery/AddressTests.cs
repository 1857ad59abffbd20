using System.Net;
using System.Net.Security;
using Demo.Echo;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Tests.Discovery;

/// <summary>Addresses that name a resolver, and Unix domain sockets.</summary>
public sealed class AddressTests
{
    [Theory]
    [InlineData("grpc+nothing://echo", "\"nothing\", which does not exist. Use one of dns, unix")]
    [InlineData("tcp+dns://echo:1", "must begin with")]
    [InlineData("grpc+dns://echo", "host:port")]
    [InlineData("grpc+dns://unix:/run/x", "not a host name")]
    [InlineData("grpc+unix:", "unix:/path")]
    [InlineData("grpc:127.0.0.1:1", "must begin with")]
    public void ForAddress_MalformedAddress_SaysWhatIsExpected(string address, string expected)
        => Assert.Contains(expected, Assert.Throws<ArgumentException>(() => ThriftChannel.ForAddress(address)).Message, StringComparison.Ordinal);

    [Fact]
    public void ForAddress_ResolverInTheAddressAndInTheOptions_IsRefused()
        => Assert.Contains(
            "Resolver is set too",
            Assert.Throws<ArgumentException>(() => ThriftChannel.ForAddress("grpc+dns://echo:1", new() { Resolver = ThriftResolvers.Dns })).Message,
            StringComparison.Ordinal);

    [Fact]
    public async Task Schemes_OfTheOptions_SelectTheirResolver()
    {
        await using var servers = await NamedServers.StartAsync(1);
        var resolver = new ScriptedResolver();
        resolver.Report(servers.Addresses[0]);
        await using var channel = PatientChannel.ForAddress("ttheader+Registry://echo", new() { Discovery = { Schemes = { ["registry"] = resolver } } });

        Assert.Equal("0", (await new TestServiceClient(channel).EchoUnaryAsync(new(), TestContext.Current.CancellationToken).Soon()).Message);
        Assert.Equal("echo", resolver.Context!.Target);
    }

    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public async Task Dns_EachAddressIsAnEndpoint_AndIsRefreshed(string scheme)
    {
        // One port, several loopback addresses.
        await using var one = await StartAsync("127.0.0.1:0", "one");
        var port = one.Endpoint.Port;
        await using var two = await StartAsync($"127.0.0.2:{port}", "two");
        await using var three = await StartAsync($"127.0.0.3:{port}", "three");
        var clock = new FakeTimeProvider();
        var asked = new System.Collections.Concurrent.ConcurrentQueue<string>();
        IPAddress[] addresses = [IPAddress.Parse("127.0.0.2"), IPAddress.Parse("127.0.0.1")];
        await using var channel = PatientChannel.ForAddress($"{scheme}+dns://echo.internal:{port}", new()
        {
            TimeProvider = clock,
            Lookup = (host, _) =>
            {
                asked.Enqueue(host);
                return Task.FromResult(Volatile.Read(ref addresses));
            },
        });
        var client = new TestServiceClient(channel);
        Assert.Equal(["one", "two"], (await AskAsync(client)).Order());

        Volatile.Write(ref addresses, [IPAddress.Parse("127.0.0.3")]);
        using var limit = new CancellationTokenSource(Waits.Limit);
        while (!(await AskAsync(client)).SetEquals(["three"]))
        {
            limit.Token.ThrowIfCancellationRequested();
            clock.Advance(TimeSpan.FromSeconds(5));
        }

        Assert.All(asked, static host => Assert.Equal("echo.internal", host));
    }

    [Theory]
    [InlineData("grpcs")]
    [InlineData("ttheaders")]
    public async Task Dns_TlsServer_IsAuthenticatedByTheName(string scheme)
    {
        using var certificate = TestCertificate.Create("echo.internal");
        await using var server = await ThriftServer.StartAsync(
            "127.0.0.1:0", setup => setup.AddService<ITestService>(new EchoService()).UseTls(certificate));
        var names = new System.Collections.Concurrent.ConcurrentBag<string>();
        await using var channel = PatientChannel.ForAddress($"{scheme}+dns://echo.internal:{server.Endpoint.Port}", new()
        {
            Lookup = static (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]),
            TlsOptions = new()
            {
                RemoteCertificateValidationCallback = (stream, _, _, _) =>
                {
                    names.Add(((SslStream)stream).TargetHostName);
                    return true;
                },
            },
        });

        Assert.Equal("x", (await new TestServiceClient(channel).EchoUnaryAsync(new() { Message = "x" }, TestContext.Current.CancellationToken).Soon()).Message);
        Assert.All(names, static name => Assert.Equal("echo.internal", name));
        Assert.NotEmpty(names);
    }

    [Theory]
    [InlineData("10.0.0.1:80", "echo.internal", "echo.internal:80")]
    [InlineData("[::1]:80", "echo.internal", "echo.internal:80")]
    [InlineData("[::1]:80", null, "[::1]:80")]
    [InlineData("10.0.0.1:80", null, "10.0.0.1:80")]
    [InlineData("unix:/run/x", null, "localhost")]
    public void Authority_IsTheNameWithThePort(string endpoint, string? name, string expected)
        => Assert.Equal(expected, new ClientTransportTarget(endpoint, name, UseTls: false, new()).Authority);

    [Theory]
    [InlineData("grpc+unix:", null)]
    [InlineData("grpc+unix://", null)]
    [InlineData("grpc://unix:", null)]
    [InlineData("ttheader+unix:", null)]
    [InlineData("ttheader+unix:", ThriftTransport.Framed)]
    [InlineData("ttheader+unix:", ThriftTransport.Buffered)]
    public async Task UnixSocket_EveryTransport_Works(string scheme, ThriftTransport? calls)
    {
        var folder = Directory.CreateTempSubdirectory("rx-thrift-");
        try
        {
            var path = Path.Combine(folder.FullName, "echo.sock");
            string? peer = null;
            await using (var server = await ThriftServer.StartAsync($"unix:{path}", setup => setup
                .AddService<ITestService>(new EchoService())
                .Configure(options => options.StreamMiddleware.Add((context, next) =>
                {
                    peer = context.Peer;
                    return next();
                }))))
            {
                Assert.Equal($"unix:{path}", server.Address);
                Assert.Throws<InvalidOperationException>(() => server.Endpoint);
                await using var channel = PatientChannel.ForAddress($"{scheme}{path}", new() { PingPongTransport = calls });
                var client = new TestServiceClient(channel);

                Assert.Equal("call", (await client.EchoPingPongAsync(new() { Message = "call" }, TestContext.Current.CancellationToken).Soon()).Message);
                var stream = client.EchoServerAsync(new() { Message = "s" }, TestContext.Current.CancellationToken);
                Assert.Equal(["s-0", "s-1", "s-2"], await stream.Select(static answer => answer.Message).ToListAsync(TestContext.Current.CancellationToken).Soon());
                Assert.NotNull(peer);
            }

            Assert.False(File.Exists(path));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Task<ThriftServer> StartAsync(string address, string name) => ThriftServer.StartAsync(
        address,
        setup => setup.AddService<ITestService>(new ScriptedService { EchoUnary = (_, _) => Task.FromResult(new Response { Message = name }) }));

    private static async Task<HashSet<string>> AskAsync(TestServiceClient client)
    {
        var names = new HashSet<string>();
        for (var i = 0; i < 6; i++)
        {
            names.Add((await client.EchoUnaryAsync(new(), TestContext.Current.CancellationToken).Soon()).Message!);
        }

        return names;
    }
}
