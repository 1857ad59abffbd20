namespace Rx.ThriftStreams;

/// <summary>
/// Settings of one call. What is left <see langword="null"/> comes from the client, then from
/// <see cref="ThriftChannelOptions.Defaults"/>: the call beats the client, the client beats the channel.
/// </summary>
/// <remarks>All time limits run on <see cref="ThriftChannelOptions.TimeProvider"/>. <see cref="Timeout.InfiniteTimeSpan"/> takes a default limit away.</remarks>
public readonly record struct ThriftCallOptions
{
    /// <summary>When the whole call must be over. Default: no deadline. With <see cref="Timeout"/> the earlier one counts. Sent to the server over gRPC.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>How long the whole call may take, from its start; zero fails at once. Default: no limit. Sent to the server over gRPC as <c>grpc-timeout</c>.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>How long creating the stream may take for each endpoint tried. Default: <see cref="ThriftChannelOptions.ConnectTimeout"/>.</summary>
    public TimeSpan? ConnectTimeout { get; init; }

    /// <summary>How long one receive may wait. Default: no limit. When it passes the call is cancelled, unless <see cref="KeepRemoteOnReceiveTimeout"/>.</summary>
    public TimeSpan? ReceiveTimeout { get; init; }

    /// <summary>After a receive that took too long, leave the call alive so that the receive can be repeated. Default: <see langword="false"/>.</summary>
    public bool? KeepRemoteOnReceiveTimeout { get; init; }

    /// <summary>How long one send may wait for its turn and for room. Default: no limit. When it passes the call is cancelled.</summary>
    public TimeSpan? SendTimeout { get; init; }

    /// <summary>Request headers. Added to the defaults; a name that is given here replaces all default values of it. Copied when the call starts.</summary>
    public ThriftMetadata? Headers { get; init; }

    /// <summary>Metainfo to send. Added to what flows on from the server call that is being handled, if any. Copied when the call starts.</summary>
    public ThriftMetaInfo? MetaInfo { get; init; }

    /// <summary>What a consistent-hash balancer hashes. Default: none.</summary>
    public string? HashKey { get; init; }

    /// <summary>Call this endpoint, <c>host:port</c>, whatever the channel resolves. Default: the balancer chooses.</summary>
    public string? Endpoint { get; init; }

    /// <summary>
    /// Tags of the destination, for instance <c>cluster</c> or <c>idc</c>: resolvers and balancers choose by them. Added to the defaults; a key that is
    /// given here replaces the default's. Default: none. Endpoints that are given by address have no tags, so there it has no effect.
    /// </summary>
    public IReadOnlyDictionary<string, string>? Tags { get; init; }

    /// <summary>The <c>:authority</c> over gRPC. Default: <see cref="ThriftChannelOptions.DestinationService"/>, else the endpoint.</summary>
    public string? Authority { get; init; }

    /// <summary>The compressor of the messages sent, over gRPC: <c>gzip</c>, or <c>identity</c> for none. Default: none. The server may compress its answers with it too. Any other name fails the call with an <see cref="ArgumentException"/>.</summary>
    public string? Compressor { get; init; }

    /// <summary>Hand each message to the network at once instead of gathering those that come close together. Default: <see langword="false"/>.</summary>
    public bool? NoDelay { get; init; }

    /// <summary>These settings, with what they leave open taken from <paramref name="defaults"/>.</summary>
    internal ThriftCallOptions Over(in ThriftCallOptions defaults) => defaults == default ? this : new()
    {
        Deadline = Deadline ?? defaults.Deadline,
        Timeout = Timeout ?? defaults.Timeout,
        ConnectTimeout = ConnectTimeout ?? defaults.ConnectTimeout,
        ReceiveTimeout = ReceiveTimeout ?? defaults.ReceiveTimeout,
        KeepRemoteOnReceiveTimeout = KeepRemoteOnReceiveTimeout ?? defaults.KeepRemoteOnReceiveTimeout,
        SendTimeout = SendTimeout ?? defaults.SendTimeout,
        Headers = Merge(Headers, defaults.Headers),
        MetaInfo = Merge(MetaInfo, defaults.MetaInfo),
        HashKey = HashKey ?? defaults.HashKey,
        Endpoint = Endpoint ?? defaults.Endpoint,
        Tags = Merge(Tags, defaults.Tags),
        Authority = Authority ?? defaults.Authority,
        Compressor = Compressor ?? defaults.Compressor,
        NoDelay = NoDelay ?? defaults.NoDelay,
    };

    /// <summary>Fails if a setting makes no sense, naming it.</summary>
    internal void Validate()
    {
        CheckLimit(ConnectTimeout, nameof(ConnectTimeout), allowZero: false);
        CheckLimit(ReceiveTimeout, nameof(ReceiveTimeout), allowZero: false);
        CheckLimit(SendTimeout, nameof(SendTimeout), allowZero: false);
        CheckLimit(Timeout, nameof(Timeout), allowZero: true);
        CheckAuthority(Authority, $"{nameof(ThriftCallOptions)}.{nameof(Authority)}");
        if (Compressor is not (null or "gzip" or "identity"))
        {
            throw new ArgumentException(
                $"The compressor \"{Compressor}\" of ThriftCallOptions.Compressor is not known. Use \"gzip\", or \"identity\" for none.", nameof(Compressor));
        }
    }

    /// <summary>Fails unless the name may be an <c>:authority</c>, or is none.</summary>
    internal static void CheckAuthority(string? name, string option)
    {
        if (name is null)
        {
            return;
        }

        using var probe = new HttpRequestMessage();
        try
        {
            probe.Headers.Host = name;
        }
        catch (FormatException error)
        {
            throw new ArgumentException($"{option} is \"{name}\", which cannot be the name of a host.", error);
        }
    }

    private static void CheckLimit(TimeSpan? limit, string name, bool allowZero)
    {
        if (limit is { } time && time != System.Threading.Timeout.InfiniteTimeSpan && (allowZero ? time < TimeSpan.Zero : time <= TimeSpan.Zero))
        {
            throw new ArgumentOutOfRangeException(
                name, time, $"ThriftCallOptions.{name} must {(allowZero ? "not be negative" : "be positive")}; Timeout.InfiniteTimeSpan means no limit.");
        }
    }

    private static IReadOnlyDictionary<string, string>? Merge(IReadOnlyDictionary<string, string>? own, IReadOnlyDictionary<string, string>? defaults)
    {
        if (own is null || defaults is null)
        {
            return own ?? defaults;
        }

        var merged = new Dictionary<string, string>(defaults, StringComparer.Ordinal);
        foreach (var (key, value) in own)
        {
            merged[key] = value;
        }

        return merged;
    }

    private static ThriftMetadata? Merge(ThriftMetadata? own, ThriftMetadata? defaults)
    {
        if (own is null || defaults is null)
        {
            return own ?? defaults;
        }

        var merged = new ThriftMetadata();
        foreach (var (name, value) in defaults)
        {
            if (!own.TryGetValue(name, out _))
            {
                merged.Add(name, value);
            }
        }

        merged.AddRange(own);
        return merged;
    }

    private static ThriftMetaInfo? Merge(ThriftMetaInfo? own, ThriftMetaInfo? defaults)
    {
        if (own is null || defaults is null)
        {
            return own ?? defaults;
        }

        var merged = new ThriftMetaInfo();
        foreach (var source in (ReadOnlySpan<ThriftMetaInfo>)[defaults, own])
        {
            foreach (var (key, value) in source.Transient)
            {
                merged.Transient[key] = value;
            }

            foreach (var (key, value) in source.Persistent)
            {
                merged.Persistent[key] = value;
            }
        }

        return merged;
    }
}
