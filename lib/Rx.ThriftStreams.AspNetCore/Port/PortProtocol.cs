using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.DependencyInjection;
using Rx.ThriftStreams.AspNetCore.Access;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.AspNetCore.Transports.Grpc;
using Rx.ThriftStreams.AspNetCore.Transports.PingPong;
using Rx.ThriftStreams.AspNetCore.Transports.TTHeaderStreaming;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Port;

/// <summary>A protocol that a port speaks: one row of the table of server transports that connections reach by their first bytes.</summary>
/// <param name="Name">Its name, for logs.</param>
/// <param name="Speaks">The protocols that a connection with this beginning may speak; none if it belongs to another row.</param>
/// <param name="Bind">Makes what serves a connection: from the host's services, and from Kestrel's own handling of the connection.</param>
internal sealed record PortProtocol(string Name, Func<WireProtocol, ThriftProtocols> Speaks, Func<IServiceProvider, ConnectionDelegate, PortConnectionDelegate> Bind)
{
    /// <summary>The table. A transport that connections reach by their first bytes is a folder and a row here; the first row that fits serves the connection.</summary>
    internal static PortProtocol[] All { get; } =
    [
        new(
            "HTTP/2",
            static first => first == WireProtocol.Http2 ? ThriftProtocols.Grpc : ThriftProtocols.None,
            static (services, next) =>
            {
                var runtime = services.GetRequiredService<ThriftServerRuntime>();
                return async (connection, _, stopping) =>
                {
                    using var http2 = new GrpcConnection(connection, runtime, stopping);
                    connection.Features.Set(http2);
                    connection.Features.Set<IConnectionLifetimeNotificationFeature>(http2.Drain);
                    if (runtime.Options.Grpc.MinPingInterval is var interval && interval > TimeSpan.Zero)
                    {
                        connection.Transport = new PingGuard(
                            connection.Transport, new PingPolicy(interval, runtime.Options.TimeProvider), () => http2.LogPings(interval));
                    }

                    await next(connection).ConfigureAwait(false);
                };
            }),
        new(
            "TTHeader Streaming",
            static first => first == WireProtocol.TTHeaderStreaming ? ThriftProtocols.TTHeaderStreaming : ThriftProtocols.None,
            static (services, _) =>
            {
                var handler = services.GetRequiredService<TTHeaderStreamingHandler>();
                return (connection, protocols, stopping) => handler.RunAsync(
                    connection.Transport, new KestrelConnectionControl(connection), ServerConnection.Of(connection, protocols), stopping);
            }),
        new(
            "ping-pong Thrift",
            static first => first switch
            {
                WireProtocol.TTHeader => ThriftProtocols.TTHeader,
                WireProtocol.Framed => ThriftProtocols.Framed,
                WireProtocol.Buffered => ThriftProtocols.Buffered,
                WireProtocol.Mesh => ThriftProtocols.Framed | ThriftProtocols.Buffered,
                _ => ThriftProtocols.None,
            },
            static (services, _) =>
            {
                var handler = services.GetRequiredService<PingPongHandler>();
                return (connection, protocols, stopping) => handler.RunAsync(
                    connection.Transport, new KestrelConnectionControl(connection), ServerConnection.Of(connection, protocols), connection.ConnectionClosed, stopping);
            }),
    ];
}

/// <summary>Serves a connection until it ends. Never fails.</summary>
/// <param name="connection">The connection, with its first bytes unread.</param>
/// <param name="protocols">The protocols that the port speaks.</param>
/// <param name="stopping">The host stops.</param>
internal delegate Task PortConnectionDelegate(ConnectionContext connection, ThriftProtocols protocols, CancellationToken stopping);
