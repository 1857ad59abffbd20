using System.Buffers;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.Sockets;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Port;

/// <summary>Reads the first bytes of connections and passes each connection to the protocol that they belong to.</summary>
internal sealed partial class ThriftPort
{
    private const int ShownBytes = 16;

    private readonly ThriftServerRuntime _runtime;
    private readonly (FirstBytes IsSpokenBy, PortConnectionDelegate RunAsync)[] _protocols;

    /// <param name="runtime">The host's settings and log.</param>
    /// <param name="services">The host's services.</param>
    /// <param name="next">Kestrel's own handling of a connection.</param>
    internal ThriftPort(ThriftServerRuntime runtime, IServiceProvider services, ConnectionDelegate next)
    {
        _runtime = runtime;
        _protocols = [.. PortProtocol.All.Select(protocol => (protocol.IsSpokenBy, protocol.Bind(services, next)))];
    }

    internal async Task OnConnectionAsync(ConnectionContext connection)
    {
        if (connection.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket)
        {
            TcpKeepAlive.Enable(socket);
        }

        var peer = connection.RemoteEndPoint?.ToString() ?? "unknown";
        if (await DetectAsync(connection, peer).ConfigureAwait(false) is { } runAsync)
        {
            var stopping = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? CancellationToken.None;
            await runAsync(connection, peer, stopping).ConfigureAwait(false);
        }
    }

    /// <summary>Waits for the first bytes and leaves them where they are.</summary>
    /// <returns>What serves the connection; <see langword="null"/> if the bytes fit no protocol or do not come, which has then been logged.</returns>
    private async ValueTask<PortConnectionDelegate?> DetectAsync(ConnectionContext connection, string peer)
    {
        var input = connection.Transport.Input;
        using var limit = _runtime.Options.Limits.DetectionTimeout > TimeSpan.Zero
            ? new CancellationTokenSource(_runtime.Options.Limits.DetectionTimeout, _runtime.Options.TimeProvider)
            : new CancellationTokenSource();
        try
        {
            while (true)
            {
                var result = await input.ReadAsync(limit.Token).ConfigureAwait(false);
                if (ProtocolDetector.DetectConnection(result.Buffer) != WireProtocol.NeedMore)
                {
                    if (ProtocolOf(result.Buffer) is { } runAsync)
                    {
                        // Not examined: the next read returns the same bytes.
                        input.AdvanceTo(result.Buffer.Start);
                        return runAsync;
                    }

                    LogRefused(peer, result.Buffer);
                    input.AdvanceTo(result.Buffer.End);
                    return null;
                }

                if (result.IsCompleted)
                {
                    input.AdvanceTo(result.Buffer.End);
                    return null;
                }

                input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            LogSilent(peer, _runtime.Options.Limits.DetectionTimeout);
        }
        catch (Exception error) when (error is IOException or ConnectionAbortedException or OperationCanceledException)
        {
            // The client went away before it sent anything.
        }

        return null;
    }

    private PortConnectionDelegate? ProtocolOf(in ReadOnlySequence<byte> received)
    {
        Span<byte> bytes = stackalloc byte[ProtocolDetector.NeededBytes];
        var first = bytes[..(int)Math.Min(received.Length, bytes.Length)];
        received.Slice(0, first.Length).CopyTo(first);
        foreach (var (isSpokenBy, runAsync) in _protocols)
        {
            if (isSpokenBy(first))
            {
                return runAsync;
            }
        }

        return null;
    }

    /// <summary>Names what a peer speaks where it is a common mistake, with what to change.</summary>
    private void LogRefused(string peer, in ReadOnlySequence<byte> first)
    {
        if (!_runtime.Warnings.TryTake(_runtime.Logger))
        {
            return;
        }

        switch (ProtocolDetector.DetectConnection(first))
        {
            case WireProtocol.Tls:
                LogTls(_runtime.Logger, peer);
                break;

            case WireProtocol.Http1:
                LogHttp1(_runtime.Logger, peer);
                break;

            default:
                LogUnknown(_runtime.Logger, peer, Convert.ToHexStringLower(first.Slice(0, Math.Min(ShownBytes, first.Length)).ToArray()));
                break;
        }
    }

    private void LogSilent(string peer, TimeSpan limit)
    {
        if (_runtime.Warnings.TryTake(_runtime.Logger))
        {
            LogSilent(_runtime.Logger, peer, limit);
        }
    }

    [LoggerMessage(41, LogLevel.Warning, "A connection from {Peer} was closed: its first bytes, {Bytes}, do not belong to a protocol that is served here.")]
    private static partial void LogUnknown(ILogger logger, string peer, string bytes);

    [LoggerMessage(46, LogLevel.Warning, "A connection from {Peer} was closed: it speaks TLS and this port does not. Add UseHttps() before UseThriftStreams(), or UseTls() to a ThriftServer; or use the schemes grpc and ttheader instead of grpcs and ttheaders in the client.")]
    private static partial void LogTls(ILogger logger, string peer);

    [LoggerMessage(47, LogLevel.Warning, "A connection from {Peer} was closed: it speaks HTTP/1, and this port accepts only HTTP/2 with prior knowledge. Set the version of the HTTP client to exactly 2.0, or serve browsers and health checks on another port.")]
    private static partial void LogHttp1(ILogger logger, string peer);

    [LoggerMessage(42, LogLevel.Warning, "A connection from {Peer} was closed: it did not send the bytes that name its protocol within {Limit}.")]
    private static partial void LogSilent(ILogger logger, string peer, TimeSpan limit);
}
