namespace Rx.ThriftStreams;

/// <summary>A circuit breaker changed its state.</summary>
/// <param name="Scope">What the breaker applies to.</param>
/// <param name="Key">The method's full name, or the endpoint.</param>
/// <param name="State">The state that it changed to.</param>
public readonly record struct ThriftCircuitChange(ThriftCircuitScope Scope, string Key, ThriftCircuitState State);
