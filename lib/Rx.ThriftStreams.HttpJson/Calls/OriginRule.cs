using Microsoft.AspNetCore.Http;

namespace Rx.ThriftStreams.HttpJson.Calls;

/// <summary>
/// Which web pages may send requests that browsers do not check by CORS first: WebSocket handshakes and GET. They carry the cookies of the user, whichever page sends
/// them.
/// </summary>
internal sealed class OriginRule(IEnumerable<string> allowed)
{
    private readonly HashSet<string> _allowed = new(allowed, StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether the request comes from a page of this server, from an allowed one, or from no page.</summary>
    internal bool Allows(HttpRequest request)
    {
        var origin = request.Headers.Origin.ToString();
        if (_allowed.Contains("*"))
        {
            return true;
        }

        if (origin.Length > 0)
        {
            return _allowed.Contains(origin) || (Uri.TryCreate(origin, UriKind.Absolute, out var page) && IsSameHost(page, request.Host));
        }

        // Images and links send no origin.
        return request.Headers["Sec-Fetch-Site"].ToString() is "" or "same-origin" or "none";
    }

    /// <summary>Without the scheme, which is another one behind a proxy that ends TLS.</summary>
    private static bool IsSameHost(Uri page, HostString host)
        => string.Equals(page.Host, host.Host, StringComparison.OrdinalIgnoreCase) && (host.Port is { } port ? port == page.Port : page.IsDefaultPort);
}
