namespace Rx.ThriftStreams.Etcd.Registry;

/// <summary>Keys of Kitex's registry: <c>prefix/service/host:port</c>.</summary>
internal static class RegistryKey
{
    /// <summary>The start of the keys of a service. The final slash keeps <c>svc2</c> from being found as <c>svc</c>.</summary>
    internal static string OfService(string prefix, string service) => $"{prefix}/{service}/";

    internal static string OfInstance(string prefix, string service, string address) => $"{prefix}/{service}/{address}";

    /// <exception cref="ArgumentException">The name cannot be part of a key.</exception>
    internal static void CheckService(string? service, string parameterName)
    {
        if (string.IsNullOrEmpty(service) || service.Contains('/', StringComparison.Ordinal))
        {
            throw new ArgumentException($"\"{service}\" is not the name of a service in etcd. It must not be empty or contain a slash.", parameterName);
        }
    }

    /// <summary>The end of a range: the first key that does not begin with the prefix.</summary>
    internal static byte[] EndOf(ReadOnlySpan<byte> prefix)
    {
        var end = prefix.ToArray();
        // UTF-8 has no byte 0xFF, and a service's prefix ends with a slash.
        end[^1]++;
        return end;
    }
}
