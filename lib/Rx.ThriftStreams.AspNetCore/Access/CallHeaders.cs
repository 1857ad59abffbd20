using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.AspNetCore.Access;

/// <summary>The headers of a call that did not arrive over HTTP, as authentication schemes read them.</summary>
internal static class CallHeaders
{
    /// <summary>
    /// The call's metadata, and its transient metainfo where no metadata has that name: <c>AUTHORIZATION</c> becomes <c>authorization</c>. Kitex's clients can
    /// send nothing else over TTHeader. Persistent metainfo stays out, because the caller may pass on what a caller of its own sent.
    /// </summary>
    internal static HeaderDictionary Of(ServerTransportCall call)
    {
        var headers = new HeaderDictionary();
        foreach (var (name, value) in call.RequestHeaders)
        {
            headers[name] = headers.TryGetValue(name, out var values) ? StringValues.Concat(values, value) : value;
        }

        foreach (var (key, value) in call.MetaInfo.TransientValues)
        {
            headers.TryAdd(key.ToLowerInvariant().Replace('_', '-'), value);
        }

        return headers;
    }

    /// <summary>The host that the caller addresses: by a header, by the destination of a TTHeader, or in the handshake of TLS.</summary>
    internal static HostString HostOf(IHeaderDictionary headers, ServerTransportCall call)
    {
        if (headers.Host.ToString() is { Length: > 0 } header)
        {
            return new(header);
        }

        if (call.Host is { Length: > 0 } host)
        {
            return new(host);
        }

        return call.Connection switch
        {
            { ServerName.Length: 0 } => default,
            { ServerName: var name, LocalEndPoint: IPEndPoint local } => new(name, local.Port),
            { ServerName: var name } => new(name),
        };
    }
}
