using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams;

/// <summary>
/// How much a stream over TTHeader Streaming keeps of what was received and not yet consumed. Peers of this library keep to it by themselves
/// (flow control); the protocol has nothing of the kind, so for others <see cref="WhenFull"/> says what happens.
/// </summary>
public sealed class ThriftStreamBufferOptions
{
    /// <summary>Bytes of messages that a stream keeps, besides one message that is larger. Default 1 MiB; at least 1.</summary>
    public int StreamBytes { get; set; } = 1024 * 1024;

    /// <summary>Bytes of messages that all streams of a connection keep together, besides one message. Default 64 MiB; at least 1.</summary>
    public int ConnectionBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>What happens when either is full although the peer goes on sending. Default <see cref="ThriftFullBufferPolicy.StopReading"/>.</summary>
    public ThriftFullBufferPolicy WhenFull { get; set; }

    /// <summary>
    /// Whether flow control is offered to the peer, by a header that others ignore. Default <see langword="true"/>. Without it, as with other
    /// peers, <see cref="WhenFull"/> is all there is.
    /// </summary>
    public bool OfferFlowControl { get; set; } = true;

    internal ThriftStreamBufferOptions Snapshot() => (ThriftStreamBufferOptions)MemberwiseClone();

    internal void Validate(string owner)
    {
        OptionChecks.AtLeast(1, StreamBytes, $"{owner}.{nameof(StreamBytes)}");
        OptionChecks.AtLeast(1, ConnectionBytes, $"{owner}.{nameof(ConnectionBytes)}");
    }
}

/// <summary>What happens when a stream's buffer is full and its peer goes on sending.</summary>
public enum ThriftFullBufferPolicy
{
    /// <summary>
    /// Nothing more is read from the connection until there is room. Nothing is lost, and the peer's sends wait; but so do the other streams of that
    /// connection, so a consumer must not wait for one stream before it goes on with another.
    /// </summary>
    StopReading,

    /// <summary>That stream ends with <see cref="ThriftStatusCode.ResourceExhausted"/>, and the peer is told. Other streams are not affected.</summary>
    ResetStream,
}
