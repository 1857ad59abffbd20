namespace Rx.ThriftStreams;

/// <summary>How calls share connections over every transport except gRPC, which always multiplexes.</summary>
public enum ThriftConnectionMode
{
    /// <summary>Concurrent calls share a few connections to each endpoint.</summary>
    Multiplexed,

    /// <summary>A connection carries one call at a time; idle ones are kept for later calls.</summary>
    Pooled,

    /// <summary>Each call has its own connection, which is closed after it.</summary>
    PerCall,

    /// <summary>
    /// Concurrent ping-pong calls share a few connections to each endpoint, to a server that answers in the order of the requests, as nearly all Thrift servers do:
    /// requests are sent before earlier ones are answered. Up to <see cref="ThriftConnectionOptions.MaxPipelinedCalls"/> at a time on each connection; further calls wait
    /// for their turn. A slow call delays those behind it, and a connection that is lost, or that the server closes after an error, fails them. A call that is given up lets its connection go when the
    /// others on it have ended. Streams are <see cref="Multiplexed"/>.
    /// </summary>
    Pipelined,
}
