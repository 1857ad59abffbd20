using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Rx.ThriftStreams.Comparison.Contenders;

/// <summary>Servers of the rivals that run on Kestrel.</summary>
internal static class KestrelHost
{
    internal static Task<WebApplication> StartHttp2Async(int port, Action<IServiceCollection> services, Action<WebApplication> map) => StartAsync(port, HttpProtocols.Http2, services, map);

    internal static async Task<WebApplication> StartAsync(int port, HttpProtocols protocols, Action<IServiceCollection> services, Action<WebApplication> map)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = protocols));
        services(builder.Services);
        var app = builder.Build();
        map(app);
        await app.StartAsync();
        return app;
    }
}
