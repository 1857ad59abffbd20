using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams;

/// <summary>The call for which a picker chooses an endpoint, and which endpoints are out of the question.</summary>
public readonly struct ThriftPickContext
{
    private readonly ClientCallStart? _start;
    private readonly List<ThriftCandidate>? _tried;
    private readonly bool _acceptsBlocked;

    /// <param name="method">The method that is called.</param>
    /// <param name="start">What is sent with the request.</param>
    /// <param name="tried">The endpoints that this call has tried; <see langword="null"/> for none.</param>
    /// <param name="acceptsBlocked">Whether endpoints that are broken, ejected or not serving may be picked, because no other is left.</param>
    internal ThriftPickContext(ThriftMethod method, ClientCallStart start, List<ThriftCandidate>? tried, bool acceptsBlocked)
    {
        Method = method;
        _start = start;
        _tried = tried;
        _acceptsBlocked = acceptsBlocked;
    }

    /// <summary>The method that is called.</summary>
    public ThriftMethod Method { get; }

    /// <summary>The options of the call, merged with those of its client and channel.</summary>
    public ThriftCallOptions Options => _start?.Options ?? ThriftCallOptions.None;

    /// <summary>The headers of the request. Do not change them.</summary>
    public ThriftMetadata RequestHeaders => _start?.Headers ?? ThriftMetadata.Empty;

    /// <summary>The metainfo of the request. Do not change it.</summary>
    public ThriftMetaInfo MetaInfo => _start?.MetaInfo ?? new();

    /// <summary>
    /// Whether the endpoint may be picked. It may not if this call has tried it, its circuit breaker is open, it is ejected, or it does not serve. When that leaves none, the channel asks
    /// again and excludes only those that the call has tried.
    /// </summary>
    public bool CanPick(ThriftCandidate candidate)
    {
        ArgumentNullException.ThrowIfNull(candidate);
        return (_tried is null || !_tried.Contains(candidate)) && (_acceptsBlocked || !candidate.IsBlocked);
    }
}
