namespace Rx.ThriftStreams.Options;

/// <summary>How the calls of a method are repeated, wherever that was set.</summary>
internal sealed record RepeatPlan
{
    internal ThriftRetryOptions? Retry { get; init; }

    internal ThriftHedgingOptions? Hedging { get; init; }

    /// <summary>Whether the plan allows to send calls again that are not marked as idempotent.</summary>
    internal bool CoversAllCalls { get; init; }

    /// <summary>Whether calls made while a retry of the caller is handled are repeated too.</summary>
    internal bool RepeatsInChain { get; init; }

    /// <summary>Whether all attempts go to the endpoint of the first.</summary>
    internal bool UsesSameEndpoint { get; init; }

    /// <summary>No attempt begins later than this after the first; <see langword="null"/> for no limit.</summary>
    internal TimeSpan? MaxDuration { get; init; }

    /// <summary>The pause after a failure, chosen uniformly; <see langword="null"/> for one that doubles.</summary>
    internal (TimeSpan Least, TimeSpan Most)? Pause { get; init; }

}
