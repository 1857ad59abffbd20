namespace Rx.ThriftStreams.Options;

/// <summary>Reads the text form of an endpoint: <c>host:port</c>, or <c>unix:/path</c> for a Unix domain socket.</summary>
internal static class EndpointAddress
{
    private const string UnixPrefix = "unix:";

    /// <summary>Whether the endpoint is a Unix domain socket.</summary>
    internal static bool IsUnix(string endpoint) => endpoint.StartsWith(UnixPrefix, StringComparison.OrdinalIgnoreCase);

    /// <summary>The path of a Unix domain socket.</summary>
    internal static string PathOf(string endpoint) => endpoint[UnixPrefix.Length..];

    /// <summary>The endpoint of a Unix domain socket.</summary>
    internal static string ForPath(string path) => UnixPrefix + path;

    /// <summary>The host without brackets and port; <c>localhost</c> for a Unix domain socket.</summary>
    internal static string HostOf(string endpoint) => IsUnix(endpoint) ? "localhost" : endpoint[..endpoint.LastIndexOf(':')].Trim('[', ']');

    /// <summary>The port as text.</summary>
    internal static string PortOf(string endpoint) => endpoint[(endpoint.LastIndexOf(':') + 1)..];

    /// <summary>The endpoint of a host, which may be an IPv6 address without brackets, and a port.</summary>
    internal static string Join(string host, string port) => host.Contains(':', StringComparison.Ordinal) ? $"[{host}]:{port}" : $"{host}:{port}";

    /// <summary>Whether the text is an endpoint.</summary>
    internal static bool IsEndpoint(string text) => IsUnix(text)
        ? text.Length > UnixPrefix.Length
        : Uri.TryCreate($"tcp://{text}", UriKind.Absolute, out var uri)
            && uri.Port is > 0 and <= 65535
            && uri.AbsolutePath is "/" or ""
            && uri.UserInfo.Length == 0;

    /// <summary>Throws unless the text is an endpoint.</summary>
    /// <exception cref="ArgumentException">It is not.</exception>
    internal static void Check(string endpoint, string parameterName)
    {
        if (!IsEndpoint(endpoint))
        {
            throw new ArgumentException($"\"{endpoint}\" is not an endpoint of the form host:port or unix:/path.", parameterName);
        }
    }
}
