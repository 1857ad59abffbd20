namespace Rx.ThriftStreams.Wire;

/// <summary>A method's name with its service's in front, <c>service:method</c>, as Apache's <c>TMultiplexedProtocol</c> writes it.</summary>
internal static class MultiplexedName
{
    private const char Separator = ':';

    internal static string Join(string service, string method) => string.Concat(service, ":", method);

    /// <summary>Takes a name apart.</summary>
    /// <returns><see langword="false"/> if it names no service.</returns>
    internal static bool TrySplit(string name, out string service, out string method)
    {
        var separator = name.IndexOf(Separator, StringComparison.Ordinal);
        (service, method) = separator > 0 ? (name[..separator], name[(separator + 1)..]) : (string.Empty, name);
        return separator > 0;
    }
}
