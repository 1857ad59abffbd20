namespace Rx.ThriftStreams.Transports;

/// <summary>What goes with a request when its stream is created. Immutable; each attempt on an endpoint gets the same.</summary>
internal sealed class ClientCallStart
{
    /// <summary>The request's headers; stream middleware may change them before it creates a stream, nobody afterwards.</summary>
    internal required ThriftMetadata Headers { get; init; }

    /// <summary>Transient and persistent metainfo to send; likewise.</summary>
    internal required ThriftMetaInfo MetaInfo { get; init; }

    /// <summary>When the call must be over, or <see langword="null"/>.</summary>
    internal required DateTimeOffset? Deadline { get; init; }

    /// <summary>The clock by which <see cref="Deadline"/> is meant.</summary>
    internal required TimeProvider TimeProvider { get; init; }

    internal required ThriftCallOptions Options { get; init; }

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
