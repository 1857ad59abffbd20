using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Rx.ThriftStreams.AspNetCore.Hosting;

/// <summary>Kestrel's HTTP/2 limits for hosts with an endpoint for streams. Kestrel has one set of them for all endpoints of a host.</summary>
/// <remarks>
/// Kestrel returns the credit of a connection only for what was consumed, so a connection whose window is full of unread requests is stuck as a whole. The
/// window of a stream is therefore a small part of that of its connection: 256 calls that do not read their requests leave room for others. What the
/// connection's window admits is what one connection can make Kestrel hold.
/// </remarks>
internal static class KestrelStreamLimits
{
    internal const int StreamWindowSize = 256 * 1024;
    internal const int ConnectionWindowSize = 64 * 1024 * 1024;

    private static readonly Http2Limits Shipped = new KestrelServerLimits().Http2;

    /// <summary>Changes what still has the value that Kestrel ships with: settings of the host's own win, whenever they are made.</summary>
    internal static void Fit(Http2Limits limits, ThriftServerOptions options)
    {
        if (limits.MaxStreamsPerConnection == Shipped.MaxStreamsPerConnection)
        {
            limits.MaxStreamsPerConnection = options.Limits.MaxStreamsPerConnection;
        }

        if (limits.InitialStreamWindowSize == Shipped.InitialStreamWindowSize)
        {
            limits.InitialStreamWindowSize = StreamWindowSize;
        }

        if (limits.InitialConnectionWindowSize == Shipped.InitialConnectionWindowSize)
        {
            limits.InitialConnectionWindowSize = ConnectionWindowSize;
        }

        if (limits.KeepAlivePingDelay == Shipped.KeepAlivePingDelay && options.Grpc.KeepAlivePingDelay != Timeout.InfiniteTimeSpan)
        {
            limits.KeepAlivePingDelay = options.Grpc.KeepAlivePingDelay;
            limits.KeepAlivePingTimeout = options.Grpc.KeepAlivePingTimeout == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : options.Grpc.KeepAlivePingTimeout;
        }
    }
}
