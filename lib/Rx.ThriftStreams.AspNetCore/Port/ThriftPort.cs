using System.Buffers;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.AspNetCore.Transports.Grpc;
using Rx.ThriftStreams.AspNetCore.Transports.PingPong;
using Rx.ThriftStreams.AspNetCore.Transports.TTHeaderStreaming;
using Rx.ThriftStreams.Sockets;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Port;

/// <summary>Looks at the first bytes of connections and hands each to the transport that speaks its protocol.</summary>
internal sealed partial class ThriftPort(ThriftServerRuntime runtime, TTHeaderStreamingHandler streaming, PingPongHandler pingPong)
{
    private const int ShownBytes = 16;

    internal async Task OnConnectionAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (connection.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket)
        {
            TcpKeepAlive.Enable(socket);
        }

        var peer = connection.RemoteEndPoint?.ToString() ?? "unknown";
        var protocol = await DetectAsync(connection, peer).ConfigureAwait(false);
        var stopping = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? CancellationToken.None;
        switch (protocol)
        {
            case WireProtocol.Http2:
                using (var http2 = new GrpcConnection(connection, runtime))
                {
                    connection.Features.Set(http2);
                    await next(connection).ConfigureAwait(false);
                }

                break;

            case WireProtocol.TTHeaderStreaming:
                await streaming.RunAsync(connection.Transport, peer, stopping).ConfigureAwait(false);
                break;

            case WireProtocol.TTHeader or WireProtocol.Mesh or WireProtocol.Framed or WireProtocol.Buffered:
                await pingPong.RunAsync(connection.Transport, peer, connection.ConnectionClosed, stopping).ConfigureAwait(false);
                break;
        }
    }

    /// <summary>Waits for the first bytes and leaves them where they are.</summary>
    /// <returns><see cref="WireProtocol.Unknown"/> if they fit nothing or do not come; then it has been logged.</returns>
    private async ValueTask<WireProtocol> DetectAsync(ConnectionContext connection, string peer)
    {
        var input = connection.Transport.Input;
        using var limit = runtime.Options.DetectionTimeout > TimeSpan.Zero
            ? new CancellationTokenSource(runtime.Options.DetectionTimeout, runtime.Options.TimeProvider)
            : new CancellationTokenSource();
        try
        {
            while (true)
            {
                var result = await input.ReadAsync(limit.Token).ConfigureAwait(false);
                var protocol = ProtocolDetector.DetectConnection(result.Buffer);
                switch (protocol)
                {
                    case WireProtocol.NeedMore when result.IsCompleted:
                        input.AdvanceTo(result.Buffer.End);
                        return WireProtocol.Unknown;

                    case WireProtocol.NeedMore:
                        input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
                        break;

                    case WireProtocol.Unknown or WireProtocol.FramedKitexProtobuf:
                        LogUnknown(peer, Convert.ToHexStringLower(result.Buffer.Slice(0, Math.Min(ShownBytes, result.Buffer.Length)).ToArray()));
                        input.AdvanceTo(result.Buffer.End);
                        return WireProtocol.Unknown;

                    default:
                        // Not examined: the next read gives the same bytes.
                        input.AdvanceTo(result.Buffer.Start);
                        return protocol;
                }
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            LogSilent(peer, runtime.Options.DetectionTimeout);
        }
        catch (Exception error) when (error is IOException or ConnectionAbortedException or OperationCanceledException)
        {
            // The client went away before it said anything.
        }

        return WireProtocol.Unknown;
    }

    private void LogUnknown(string peer, string bytes)
    {
        if (runtime.Warnings.TryTake(runtime.Logger))
        {
            LogUnknown(runtime.Logger, peer, bytes);
        }
    }

    private void LogSilent(string peer, TimeSpan limit)
    {
        if (runtime.Warnings.TryTake(runtime.Logger))
        {
            LogSilent(runtime.Logger, peer, limit);
        }
    }

    [LoggerMessage(41, LogLevel.Warning, "A connection from {Peer} was closed: its first bytes, {Bytes}, are of no protocol that is served here.")]
    private static partial void LogUnknown(ILogger logger, string peer, string bytes);

    [LoggerMessage(42, LogLevel.Warning, "A connection from {Peer} was closed: it did not say within {Limit} which protocol it speaks.")]
    private static partial void LogSilent(ILogger logger, string peer, TimeSpan limit);
}
