namespace Rx.ThriftStreams.AspNetCore;

/// <summary>What a proxy forwards. Read once, when the proxy is mapped. See <c>MapThriftProxy</c>.</summary>
public sealed class ThriftProxyOptions
{
    /// <summary>
    /// Names of headers and trailers that are not forwarded in either direction, whatever their case; for instance <c>authorization</c> if the other server must not see the
    /// credentials of callers. Also applies to transient metainfo, where <c>authorization</c> is <c>AUTHORIZATION</c>. Default: none. Headers of a single hop are never forwarded.
    /// </summary>
    public ISet<string> DroppedHeaders { get; } = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
}
