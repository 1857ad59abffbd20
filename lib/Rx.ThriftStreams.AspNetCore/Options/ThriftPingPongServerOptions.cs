namespace Rx.ThriftStreams.AspNetCore;

/// <summary>Settings of a server's ping-pong transports: <see cref="ThriftServerOptions.PingPong"/>.</summary>
public sealed class ThriftPingPongServerOptions
{
    internal ThriftPingPongServerOptions()
    {
    }

    /// <summary>
    /// The service, by its name in the IDL, that gets calls without a service name when several services have the method. Default: none. Framed, Buffered
    /// and HTTP calls have no service name, unless it is part of the method's, nor have TTHeader calls of some clients.
    /// </summary>
    public string? FallbackService { get; set; }

    /// <summary>Whether calls over TTHeader, Framed, Buffered and HTTP that do not name their service are refused. Default <see langword="false"/>.</summary>
    public bool RefuseWithoutServiceName { get; set; }

    /// <summary>
    /// Whether handlers of calls that share a connection begin on the thread that reads the connection, one after the other in the order of the requests. Default
    /// <see langword="false"/>: each begins on the thread pool. It saves a thread switch for each call, and is for handlers that never block and compute little before they await
    /// something: while one does, no other call of its connection is read. Handlers of calls that have a connection to themselves begin on its thread in any case.
    /// </summary>
    public bool RunHandlersInline { get; set; }

    internal ThriftPingPongServerOptions Snapshot() => (ThriftPingPongServerOptions)MemberwiseClone();
}
