using System.Collections.Frozen;
using System.Diagnostics;
using Rx.ThriftStreams.Primitives;

namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>Which headers and trailers a proxy forwards: not those of a single hop, and none that a protocol of the next hop would understand as its own.</summary>
internal static class ProxyHeaders
{
    // HTTP's hop-by-hop headers and those that agree on encodings; then Kitex's pairs, and this library's, which the next hop gets from the client of the proxy.
    private static readonly FrozenSet<string> SingleHop = FrozenSet.Create(
        StringComparer.Ordinal,
        "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "trailer", "upgrade", "expect", "date", "server", "alt-svc",
        "accept", "accept-encoding", "accept-charset", "content-encoding",
        "source-service", "isn", "rip", "crc32c", "crrst", "ttscp", "biz-message",
        "rx-window", "rx-credit", "rx-timeout", "rx-status", "thrift-timeout-ms");

    private static readonly FrozenSet<string> TraceNames = FrozenSet.Create(StringComparer.Ordinal, "traceparent", "tracestate");

    /// <summary>Copies what is forwarded.</summary>
    /// <param name="source">What was received.</param>
    /// <param name="target">Receives the copies.</param>
    /// <param name="dropped">Names that are not forwarded.</param>
    /// <param name="fixedByProxy">Headers that the proxy itself sends: the caller must not replace them.</param>
    /// <param name="isTraced">Whether the proxy sends a trace context of its own.</param>
    /// <exception cref="ArgumentException">A name or a value cannot be sent over every transport.</exception>
    internal static void Copy(ThriftMetadata source, ThriftMetadata target, IReadOnlySet<string> dropped, ThriftMetadata? fixedByProxy = null, bool isTraced = false)
    {
        foreach (var (name, value) in source)
        {
            if (!ThriftMetadataNames.IsReserved(name)
                && !SingleHop.Contains(name)
                && !dropped.Contains(name)
                && !(isTraced && TraceNames.Contains(name))
                && fixedByProxy?.TryGetValue(name, out _) != true)
            {
                ThriftMetadataNames.CheckValue(ThriftMetadataNames.Normalize(name), value);
                target.AddReceived(name, value);
            }
        }
    }

    /// <summary>Whether the client of a proxy adds a trace context to the call.</summary>
    internal static bool IsTraced(ThriftChannel upstream) => upstream.PropagatesTraceContext && Activity.Current is not null;
}
