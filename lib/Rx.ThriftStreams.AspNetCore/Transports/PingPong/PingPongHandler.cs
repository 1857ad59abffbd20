using System.IO.Pipelines;
using Microsoft.Extensions.DependencyInjection;
using Rx.ThriftStreams.AspNetCore.Dispatch;

namespace Rx.ThriftStreams.AspNetCore.Transports.PingPong;

/// <summary>Serves connections that carry ping-pong calls. One a host.</summary>
internal sealed class PingPongHandler(ThriftServerRuntime runtime, IServiceScopeFactory scopes)
{
    internal ThriftServerRuntime Runtime { get; } = runtime;

    internal IServiceScopeFactory Scopes { get; } = scopes;

    /// <summary>Serves a connection until it ends. Never fails.</summary>
    /// <param name="transport">The bytes, from the first one on.</param>
    /// <param name="peer">The client's address, as <c>host:port</c>.</param>
    /// <param name="aborted">The connection is lost.</param>
    /// <param name="stopping">The host stops: the call that runs is answered, then the connection is closed.</param>
    internal Task RunAsync(IDuplexPipe transport, string peer, CancellationToken aborted, CancellationToken stopping)
        => new PingPongServerConnection(this, transport, peer, aborted, stopping).RunAsync();
}
