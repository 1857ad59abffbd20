using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams;

/// <summary>Bounds of what a peer can make this process hold: of a channel, and with more of them (<c>ThriftServerLimits</c>) of a server.</summary>
public class ThriftLimits
{
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

    /// <summary>What a received message may take. Made of a snapshot, when it is first needed.</summary>
    internal MessageLimits Message => field ??= new(MaxReceiveMessageSize, MaxReceiveMessageMemory, MaxDecompressionRatio);

    internal ThriftLimits Snapshot() => (ThriftLimits)MemberwiseClone();

    internal virtual void Validate(string owner)
    {
        OptionChecks.AtLeast(1, MaxReceiveMessageSize, $"{owner}.{nameof(MaxReceiveMessageSize)}");
        OptionChecks.AtLeast(1, MaxReceiveMessageMemory ?? 1, $"{owner}.{nameof(MaxReceiveMessageMemory)}");
        OptionChecks.AtLeast(1, MaxDecompressionRatio, $"{owner}.{nameof(MaxDecompressionRatio)}");
    }
}
