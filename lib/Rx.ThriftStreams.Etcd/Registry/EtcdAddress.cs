namespace Rx.ThriftStreams.Etcd.Registry;

/// <summary>Reads the address of a member of etcd's cluster.</summary>
internal static class EtcdAddress
{
    /// <summary>The member that etcd's own tools use by default.</summary>
    internal const string Default = "127.0.0.1:2379";

    /// <exception cref="ArgumentException">It is not an address.</exception>
    internal static Uri Parse(string endpoint, bool useTls)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        var text = endpoint.Contains("://", StringComparison.Ordinal) ? endpoint : $"{(useTls ? "https" : "http")}://{endpoint}";
        return Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri is { PathAndQuery: "/", UserInfo: "" }
            ? uri
            : throw new ArgumentException($"\"{endpoint}\" is not an endpoint of etcd. Write host:port, http://host:port or https://host:port.", nameof(endpoint));
    }
}
