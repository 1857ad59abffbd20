using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams;

/// <summary>
/// How much a stream over TTHeader Streaming keeps of what was received and not yet consumed. Peers of this library keep to it by flow control, which the
/// protocol itself does not have: with others <see cref="WhenFull"/> decides.
/// </summary>
public sealed class ThriftStreamBufferOptions
{
    /// <summary>Bytes of messages that a stream keeps, besides one message that is larger. Default 1 MiB; at least 1.</summary>
    public int StreamBytes { get; set; } = 1024 * 1024;

    /// <summary>What happens when a stream, or the memory of its connection, is full although the peer continues to send. Default <see cref="ThriftFullBufferPolicy.StopReading"/>.</summary>
    public ThriftFullBufferPolicy WhenFull { get; set; }

    /// <summary>
    /// Whether flow control is offered to the peer, by a header that others ignore. Default <see langword="true"/>. Without it, as with other
    /// peers, <see cref="WhenFull"/> is all there is.
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
    /// Nothing more is read from the connection until there is room. Nothing is lost, and the peer's sends wait; but so do the other streams of that
    /// connection, so a consumer must not wait for one stream before it continues with another.
    /// </summary>
    StopReading,

    /// <summary>That stream ends with <see cref="ThriftStatusCode.ResourceExhausted"/>, and the peer is notified. Other streams are not affected.</summary>
    ResetStream,
}
