namespace Rx.ThriftStreams.AspNetCore;

/// <summary>Settings of a server's ping-pong transports: <see cref="ThriftServerOptions.PingPong"/>.</summary>
public sealed class ThriftPingPongServerOptions
{
    internal ThriftPingPongServerOptions()
    {
    }

    /// <summary>
    /// The service, by its name in the IDL, that gets calls without a service name when several services have the method. Default: none. Only Framed and Buffered
    /// calls, and TTHeader calls of some clients, have no service name.
    /// </summary>
    public string? FallbackService { get; set; }

    /// <summary>Whether calls over TTHeader, Framed and Buffered that do not name their service are refused. Default <see langword="false"/>.</summary>
    public bool RefuseWithoutServiceName { get; set; }

    internal ThriftPingPongServerOptions Snapshot() => (ThriftPingPongServerOptions)MemberwiseClone();
}
