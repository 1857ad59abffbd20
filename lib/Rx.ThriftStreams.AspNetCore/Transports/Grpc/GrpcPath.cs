using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Rx.ThriftStreams.AspNetCore.Transports.Grpc;

/// <summary>Paths of gRPC requests: <c>/package.Service/Method</c>. The package is not used to find the service, as in Kitex.</summary>
internal static class GrpcPath
{
    /// <summary>
    /// Whether a path was sent as the server reads it. Kestrel resolves escapes and dot segments, by which a path could get past a proxy that permits or refuses paths by
    /// their text. Names of services and methods need neither.
    /// </summary>
    internal static bool IsLiteral(HttpContext http)
        => http.Features.Get<IHttpRequestFeature>()?.RawTarget is not { } target
            || !(target.AsSpan().ContainsAny('%', '?')
                || target.Contains("/./", StringComparison.Ordinal)
                || target.Contains("/../", StringComparison.Ordinal)
                || target is [.., '/'] or [.., '/', '.'] or [.., '/', '.', '.']);

    /// <returns><see langword="false"/> if there is no slash between a service and a method.</returns>
    internal static bool TryParse(string? path, out string service, out string method) => TryParse(path, out _, out service, out method);

    /// <inheritdoc cref="TryParse(string?, out string, out string)"/>
    internal static bool TryParse(string? path, out string package, out string service, out string method)
    {
        package = service = method = string.Empty;
        var text = path is ['/', ..] ? path.AsSpan(1) : path.AsSpan();
        var slash = text.LastIndexOf('/');
        if (slash < 0)
        {
            return false;
        }

        var qualified = text[..slash];
        var dot = qualified.LastIndexOf('.');
        package = qualified[..Math.Max(0, dot)].ToString();
        service = qualified[(dot + 1)..].ToString();
        method = text[(slash + 1)..].ToString();
        return true;
    }
}
