using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Rx.ThriftStreams.Tests.Interop;

namespace Rx.ThriftStreams.Tests.Peers;

/// <summary>This library's server, as Apache's clients need it: a port that detects their protocol, and one for HTTP/1.1.</summary>
internal sealed class ApacheHost : IAsyncDisposable
{
    private WebApplication _application = null!;

    internal SinkService Sink { get; } = new();

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    internal async ValueTask StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddThriftStreams(options => options.RevealErrors = true);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseThriftStreams());
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
        });
        _application = builder.Build();
        _application.UseRouting();
        _application.MapThriftService<IKitchenSink>(Sink);
        _application.MapThriftHttp("/thrift");
        await _application.StartAsync(TestContext.Current.CancellationToken);
    }

    internal int PortOf(string transport) => new Uri(_application.Urls.ElementAt(transport == "http" ? 1 : 0)).Port;
}
