using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams;

/// <summary>
/// Settings of one call. A property that is <see langword="null"/> is inherited from the client, then from <see cref="ThriftChannelOptions.Methods"/>, then from
/// <see cref="ThriftChannelOptions.Defaults"/>: the call beats the client, the client beats the channel, and there the method beats the defaults.
/// </summary>
/// <remarks>
/// Immutable, so one object can serve many calls. All time limits run on <see cref="ThriftChannelOptions.TimeProvider"/>;
/// <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> removes an inherited limit.
/// </remarks>
public sealed record ThriftCallOptions
{
    /// <summary>Options that inherit everything.</summary>
    internal static readonly ThriftCallOptions None = new();

    /// <summary>When the whole call must be over. Default: no deadline. Of this and <see cref="Timeout"/> the earlier applies. Sent to the server over gRPC.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>How long the whole call may take, from its start; zero fails immediately. Default: no limit. Sent to the server over gRPC as <c>grpc-timeout</c>.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>How long creating the stream may take for each endpoint tried. Default: <see cref="ThriftResilienceOptions.ConnectTimeout"/>.</summary>
    public TimeSpan? ConnectTimeout { get; init; }

    /// <summary>
    /// How long the call may take from its start until its first response has been received, or its only one: connecting, sending and waiting together. Default: no limit. When it expires the call is
    /// cancelled and fails with <see cref="ThriftStatusCode.DeadlineExceeded"/>. While it runs, <see cref="ReceiveTimeout"/> does not apply. Each attempt of a call that is retried or hedged has this time.
    /// </summary>
    public TimeSpan? FirstResponseTimeout { get; init; }

    /// <summary>
    /// How long one receive may wait; with <see cref="FirstResponseTimeout"/>, one after the first response. Default: no limit. When it expires the call is cancelled, unless
    /// <see cref="KeepRemoteOnReceiveTimeout"/> is set.
    /// </summary>
    public TimeSpan? ReceiveTimeout { get; init; }

    /// <summary>Whether the call stays open after a receive that took too long, so that the receive can be repeated. Default: <see langword="false"/>.</summary>
    public bool? KeepRemoteOnReceiveTimeout { get; init; }

    /// <summary>How long one send may wait for its turn and for room. Default: no limit. When it expires the call is cancelled.</summary>
    public TimeSpan? SendTimeout { get; init; }

    /// <summary>Request headers. Added to the inherited ones; a name set here replaces all its inherited values. Copied when the call starts.</summary>
    public ThriftMetadata? Headers { get; init; }

    /// <summary>Metainfo to send. Added to what propagates from the server call that is being handled, if any. Copied when the call starts.</summary>
    public ThriftMetaInfo? MetaInfo { get; init; }

    /// <summary>The endpoint to call, <c>host:port</c> or <c>unix:/path</c>, whatever the channel resolves. Default: the channel chooses.</summary>
    public string? Endpoint { get; init; }

    /// <summary>
    /// The key of the call for a balancer that hashes: calls with the same key go to the same endpoint while the list of endpoints stays the same. Default: none. Other
    /// balancers ignore it.
    /// </summary>
    public string? HashKey { get; init; }

    /// <summary>The <c>:authority</c> over gRPC. Default: <see cref="ThriftChannelOptions.DestinationService"/>, else the endpoint.</summary>
    public string? Authority { get; init; }

    /// <summary>
    /// The compressor of the messages sent, over gRPC: <c>gzip</c>, or <c>identity</c> for none. Default: none. The server may compress its responses with it too.
    /// Any other name fails the call with an <see cref="ArgumentException"/>.
    /// </summary>
    public string? Compressor { get; init; }

    /// <summary>Whether each message is handed to the network immediately instead of batching messages sent close together. Default: <see langword="false"/>.</summary>
    public bool? NoDelay { get; init; }

    /// <summary>
    /// Whether the call may be sent more than once, so that it can be retried and hedged: see <see cref="ThriftResilienceOptions.Retry"/>. Default: by the annotation
    /// <c>(idempotent = "true")</c> of the function in the IDL.
    /// </summary>
    public bool? IsIdempotent { get; init; }

    /// <summary>
    /// Whether the call inherits the deadline, cancellation and metainfo of the server call that is being handled. Default: <see cref="ThriftChannelOptions.FlowServerContext"/>.
    /// <see langword="false"/> for a call that shall outlive the handler that starts it.
    /// </summary>
    public bool? FlowServerContext { get; init; }

    /// <summary>The attempts of the call that this is one of; <see langword="null"/> if it has a single one.</summary>
    internal CallAttempts? Attempts { get; init; }

    /// <summary>The number of this attempt among <see cref="Attempts"/>, from 1; 0 if there is a single one.</summary>
    internal int AttemptNumber { get; init; }

    /// <summary>The option that <see cref="Timeout"/> of an attempt comes from, for messages; <see langword="null"/> for itself.</summary>
    internal string? TimeoutName { get; init; }

    /// <summary>The limit of all attempts, if <see cref="Timeout"/> is what was left of it when this attempt began; <see langword="null"/> otherwise.</summary>
    internal TimeSpan? WholeTimeout { get; init; }

    /// <summary>These options, with unset values taken from <paramref name="defaults"/>.</summary>
    internal ThriftCallOptions Over(ThriftCallOptions defaults) => ReferenceEquals(defaults, None) ? this : new()
    {
        Deadline = Deadline ?? defaults.Deadline,
        Timeout = Timeout ?? defaults.Timeout,
        ConnectTimeout = ConnectTimeout ?? defaults.ConnectTimeout,
        FirstResponseTimeout = FirstResponseTimeout ?? defaults.FirstResponseTimeout,
        ReceiveTimeout = ReceiveTimeout ?? defaults.ReceiveTimeout,
        KeepRemoteOnReceiveTimeout = KeepRemoteOnReceiveTimeout ?? defaults.KeepRemoteOnReceiveTimeout,
        SendTimeout = SendTimeout ?? defaults.SendTimeout,
        Headers = Merge(Headers, defaults.Headers),
        MetaInfo = Merge(MetaInfo, defaults.MetaInfo),
        Endpoint = Endpoint ?? defaults.Endpoint,
        HashKey = HashKey ?? defaults.HashKey,
        Authority = Authority ?? defaults.Authority,
        Compressor = Compressor ?? defaults.Compressor,
        NoDelay = NoDelay ?? defaults.NoDelay,
        IsIdempotent = IsIdempotent ?? defaults.IsIdempotent,
        FlowServerContext = FlowServerContext ?? defaults.FlowServerContext,
        Attempts = Attempts ?? defaults.Attempts,
        AttemptNumber = Attempts is null ? defaults.AttemptNumber : AttemptNumber,
        TimeoutName = Timeout is null ? defaults.TimeoutName : TimeoutName,
        WholeTimeout = Timeout is null ? defaults.WholeTimeout : WholeTimeout,
    };

    /// <summary>A copy that is unaffected by later changes of <see cref="Headers"/> and <see cref="MetaInfo"/>.</summary>
    internal ThriftCallOptions Snapshot() => Headers is null && MetaInfo is null ? this : this with
    {
        Headers = Headers is null ? null : Merge(Headers, new ThriftMetadata()),
        MetaInfo = MetaInfo is null ? null : Merge(MetaInfo, new ThriftMetaInfo()),
    };

    /// <summary>Throws if a value is invalid, naming its option.</summary>
    /// <param name="owner">What the options are called in messages.</param>
    internal void Validate(string owner = nameof(ThriftCallOptions))
    {
        OptionChecks.TimeLimit(ConnectTimeout, $"{owner}.{nameof(ConnectTimeout)}");
        OptionChecks.TimeLimit(FirstResponseTimeout, $"{owner}.{nameof(FirstResponseTimeout)}");
        OptionChecks.TimeLimit(ReceiveTimeout, $"{owner}.{nameof(ReceiveTimeout)}");
        OptionChecks.TimeLimit(SendTimeout, $"{owner}.{nameof(SendTimeout)}");
        OptionChecks.TimeLimitOrZero(Timeout, $"{owner}.{nameof(Timeout)}");
        OptionChecks.Authority(Authority, $"{owner}.{nameof(Authority)}");
        if (Compressor is not (null or "gzip" or "identity"))
        {
            throw new ArgumentException($"{owner}.{nameof(Compressor)} is \"{Compressor}\", which is not supported. Use \"gzip\", or \"identity\" for none.");
        }
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
