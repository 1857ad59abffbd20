using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Rx.ThriftStreams.Comparison.Contenders;

/// <summary>A rival whose server runs on Kestrel.</summary>
/// <param name="protocols">What its port speaks.</param>
internal abstract class KestrelContender(HttpProtocols protocols) : Contender
{
    private WebApplication? _server;

    internal override async Task ServeAsync(int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = protocols));
        AddServices(builder.Services);
        _server = builder.Build();
        Map(_server);
        await _server.StartAsync();
    }

    public override ValueTask DisposeAsync() => _server?.DisposeAsync() ?? default;

    /// <summary>Adds what the library needs.</summary>
    protected abstract void AddServices(IServiceCollection services);

    /// <summary>Maps the service.</summary>
    protected abstract void Map(WebApplication app);
}
