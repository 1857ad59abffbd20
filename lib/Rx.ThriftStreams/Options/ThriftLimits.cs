using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams;

/// <summary>Limits of what a peer can make this process hold, for a channel; a server has additional ones (<c>ThriftServerLimits</c>).</summary>
public class ThriftLimits
{
    private protected const long MinMemory = 1024 * 1024;

    internal ThriftLimits()
    {
    }

    /// <summary>
    /// The largest message that is received, in bytes, after decompression. Default 4 MiB; at least 1. A larger one ends its call with
    /// <see cref="ThriftStatusCode.ResourceExhausted"/>.
    /// </summary>
    public int MaxReceiveMessageSize { get; set; } = 4 * 1024 * 1024;

    /// <summary>
    /// The most memory that the objects of one received message may take, in bytes. Default <see langword="null"/>: 64 MiB, or sixteen times the size of the message if
    /// that is more; at least 1. <see cref="long.MaxValue"/> switches the limit off. A message that takes more ends its call with
    /// <see cref="ThriftStatusCode.ResourceExhausted"/>. See <see cref="ThriftReaderLimits.MaxMemory"/> for what is counted.
    /// </summary>
    public long? MaxReceiveMessageMemory { get; set; }

    /// <summary>
    /// How many times its compressed size a message received over gRPC may have. Default 100; at least 1. Up to 1 MiB is accepted at any ratio. A message that
    /// compresses better ends its call with <see cref="ThriftStatusCode.ResourceExhausted"/> before more of it is decompressed.
    /// </summary>
    public int MaxDecompressionRatio { get; set; } = 100;

    /// <summary>The limits of a received message. Created from a snapshot when first needed.</summary>
    internal MessageLimits Message => field ??= new(MaxReceiveMessageSize, MaxReceiveMessageMemory, MaxDecompressionRatio, IsServer);

    /// <summary>Whether they are the limits of a server, which the texts of errors say.</summary>
    internal virtual bool IsServer => false;

    /// <summary>
    /// The most memory that the peer of one connection may make this side hold, in bytes: messages and parts of messages that were received and not yet consumed,
    /// headers of running calls, and what the peer does not read. Default 64 MiB; at least 1 MiB. Beyond it reading stops, or the call ends with
    /// <see cref="ThriftStatusCode.ResourceExhausted"/>, depending on the transport. Holds for the connections of TTHeader Streaming; on a server also for those of
    /// the other transports.
    /// </summary>
    public long MaxConnectionMemory { get; set; } = 64 * 1024 * 1024;

    internal ThriftLimits Snapshot() => (ThriftLimits)MemberwiseClone();

    internal virtual void Validate(string owner)
    {
        OptionChecks.AtLeast(1, MaxReceiveMessageSize, $"{owner}.{nameof(MaxReceiveMessageSize)}");
        OptionChecks.AtLeast(1, MaxReceiveMessageMemory ?? 1, $"{owner}.{nameof(MaxReceiveMessageMemory)}");
        OptionChecks.AtLeast(1, MaxDecompressionRatio, $"{owner}.{nameof(MaxDecompressionRatio)}");
        OptionChecks.AtLeast(MinMemory, MaxConnectionMemory, $"{owner}.{nameof(MaxConnectionMemory)}");
    }
}
