using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams;

/// <summary>How calls share connections over every transport except gRPC, which always multiplexes: <see cref="ThriftChannelOptions.Connections"/>.</summary>
public sealed class ThriftConnectionOptions
{
    internal ThriftConnectionOptions()
    {
    }

    /// <summary>
    /// How calls share connections. Default <see langword="null"/>: <see cref="ThriftConnectionMode.Multiplexed"/> for streams. Ping-pong calls over
    /// TTHeader share connections that way when the server has said that they may, which servers of this library do, except for a call that runs alone;
    /// all other ping-pong calls are <see cref="ThriftConnectionMode.Pooled"/>, as in Kitex.
    /// </summary>
    public ThriftConnectionMode? Mode { get; set; }

    /// <summary>
    /// The most connections to an endpoint: where they are multiplexed or pipelined, how many calls are spread over; where they are pooled, how many idle ones are kept
    /// (for ping-pong calls at least 100). Default: one for each processor; at least 1.
    /// </summary>
    public int MaxPerEndpoint { get; set; } = Environment.ProcessorCount;

    /// <summary>How many calls a pipelined connection carries at a time; further calls wait. Default 32; at least 1. Used by <see cref="ThriftConnectionMode.Pipelined"/> only.</summary>
    public int MaxPipelinedCalls { get; set; } = 32;

    /// <summary>How long a connection without a call is kept. Default 1 min, as in Kitex; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</summary>
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromMinutes(1);

    internal ThriftConnectionOptions Snapshot()
    {
        var copy = (ThriftConnectionOptions)MemberwiseClone();
        if (IdleTimeout == Timeout.InfiniteTimeSpan)
        {
            copy.IdleTimeout = TimeSpan.MaxValue;
        }

        return copy;
    }

    internal void Validate(string owner)
    {
        OptionChecks.AtLeast(1, MaxPerEndpoint, $"{owner}.{nameof(MaxPerEndpoint)}");
        OptionChecks.AtLeast(1, MaxPipelinedCalls, $"{owner}.{nameof(MaxPipelinedCalls)}");
        OptionChecks.TimeLimit(IdleTimeout, $"{owner}.{nameof(IdleTimeout)}");
    }
}
