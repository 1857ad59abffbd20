namespace Rx.ThriftStreams.Client;

/// <summary>A parsed channel address: the transport, whether to use TLS, and the endpoints.</summary>
internal sealed class ThriftAddress
{
    private readonly string _text;

    private ThriftAddress(string text, ThriftTransport streamTransport, ThriftTransport pingPongTransport, bool useTls, IReadOnlyList<string> endpoints)
    {
        _text = text;
        StreamTransport = streamTransport;
        PingPongTransport = pingPongTransport;
        UseTls = useTls;
        Endpoints = endpoints;
    }

    internal ThriftTransport StreamTransport { get; }

    internal ThriftTransport PingPongTransport { get; }

    internal bool UseTls { get; }

    /// <summary>Each as <c>host:port</c>; at least one.</summary>
    internal IReadOnlyList<string> Endpoints { get; }

    public override string ToString() => _text;

    /// <summary>The address of a transport that has no endpoints.</summary>
    internal static ThriftAddress Within(string name) => new(name, ThriftTransport.Grpc, ThriftTransport.Grpc, useTls: false, [name]);

    internal static ThriftAddress Parse(string address)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(address);
        var schemeEnd = address.IndexOf("://", StringComparison.Ordinal);
        if (schemeEnd < 0 || !ClientTransports.TryGetScheme(address[..schemeEnd], out var scheme, out var useTls))
        {
            throw new ArgumentException($"The address \"{address}\" must begin with one of {ClientTransports.SchemeList}.", nameof(address));
        }

        var endpoints = address[(schemeEnd + 3)..].TrimEnd('/')
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (endpoints.Length == 0)
        {
            throw new ArgumentException($"The address \"{address}\" does not name an endpoint.", nameof(address));
        }

        foreach (var endpoint in endpoints)
        {
            CheckEndpoint(endpoint, nameof(address));
        }

        return new(address, scheme.Streams, scheme.Calls, useTls, endpoints);
    }

    /// <summary>Throws unless the text is <c>host:port</c>.</summary>
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
