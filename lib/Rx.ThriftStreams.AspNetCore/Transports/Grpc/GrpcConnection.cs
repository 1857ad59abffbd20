using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.AspNetCore.Access;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.AspNetCore.Transports.Grpc;

/// <summary>
/// What the calls of one HTTP/2 connection share: the memory that they may hold, how often their caller has cancelled one, and the orderly end of the connection. A
/// feature of the connection.
/// </summary>
/// <remarks>
/// Kestrel bounds the streams that run, those of them that were reset included, by twice the number that may be open. With the many streams that are allowed
/// here that would admit a flood of requests that are reset at once (CVE-2023-44487); so resets are counted. Thread-safe.
/// </remarks>
internal sealed partial class GrpcConnection(ConnectionContext connection, ThriftServerRuntime runtime, CancellationToken stopping) : IDisposable
{
    private const int FloodId = 44;
    private const int PingsId = 52;

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private long _since = runtime.Options.TimeProvider.GetTimestamp();
    private int _resets;
    private bool _cut;
    private PeerName? _peer;

    /// <summary>What the calls hold of messages that have not arrived completely.</summary>
    internal PeerMemory Memory { get; } = runtime.CreateConnectionMemory();

    /// <summary>Whether it is one too many, so that its calls are refused.</summary>
    internal bool IsOverLimit { get; } = connection.Features.Get<ConnectionOverLimit>() is not null;

    internal GrpcDrain Drain { get; } = new(connection, runtime, stopping);

    /// <summary>Names the peer of a call: that of the connection, unless something that trusts a proxy says otherwise.</summary>
    internal string NameOf(IPAddress? address, int port)
    {
        var peer = _peer;
        if (peer is null || !ReferenceEquals(peer.Address, address) || peer.Port != port)
        {
            _peer = peer = PeerName.Of(address, port);
        }

        return peer.Text;
    }

    /// <summary>The caller has cancelled a call. Too many within a second end the connection.</summary>
    internal void CountReset()
    {
        var limit = runtime.Options.Limits.MaxResetsPerSecond;
        if (limit <= 0 || Drain.IsCutOff || connection.ConnectionClosed.IsCancellationRequested)
        {
            return;
        }

        lock (_gate)
        {
            var clock = runtime.Options.TimeProvider;
            if (clock.GetElapsedTime(_since) >= Window)
            {
                _since = clock.GetTimestamp();
                _resets = 0;
            }

            if (++_resets <= limit || _cut)
            {
                return;
            }

            _cut = true;
        }

        if (runtime.Entries.TryTake(FloodId, LogLevel.Warning))
        {
            LogFlood(runtime.Logger, connection.RemoteEndPoint?.ToString() ?? "unknown", limit);
        }

        connection.Abort(new ConnectionAbortedException("The caller cancelled too many calls."));
    }

    /// <summary>The client has sent too many PINGs, so that the connection is closed.</summary>
    internal void LogPings(TimeSpan interval)
    {
        if (runtime.Entries.TryTake(PingsId, LogLevel.Warning))
        {
            LogPings(runtime.Logger, connection.RemoteEndPoint?.ToString() ?? "unknown", interval);
        }
    }

    public void Dispose()
    {
        Drain.Dispose();
        Memory.Close();
    }

    [LoggerMessage(PingsId, LogLevel.Warning, "The connection from {Peer} was closed: its client sends HTTP/2 PINGs more often than every {Interval}, with no call between them. Let its keep-alive ping less often, or lower ThriftServerOptions.Grpc.MinPingInterval.", EventName = "TooManyPings")]
    private static partial void LogPings(ILogger logger, string peer, TimeSpan interval);

    [LoggerMessage(FloodId, LogLevel.Warning, "The connection from {Peer} was closed: its caller cancelled more than {Limit} calls within a second.", EventName = "TooManyResets")]
    private static partial void LogFlood(ILogger logger, string peer, int limit);
}
