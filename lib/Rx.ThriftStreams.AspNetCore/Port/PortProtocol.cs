using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.AspNetCore.Transports.Grpc;
using Rx.ThriftStreams.AspNetCore.Transports.PingPong;
using Rx.ThriftStreams.AspNetCore.Transports.TTHeaderStreaming;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Port;

/// <summary>A protocol that a port speaks: one row of the table of server transports that connections reach by their first bytes.</summary>
/// <param name="Name">Its name, for logs.</param>
/// <param name="IsSpokenBy">Whether these first bytes of a connection, as many as <see cref="ProtocolDetector"/> needs, belong to it.</param>
/// <param name="Bind">Makes what serves a connection: from the host's services, and from Kestrel's own handling of the connection.</param>
internal sealed record PortProtocol(string Name, FirstBytes IsSpokenBy, Func<IServiceProvider, ConnectionDelegate, PortConnectionDelegate> Bind)
{
    /// <summary>The table. A transport that connections reach by their first bytes is a folder and a row here; the first row that fits serves the connection.</summary>
    internal static PortProtocol[] All { get; } =
    [
        new(
            "HTTP/2",
            static first => ProtocolDetector.DetectConnection(first) == WireProtocol.Http2,
            static (services, next) =>
            {
                var runtime = services.GetRequiredService<ThriftServerRuntime>();
                return async (connection, _, _) =>
                {
                    using var http2 = new GrpcConnection(connection, runtime);
                    connection.Features.Set(http2);
                    await next(connection).ConfigureAwait(false);
                };
            }),
        new(
            "TTHeader Streaming",
            static first => ProtocolDetector.DetectConnection(first) == WireProtocol.TTHeaderStreaming,
            static (services, _) =>
            {
                var handler = services.GetRequiredService<TTHeaderStreamingHandler>();
                return (connection, peer, stopping) => handler.RunAsync(connection.Transport, new KestrelConnectionControl(connection), peer, stopping);
            }),
        new(
            "ping-pong Thrift",
            static first => ProtocolDetector.DetectConnection(first) is WireProtocol.TTHeader or WireProtocol.Mesh or WireProtocol.Framed or WireProtocol.Buffered,
            static (services, _) =>
            {
                var handler = services.GetRequiredService<PingPongHandler>();
                return (connection, peer, stopping) => handler.RunAsync(
                    connection.Transport, new KestrelConnectionControl(connection), peer, connection.ConnectionClosed, stopping);
            }),
    ];
}

/// <summary>Looks at the first bytes of a connection.</summary>
internal delegate bool FirstBytes(ReadOnlySpan<byte> first);

/// <summary>Serves a connection until it ends. Never fails.</summary>
/// <param name="connection">The connection, with its first bytes unread.</param>
/// <param name="peer">The client's address, as <c>host:port</c>.</param>
/// <param name="stopping">The host stops.</param>
internal delegate Task PortConnectionDelegate(ConnectionContext connection, string peer, CancellationToken stopping);
