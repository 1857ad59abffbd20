namespace Rx.ThriftStreams.Options;

/// <summary>What is sent with a request when its stream is created. Each attempt on an endpoint gets the same.</summary>
internal sealed class ClientCallStart
{
    private static readonly ThriftMetaInfo NoMetaInfo = new();

    private ThriftMetadata? _headers;
    private ThriftMetaInfo? _metaInfo;

    /// <param name="options">The options of the call, merged with those of its client and channel.</param>
    /// <param name="clock">The clock of the call's time limits.</param>
    /// <param name="limit">The time that the call may take from now on; <see langword="null"/> without a limit.</param>
    /// <param name="headers">Request headers, or <see langword="null"/>.</param>
    /// <param name="metaInfo">Metainfo, or <see langword="null"/>.</param>
    internal ClientCallStart(ThriftCallOptions options, TimeProvider clock, TimeSpan? limit, ThriftMetadata? headers, ThriftMetaInfo? metaInfo)
    {
        Options = options;
        TimeProvider = clock;
        Limit = limit;
        StartedAt = clock.GetTimestamp();
        _headers = headers;
        _metaInfo = metaInfo;
    }

    private ClientCallStart(ClientCallStart other, ThriftCallOptions options)
    {
        Options = options;
        TimeProvider = other.TimeProvider;
        Limit = other.Limit;
        StartedAt = other.StartedAt;
        Deadline = other.Deadline;
        CallerMethod = other.CallerMethod;
        Call = other.Call;
        _headers = other.OwnHeaders;
        _metaInfo = other.OwnMetaInfo;
    }

    /// <summary>The request's headers, for reading.</summary>
    internal ThriftMetadata Headers => _headers ?? ThriftMetadata.Empty;

    /// <summary>Transient and persistent metainfo to send, for reading.</summary>
    internal ThriftMetaInfo MetaInfo => _metaInfo ?? NoMetaInfo;

    /// <summary>The request's headers, for changing. Only stream middleware changes them, before it creates a stream.</summary>
    internal ThriftMetadata OwnHeaders => LazyInitializer.EnsureInitialized(ref _headers);

    /// <summary>The metainfo, for changing; likewise.</summary>
    internal ThriftMetaInfo OwnMetaInfo => LazyInitializer.EnsureInitialized(ref _metaInfo);

    /// <summary>The time that the call may take, counted from <see cref="StartedAt"/>; <see langword="null"/> without a limit.</summary>
    internal TimeSpan? Limit { get; }

    /// <summary>The option that sets <see cref="Limit"/>, for messages.</summary>
    internal string LimitName => Limit == Options.Timeout ? Options.TimeoutName ?? nameof(ThriftCallOptions.Timeout)
        : Options.Deadline is { } deadline && deadline == Deadline ? nameof(ThriftCallOptions.Deadline)
        : "inherited timeout";

    /// <summary>The time that this option sets, for messages: for an attempt that has what is left of it, the whole.</summary>
    internal TimeSpan? NamedLimit => Limit == Options.Timeout && Options.WholeTimeout is { } whole ? whole : Limit;

    /// <summary>When the call was started, as a timestamp of <see cref="TimeProvider"/>.</summary>
    internal long StartedAt { get; }

    /// <summary>When the call must be over by the wall clock, or <see langword="null"/>. For display only: <see cref="Limit"/> is enforced.</summary>
    internal DateTimeOffset? Deadline { get; init; }

    /// <summary>The clock of the call's time limits.</summary>
    internal TimeProvider TimeProvider { get; }

    /// <summary>The options of the call, merged with those of its client and channel.</summary>
    internal ThriftCallOptions Options { get; }

    /// <summary>The method of the server call within which this call is made; empty outside of any.</summary>
    internal string CallerMethod { get; init; } = string.Empty;

    /// <summary>Cancelled when the call is over. Transports stop decoding a long response when it is; an abort ends everything else.</summary>
    internal CancellationToken Over => Call?.Over ?? default;

    /// <summary>The call; <see langword="null"/> for a stream without one.</summary>
    internal ICallLifetime? Call { get; set; }

    /// <summary>The time since the call was started.</summary>
    internal TimeSpan Elapsed => TimeProvider.GetElapsedTime(StartedAt);

    /// <summary>The remaining time of <see cref="Limit"/>, at least zero; <see langword="null"/> without one.</summary>
    internal TimeSpan? Remaining
    {
        get
        {
            if (Limit is not { } limit)
            {
                return null;
            }

            var left = limit - Elapsed;
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>The same start with other options; headers and metainfo are shared.</summary>
    internal ClientCallStart With(ThriftCallOptions options) => ReferenceEquals(options, Options) ? this : new(this, options);
}
