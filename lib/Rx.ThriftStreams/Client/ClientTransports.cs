using Rx.ThriftStreams.Transport;
using Rx.ThriftStreams.Transports.Grpc;
using Rx.ThriftStreams.Transports.PingPong;
using Rx.ThriftStreams.Transports.TTHeaderStreaming;

namespace Rx.ThriftStreams.Client;

/// <summary>The table of client transports, and of the address schemes that select them. A new transport is a folder and a row here.</summary>
internal static class ClientTransports
{
    private static readonly ClientTransportDescriptor[] Transports =
    [
        GrpcTransport.Descriptor,
        TTHeaderStreamingTransport.Descriptor,
        .. PingPongTransport.Descriptors,
    ];

    /// <summary>Each scheme also exists with an <c>s</c> appended, for TLS, and with a resolver, as in <c>grpc+dns</c>.</summary>
    private static readonly AddressScheme[] Schemes =
    [
        new("grpc", Streams: ThriftTransport.Grpc, Calls: ThriftTransport.Grpc),
        new("ttheader", Streams: ThriftTransport.TTHeaderStreaming, Calls: ThriftTransport.TTHeaderFramed),
        new("http", Streams: ThriftTransport.Grpc, Calls: ThriftTransport.Http),
    ];

    /// <summary>The schemes as an error message lists them.</summary>
    internal static string SchemeList { get; } = string.Join(", ", Schemes.Select(static scheme => $"{scheme.Name}://, {scheme.Name}s://"));

    /// <summary>The row of a transport.</summary>
    /// <exception cref="ArgumentException">The value is not defined.</exception>
    internal static ClientTransportDescriptor Get(ThriftTransport kind)
        => Array.Find(Transports, row => row.Kind == kind) ?? throw new ArgumentException($"{kind} is not a transport.");

    /// <summary>The transports that have a capability, as an error message lists them.</summary>
    internal static string ListOf(TransportCapabilities capability)
        => string.Join(", ", Transports.Where(row => row.Has(capability)).Select(static row => row.Kind));

    /// <summary>Looks up a scheme, ignoring case.</summary>
    internal static bool TryGetScheme(string scheme, out AddressScheme found, out bool useTls)
    {
        foreach (var row in Schemes)
        {
            useTls = scheme.Length == row.Name.Length + 1 && scheme[^1] is 's' or 'S';
            if (string.Equals(useTls ? scheme[..^1] : scheme, row.Name, StringComparison.OrdinalIgnoreCase))
            {
                found = row;
                return true;
            }
        }

        (found, useTls) = (default, false);
        return false;
    }
}

/// <summary>What the scheme of an address selects.</summary>
/// <param name="Name">The scheme, in lower case.</param>
/// <param name="Streams">How streaming methods travel.</param>
/// <param name="Calls">How ping-pong methods travel.</param>
internal readonly record struct AddressScheme(string Name, ThriftTransport Streams, ThriftTransport Calls);
