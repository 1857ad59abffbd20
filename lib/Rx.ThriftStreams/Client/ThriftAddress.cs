using Rx.ThriftStreams.Discovery;

namespace Rx.ThriftStreams.Client;

/// <summary>A parsed channel address: the transport, whether to use TLS, and what finds the endpoints.</summary>
internal sealed class ThriftAddress
{
    private readonly string _text;

    private ThriftAddress(string text, AddressScheme scheme, bool useTls, ThriftResolver resolver, string target)
    {
        _text = text;
        StreamTransport = scheme.Streams;
        PingPongTransport = scheme.Calls;
        UseTls = useTls;
        Resolver = resolver;
        Target = target;
    }

    internal ThriftTransport StreamTransport { get; }

    internal ThriftTransport PingPongTransport { get; }

    internal bool UseTls { get; }

    /// <summary>Finds the endpoints.</summary>
    internal ThriftResolver Resolver { get; }

    /// <summary>What it resolves: what follows the scheme.</summary>
    internal string Target { get; }

    public override string ToString() => _text;

    /// <summary>The address of a transport that has no endpoints.</summary>
    internal static ThriftAddress Within(string name)
        => new(name, new(name, ThriftTransport.Grpc, ThriftTransport.Grpc), useTls: false, new StaticResolver([ThriftEndpoint.Named(name)]), name);

    /// <summary>Whether an address names what finds its endpoints, as <c>grpc+dns://…</c>.</summary>
    internal static bool SelectsResolver(string address) => Split(address).Plus >= 0;

    /// <summary>Whether an address asks for clear text; <see langword="false"/> also for text that is none.</summary>
    internal static bool AsksForCleartext(string address)
    {
        var (colon, plus) = Split(address);
        return TryGetScheme(address, colon, plus, out _, out var useTls) && !useTls;
    }

    /// <summary>Reads <c>transport://target</c> or <c>transport+resolver://target</c>. The slashes may be left out after a resolver.</summary>
    /// <exception cref="ArgumentException">The text is malformed, or names a transport or a resolver that does not exist.</exception>
    internal static ThriftAddress Parse(string address, ThriftChannelOptions options)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(address);
        var (colon, plus) = Split(address);
        var hasSlashes = colon >= 0 && address.AsSpan(colon + 1).StartsWith("//");
        if ((plus < 0 && !hasSlashes) || !TryGetScheme(address, colon, plus, out var scheme, out var useTls))
        {
            throw new ArgumentException($"The address \"{address}\" must begin with one of {ClientTransports.SchemeList}.", nameof(address));
        }

        var target = address[(colon + (hasSlashes ? 3 : 1))..];
        if (options.Resolver is { } own)
        {
            if (plus >= 0)
            {
                throw new ArgumentException(
                    $"The address \"{address}\" selects a resolver, but {nameof(options.Resolver)} is set too. Leave out one of them.", nameof(address));
            }

            return new(address, scheme, useTls, own, target);
        }

        var resolver = plus < 0 ? Resolvers.Fixed : Resolvers.Find(address[(plus + 1)..colon], options, address);
        return new(address, scheme, useTls, resolver(target), target);
    }

    private static bool TryGetScheme(string address, int colon, int plus, out AddressScheme scheme, out bool useTls)
        => ClientTransports.TryGetScheme(colon < 0 ? string.Empty : address[..(plus < 0 ? colon : plus)], out scheme, out useTls);

    private static (int Colon, int Plus) Split(string address)
    {
        var colon = address.IndexOf(':', StringComparison.Ordinal);
        return (colon, colon < 0 ? -1 : address.IndexOf('+', 0, colon));
    }
}
