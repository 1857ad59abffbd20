using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.AspNetCore.Transports.PingPong;

namespace Rx.ThriftStreams.AspNetCore.Hosting;

/// <summary>
/// Fails the start of a host that serves Thrift over HTTP if calls that name no service could not be routed, or if calls could not be authorized. Other ports check themselves; those for HTTP are plain
/// ports of the application. Runs once the server has started: not before then are its ports known, and in a host with a start-up class its services.
/// </summary>
internal sealed class HttpStartCheck(ThriftServerRuntime runtime, HttpPingPongHandler handler, IServer? server = null) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        runtime.Access.CheckEndpoints();
        if (handler.IsMapped)
        {
            foreach (var port in Ports())
            {
                ServiceChecks.CheckNames(runtime, ThriftProtocols.Http, port);
            }
        }

        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private HashSet<int> Ports()
        => server?.Features.Get<IServerAddressesFeature>() is { Addresses: { Count: > 0 } addresses }
            ? [.. addresses.Select(BindingAddress.Parse).Select(static address => address.IsUnixPipe || address.IsNamedPipe ? 0 : address.Port)]
            : [0];
}
