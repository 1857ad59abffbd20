namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>The fallbacks of a host: one for all services, and one for each of some services. Changed only while services are mapped.</summary>
internal sealed class RawFallbacks(ThriftServerOptions options)
{
    private readonly Dictionary<string, RawFallback> _named = new(StringComparer.Ordinal);
    private RawFallback? _any;

    /// <summary>All of them.</summary>
    internal IEnumerable<RawFallback> All => _any is null ? _named.Values : _named.Values.Append(_any);

    internal bool Has(string service) => _named.ContainsKey(service);

    /// <exception cref="InvalidOperationException">There is one for the same calls.</exception>
    internal void Add(RawFallback fallback)
    {
        if (fallback.Service != RawFallback.AnyName)
        {
            if (!_named.TryAdd(fallback.Service, fallback))
            {
                throw new InvalidOperationException($"The service {fallback.Service} already has a proxy. Call MapThriftProxy for it only once.");
            }
        }
        else if (_any is not null)
        {
            throw new InvalidOperationException("Calls of unknown services already have a handler. Call MapThriftFallback, or MapThriftProxy without a service, only once.");
        }
        else
        {
            _any = fallback;
        }
    }

    /// <summary>
    /// The fallback for the calls of a service; <see langword="null"/> if there is none. A call without a service goes to the one that the options name; otherwise to the
    /// fallback for all services, or to the only one.
    /// </summary>
    /// <param name="service">The service that the caller named; may be empty. Replaced by that of the options.</param>
    internal RawFallback? Find(ref string service)
    {
        if (service.Length > 0)
        {
            return _named.GetValueOrDefault(service) ?? _any;
        }

        if (options.PingPong.RefuseWithoutServiceName)
        {
            return _any;
        }

        if (options.PingPong.FallbackService is { } name)
        {
            service = name;
            return _named.GetValueOrDefault(name) ?? _any;
        }

        return _any ?? (_named.Count == 1 ? _named.Values.First() : null);
    }
}
