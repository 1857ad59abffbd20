namespace Rx.ThriftStreams;

/// <summary>The state of a circuit breaker.</summary>
public enum ThriftCircuitState
{
    /// <summary>Streams are created.</summary>
    Closed,

    /// <summary>No stream is created.</summary>
    Open,

    /// <summary>One stream is created as a probe; its result closes or opens the breaker.</summary>
    HalfOpen,
}
