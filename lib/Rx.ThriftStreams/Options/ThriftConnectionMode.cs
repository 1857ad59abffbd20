namespace Rx.ThriftStreams;

/// <summary>How calls share the connections of the TTHeader transports. gRPC always multiplexes.</summary>
public enum ThriftConnectionMode
{
    /// <summary>Concurrent calls share a few connections to each endpoint.</summary>
    Multiplexed,

    /// <summary>A connection carries one call at a time; idle ones are kept for later calls.</summary>
    Pooled,

    /// <summary>Each call has its own connection, which is closed after it.</summary>
    PerCall,
}
