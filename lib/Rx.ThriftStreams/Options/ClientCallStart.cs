namespace Rx.ThriftStreams.Options;

/// <summary>What goes with a request when its stream is created. Each attempt on an endpoint gets the same.</summary>
internal sealed class ClientCallStart
{
    private static readonly ThriftMetaInfo NoMetaInfo = new();

    private ThriftMetadata? _headers;
    private ThriftMetaInfo? _metaInfo;

    internal ClientCallStart(ThriftCallOptions options, ThriftMetadata? headers, ThriftMetaInfo? metaInfo)
    {
        Options = options;
        _headers = headers;
        _metaInfo = metaInfo;
    }

    /// <summary>The request's headers, to be read.</summary>
    internal ThriftMetadata Headers => _headers ?? ThriftMetadata.Empty;

    /// <summary>Transient and persistent metainfo to send, to be read.</summary>
    internal ThriftMetaInfo MetaInfo => _metaInfo ?? NoMetaInfo;

    /// <summary>The request's headers, to be changed: by stream middleware before it creates a stream, by nobody afterwards.</summary>
    internal ThriftMetadata OwnHeaders => LazyInitializer.EnsureInitialized(ref _headers);

    /// <summary>The metainfo, to be changed; likewise.</summary>
    internal ThriftMetaInfo OwnMetaInfo => LazyInitializer.EnsureInitialized(ref _metaInfo);

    /// <summary>When the call must be over, or <see langword="null"/>.</summary>
    internal required DateTimeOffset? Deadline { get; init; }

    /// <summary>The clock by which <see cref="Deadline"/> is meant.</summary>
    internal required TimeProvider TimeProvider { get; init; }

    /// <summary>The options of the call, merged with those of its client and channel.</summary>
    internal ThriftCallOptions Options { get; }

    /// <summary>The method of the server call within which this call is made; empty outside of any.</summary>
    internal string CallerMethod { get; init; } = string.Empty;

    /// <summary>The time left until <see cref="Deadline"/>, at least zero; <see langword="null"/> without one.</summary>
    internal TimeSpan? Remaining
    {
        get
        {
            if (Deadline is not { } deadline)
            {
                return null;
            }

            var left = deadline - TimeProvider.GetUtcNow();
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }
}
