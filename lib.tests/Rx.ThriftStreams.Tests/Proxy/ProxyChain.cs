using Demo.Echo;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.AspNetCore;

namespace Rx.ThriftStreams.Tests.Proxy;

/// <summary>How a proxy knows which calls it forwards.</summary>
public enum ProxyScope
{
    All,
    Named,
    Described,
}

/// <summary>A client, a proxy and a server, over real sockets.</summary>
internal sealed class ProxyChain : IAsyncDisposable
{
    private readonly ThriftServer _server;
    private readonly ThriftChannel _upstream;
    private readonly ThriftServer _proxy;

    private ProxyChain(ThriftServer server, ThriftChannel upstream, ThriftServer proxy, ThriftChannel channel, LogCollector log)
    {
        _server = server;
        _upstream = upstream;
        _proxy = proxy;
        Channel = channel;
        Log = log;
        Client = new(channel);
    }

    public ThriftChannel Channel { get; }

    public TestServiceClient Client { get; }

    public ThriftServer Proxy => _proxy;

    /// <summary>What the proxy logged.</summary>
    public LogCollector Log { get; }

    public static async Task<ProxyChain> StartAsync(
        string front,
        string back,
        ITestService service,
        ProxyScope scope = ProxyScope.Described,
        ThriftChannelOptions? upstream = null,
        ThriftChannelOptions? client = null,
        ThriftProxyOptions? options = null,
        Action<ThriftServerOptions>? proxy = null,
        Action<IEndpointConventionBuilder>? configure = null)
    {
        var token = TestContext.Current.CancellationToken;
        var log = new LogCollector();
        var server = await ThriftServer.StartAsync("127.0.0.1:0", server => server.AddService(service), token);
        var backChannel = PatientChannel.ForAddress($"{back}://{server.Endpoint}", upstream);
        var proxyServer = await ThriftServer.StartAsync(
            "127.0.0.1:0",
            builder => builder
                .Map(endpoints =>
                {
                    var mapped = Map(endpoints, scope, backChannel, options);
                    configure?.Invoke(mapped);
                })
                .Configure(proxy ?? (static _ => { }))
                .Logging(logging => logging.AddProvider(log).SetMinimumLevel(LogLevel.Debug)),
            token);
        return new(server, backChannel, proxyServer, PatientChannel.ForAddress($"{front}://{proxyServer.Endpoint}", client), log);
    }

    /// <summary>Stops the server, not the proxy.</summary>
    public ValueTask StopServerAsync() => _server.DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        await Channel.DisposeAsync();
        await _proxy.DisposeAsync();
        await _upstream.DisposeAsync();
        await _server.DisposeAsync();
    }

    private static IEndpointConventionBuilder Map(IEndpointRouteBuilder endpoints, ProxyScope scope, ThriftChannel upstream, ThriftProxyOptions? options) => scope switch
    {
        ProxyScope.All => endpoints.MapThriftProxy(upstream, options),
        ProxyScope.Named => endpoints.MapThriftProxy("echo.TestService", upstream, options),
        _ => endpoints.MapThriftProxy<ITestService>(upstream, options),
    };
}
