using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams;

/// <summary>
/// How many received but unconsumed bytes a stream over TTHeader Streaming buffers. Peers of this library respect the limit by flow control, which the
/// protocol itself does not have: with other peers <see cref="WhenFull"/> applies.
/// </summary>
public sealed class ThriftStreamBufferOptions
{
    /// <summary>How many bytes of messages a stream buffers, in addition to one message that exceeds the limit. Default 1 MiB; at least 1.</summary>
    public int StreamBytes { get; set; } = 1024 * 1024;

    /// <summary>What happens when a stream, or the memory of its connection, is full although the peer continues to send. Default <see cref="ThriftFullBufferPolicy.StopReading"/>.</summary>
    public ThriftFullBufferPolicy WhenFull { get; set; }

    /// <summary>
    /// Whether flow control is offered to the peer, by a header that others ignore. Default <see langword="true"/>. Without it, as with other
    /// peers, only <see cref="WhenFull"/> applies.
    /// </summary>
    public bool OfferFlowControl { get; set; } = true;

    internal ThriftStreamBufferOptions Snapshot() => (ThriftStreamBufferOptions)MemberwiseClone();

    internal void Validate(string owner)
        => OptionChecks.AtLeast(1, StreamBytes, $"{owner}.{nameof(StreamBytes)}");
}

/// <summary>What happens when a stream's buffer is full and its peer continues to send.</summary>
public enum ThriftFullBufferPolicy
{
    /// <summary>
    /// Stops reading the connection until there is room. Nothing is lost, and the peer's sends wait; but so do the other streams of that
    /// connection, so a consumer must not wait for one stream before it continues with another.
    /// </summary>
    StopReading,

    /// <summary>Ends the stream with <see cref="ThriftStatusCode.ResourceExhausted"/>, and the peer is notified. Other streams are not affected.</summary>
    ResetStream,
}
