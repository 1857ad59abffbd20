namespace Rx.ThriftStreams.Governance;

/// <summary>What a channel's address says: the transport, whether over TLS, and the endpoints.</summary>
internal sealed class ThriftAddress
{
    private readonly string _text;

    private ThriftAddress(string text, ThriftTransport transport, bool useTls, IReadOnlyList<string> endpoints)
    {
        _text = text;
        Transport = transport;
        UseTls = useTls;
        Endpoints = endpoints;
    }

    internal ThriftTransport Transport { get; }

    internal bool UseTls { get; }

    /// <summary>Each as <c>host:port</c>; at least one.</summary>
    internal IReadOnlyList<string> Endpoints { get; }

    public override string ToString() => _text;

    internal static ThriftAddress Parse(string address)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(address);
        var schemeEnd = address.IndexOf("://", StringComparison.Ordinal);
        var scheme = schemeEnd < 0 ? string.Empty : address[..schemeEnd].ToLowerInvariant();
        var (transport, useTls) = scheme switch
        {
            "grpc" => (ThriftTransport.Grpc, false),
            "grpcs" => (ThriftTransport.Grpc, true),
            _ => throw new ArgumentException(
                $"The address \"{address}\" must begin with a transport: grpc:// or grpcs://.", nameof(address)),
        };

        var endpoints = address[(schemeEnd + 3)..].TrimEnd('/')
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (endpoints.Length == 0)
        {
            throw new ArgumentException($"The address \"{address}\" names no endpoint.", nameof(address));
        }

        foreach (var endpoint in endpoints)
        {
            CheckEndpoint(endpoint, nameof(address));
        }

        return new(address, transport, useTls, endpoints);
    }

    /// <summary>Fails unless the text is <c>host:port</c>.</summary>
    internal static void CheckEndpoint(string endpoint, string parameterName)
    {
        if (!Uri.TryCreate($"tcp://{endpoint}", UriKind.Absolute, out var uri)
            || uri.Port is <= 0 or > 65535
            || uri.AbsolutePath is not ("/" or "")
            || uri.UserInfo.Length > 0)
        {
            throw new ArgumentException($"\"{endpoint}\" is not an endpoint of the form host:port.", parameterName);
        }
    }
}
