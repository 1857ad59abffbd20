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
/// Warns once the server has started if services are mapped and a port for them is missing: no endpoint calls <c>UseThriftStreams()</c> or speaks HTTP/2 otherwise, or code gives an endpoint a name that fits no section
/// of the configuration. Kestrel ignores such a name, and never calls what configures the endpoint: whether that is <c>UseThriftStreams()</c> is not known.
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
            if (endpoints.Count > 0)
            {
                Check(endpoints);
            }
        }

        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Check(IReadOnlyCollection<ListenOptions> endpoints)
    {
        // Thrift over HTTP and JSON need no more than HTTP/1.1.
        var isServed = http.IsMapped || runtime.IsServedAsJson || endpoints.Any(KestrelEndpoints.SpeaksHttp2);
        var (names, sections) = KestrelEndpoints.Unmatched(kestrel.Value);
        if (isServed && names.Count == 0)
        {
            return;
        }

        var problem = isServed
            ? "code configures an endpoint that does not exist."
            : "no endpoint can serve them, because all speak HTTP/1.1 only. Call UseThriftStreams() on an endpoint.";
        var missing = names.Count == 0
            ? string.Empty
            : $" Endpoint(\"{string.Join("\"), Endpoint(\"", names)}\") fits no section of the configuration, which has {(sections.Count == 0 ? "no endpoints" : string.Join(", ", sections))}: what it calls, such as UseThriftStreams(), has no effect.";
        LogNoThriftPort(runtime.Logger, problem, missing, string.Join(", ", endpoints));
    }

    [LoggerMessage(84, LogLevel.Warning, "Thrift services are mapped, but {Problem}{Missing} The endpoints are {Endpoints}.", EventName = "NoThriftPort")]
    private static partial void LogNoThriftPort(ILogger logger, string problem, string missing, string endpoints);
}
