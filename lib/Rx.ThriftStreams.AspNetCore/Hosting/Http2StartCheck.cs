using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.AspNetCore.Transports.PingPong;

namespace Rx.ThriftStreams.AspNetCore.Hosting;

/// <summary>
/// Warns once the server has started if services are mapped and no port serves them: none calls <c>UseThriftStreams()</c>, and none speaks HTTP/2 otherwise. The usual cause is the name of an
/// endpoint that fits no section of the configuration, which Kestrel ignores.
/// </summary>
internal sealed partial class Http2StartCheck(ThriftServerRuntime runtime, HttpPingPongHandler http, IOptions<KestrelServerOptions> kestrel, IServer? server = null) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        // A server without addresses is not Kestrel.
        var isMapped = runtime.Services.All.Count > 0 || runtime.Fallbacks.All.Any();
        if (isMapped && server?.Features.Get<IServerAddressesFeature>() is { Addresses.Count: > 0 })
        {
            var endpoints = KestrelEndpoints.Bound(kestrel.Value);
            if (endpoints.Count > 0 && !endpoints.Any(KestrelEndpoints.SpeaksHttp2))
            {
                Warn(endpoints);
            }
        }

        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Warn(IReadOnlyCollection<ListenOptions> endpoints)
    {
        var (names, sections) = KestrelEndpoints.Unmatched(kestrel.Value);
        if (names.Count == 0 && (http.IsMapped || runtime.IsServedAsJson))
        {
            // Thrift over HTTP and JSON need no more than HTTP/1.1.
            return;
        }

        var missing = names.Count == 0
            ? string.Empty
            : $" Endpoint(\"{string.Join("\"), Endpoint(\"", names)}\") fits no section of the configuration, which has {(sections.Count == 0 ? "no endpoints" : string.Join(", ", sections))}.";
        LogNoThriftPort(runtime.Logger, string.Join(", ", endpoints), missing);
    }

    [LoggerMessage(84, LogLevel.Warning, "Thrift services are mapped, but no endpoint can serve them. Endpoints for HTTP/1.1 only: {Endpoints}. Call UseThriftStreams() on an endpoint.{Missing}", EventName = "NoThriftPort")]
    private static partial void LogNoThriftPort(ILogger logger, string endpoints, string missing);
}
