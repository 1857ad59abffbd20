using System.Buffers;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.AspNetCore.Access;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.AspNetCore.Protection;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Sockets;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Port;

/// <summary>Reads the first bytes of connections and passes each connection to the protocol that they belong to.</summary>
internal sealed partial class ThriftPort
{
    private const int ShownBytes = 16;
    private const int UnknownId = 41;
    private const int SilentId = 42;
    private const int TlsId = 46;
    private const int Http1Id = 47;
    private const int NotServedId = 48;

    private readonly ThriftServerRuntime _runtime;
    private readonly ThriftProtocols _served;
    private readonly (PortProtocol Protocol, PortConnectionDelegate RunAsync)[] _protocols;
    private readonly HttpProbe? _probe;

    /// <param name="runtime">The host's settings and log.</param>
    /// <param name="services">The host's services.</param>
    /// <param name="next">Kestrel's own handling of a connection.</param>
    /// <param name="protocols">The protocols that the port speaks.</param>
    internal ThriftPort(ThriftServerRuntime runtime, ThriftProtocols protocols, IServiceProvider services, ConnectionDelegate next)
    {
        _runtime = runtime;
        _served = protocols;
        _probe = runtime.Options.HttpProbePath is null ? null : new HttpProbe(runtime, services);
        _protocols = [.. PortProtocol.All.Select(protocol => (protocol, protocol.Bind(services, next)))];
    }

    internal async Task OnConnectionAsync(ConnectionContext connection)
    {
        if (connection.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket)
        {
            TcpKeepAlive.Enable(socket);
        }

        var limit = _runtime.Traffic.Connections;
        var admission = limit.Enter();
        try
        {
            await ServeAsync(connection, admission).ConfigureAwait(false);
        }
        finally
        {
            limit.Leave(admission);
        }
    }

    private async ValueTask ServeAsync(ConnectionContext connection, ConnectionAdmission admission)
    {
        var peer = connection.RemoteEndPoint?.ToString() ?? "unknown";
        if (admission != ConnectionAdmission.Served)
        {
            Refusals.CountConnection(admission);
            if (_runtime.Entries.TryTake(Refusals.ConnectionId, LogLevel.Warning))
            {
                Refusals.LogConnection(_runtime.Logger, peer, _runtime.Traffic.Connections.Most, admission);
            }

            if (admission == ConnectionAdmission.Closed)
            {
                return;
            }

            connection.Features.Set(ConnectionOverLimit.Instance);
        }

        var stopping = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? CancellationToken.None;
        if (await DetectAsync(connection, peer, stopping).ConfigureAwait(false) is { } runAsync)
        {
            // One too many drains from its beginning: what is sent with it is refused, and it ends.
            await runAsync(connection, _served, admission == ConnectionAdmission.Refused ? new CancellationToken(canceled: true) : stopping).ConfigureAwait(false);
        }
    }

    /// <summary>Waits for the first bytes and leaves them where they are.</summary>
    /// <returns>What serves the connection; <see langword="null"/> if the bytes fit no protocol or do not come, which has then been logged.</returns>
    private async ValueTask<PortConnectionDelegate?> DetectAsync(ConnectionContext connection, string peer, CancellationToken stopping)
    {
        var input = connection.Transport.Input;
        var timeout = _runtime.Options.Limits.DetectionTimeout;
        using var limit = new CancellationTokenSource(CallTimers.DueTimeOfLimit(timeout), _runtime.Options.TimeProvider);

        // A connection that was made when the server began to stop may have a request on its way.
        var notice = CallTimers.DueTime(_runtime.Options.ShutdownNotice);
        using var stop = stopping.UnsafeRegister(_ => limit.CancelAfter(notice), null);
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
            if (!stopping.IsCancellationRequested)
            {
                LogSilent(peer, timeout);
            }
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
        var detected = ProtocolDetector.DetectConnection(first);
        foreach (var (protocol, runAsync) in _protocols)
        {
            if ((protocol.Speaks(detected) & _served) != 0)
            {
                return runAsync;
            }
        }

        return detected == WireProtocol.Http1 && _probe is { } probe ? probe.RunAsync : null;
    }

    /// <summary>Names what a peer speaks where it is a common mistake, with what to change.</summary>
    private void LogRefused(string peer, in ReadOnlySequence<byte> first)
    {
        switch (ProtocolDetector.DetectConnection(first))
        {
            case WireProtocol.Tls:
                if (MayLog(TlsId))
                {
                    LogTls(_runtime.Logger, peer);
                }

                break;

            case WireProtocol.Http1:
                if (MayLog(Http1Id))
                {
                    LogHttp1(_runtime.Logger, peer);
                }

                break;

            case var known when _protocols.FirstOrDefault(row => row.Protocol.Speaks(known) != 0).Protocol is { } protocol:
                if (MayLog(NotServedId))
                {
                    LogNotServed(_runtime.Logger, peer, protocol.Name, _served);
                }

                break;

            default:
                if (MayLog(UnknownId))
                {
                    LogUnknown(_runtime.Logger, peer, Convert.ToHexStringLower(first.Slice(0, Math.Min(ShownBytes, first.Length)).ToArray()));
                }

                break;
        }
    }

    private bool MayLog(int id) => _runtime.Entries.TryTake(id, LogLevel.Warning);

    private void LogSilent(string peer, TimeSpan limit)
    {
        if (MayLog(SilentId))
        {
            LogSilent(_runtime.Logger, peer, limit);
        }
    }

    [LoggerMessage(UnknownId, LogLevel.Warning, "A connection from {Peer} was closed: its first bytes, {Bytes}, do not belong to a protocol that is served here.", EventName = "ProtocolUnknown")]
    private static partial void LogUnknown(ILogger logger, string peer, string bytes);

    [LoggerMessage(TlsId, LogLevel.Warning, "A connection from {Peer} was closed: it speaks TLS and this port does not. Add UseHttps() before UseThriftStreams(), or UseTls() to a ThriftServer; or use the schemes grpc and ttheader instead of grpcs and ttheaders in the client.", EventName = "TlsNotServed")]
    private static partial void LogTls(ILogger logger, string peer);

    [LoggerMessage(Http1Id, LogLevel.Warning, "A connection from {Peer} was closed: it speaks HTTP/1, and this port accepts only HTTP/2 with prior knowledge. Set the version of the HTTP client to exactly 2.0, or serve browsers on another port. For health checks there is ThriftServerOptions.HttpProbePath.", EventName = "Http1NotServed")]
    private static partial void LogHttp1(ILogger logger, string peer);

    [LoggerMessage(NotServedId, LogLevel.Warning, "A connection from {Peer} was closed: it speaks {Protocol}, and this port serves {Served} only. Pass the protocol to UseThriftStreams, or to UseProtocols of a ThriftServer, to serve it.", EventName = "ProtocolNotServed")]
    private static partial void LogNotServed(ILogger logger, string peer, string protocol, ThriftProtocols served);

    [LoggerMessage(SilentId, LogLevel.Warning, "A connection from {Peer} was closed: it did not send the bytes that name its protocol within {Limit}.", EventName = "ConnectionSilent")]
    private static partial void LogSilent(ILogger logger, string peer, TimeSpan limit);
}
