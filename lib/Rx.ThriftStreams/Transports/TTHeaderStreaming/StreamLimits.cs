using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Transports.TTHeaderStreaming;

/// <summary>The limits of a connection and its streams, on either side.</summary>
internal sealed class StreamLimits
{
    /// <summary>
    /// What a message costs in addition to its payload, in bytes, for storing it. Both sides count it against the window, because a window of payload bytes alone
    /// would admit a million messages of one byte. See docs/flow-control.md.
    /// </summary>
    internal const int MessageOverhead = 8;

    /// <summary>Room for a frame's header in addition to the largest message.</summary>
    private const int HeaderRoom = 512 * 1024;

    private const int LargestFirstWindow = 64 * 1024;
    private const int SmallestWindow = 4 * 1024;
    private const int FirstWindowShare = 64;

    internal StreamLimits(ThriftStreamBufferOptions buffers, MessageLimits message, long connectionMemory)
    {
        StreamBytes = buffers.StreamBytes;
        WhenFull = buffers.WhenFull;
        OfferFlowControl = buffers.OfferFlowControl;
        Message = message;
        MaxFrameLength = (int)Math.Min(TTHeaderFormat.MaxFrameLength, (long)message.MaxSize + HeaderRoom);
        ConnectionMemory = connectionMemory;
        FirstWindow = (int)Math.Min(StreamBytes, Math.Clamp(connectionMemory / FirstWindowShare, SmallestWindow, LargestFirstWindow));
        LeastWindow = Math.Min(StreamBytes, SmallestWindow);
    }

    /// <summary>The largest window of a stream, and what a stream of a peer without flow control may queue.</summary>
    internal int StreamBytes { get; }

    internal ThriftFullBufferPolicy WhenFull { get; }

    internal bool OfferFlowControl { get; }

    /// <summary>The limits of one message.</summary>
    internal MessageLimits Message { get; }

    internal int MaxMessageSize => Message.MaxSize;

    internal int MaxFrameLength { get; }

    /// <summary>The memory that the peer may make this side hold.</summary>
    internal long ConnectionMemory { get; }

    /// <summary>The window of a new stream. It grows while the stream's messages are consumed.</summary>
    internal int FirstWindow { get; }

    /// <summary>The window of a new stream on a connection with so many streams that there is little left to share.</summary>
    internal int LeastWindow { get; }
}
