using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Transports.TTHeaderStreaming;

/// <summary>What the streams of a connection keep to, on either side.</summary>
internal sealed class StreamLimits
{
    /// <summary>Room for the header of a frame beside the largest message.</summary>
    private const int HeaderRoom = 512 * 1024;

    internal StreamLimits(ThriftStreamBufferOptions buffers, MessageLimits message)
    {
        StreamBytes = buffers.StreamBytes;
        ConnectionBytes = buffers.ConnectionBytes;
        WhenFull = buffers.WhenFull;
        OfferFlowControl = buffers.OfferFlowControl;
        Message = message;
        MaxFrameLength = (int)Math.Min(TTHeaderFormat.MaxFrameLength, (long)message.MaxSize + HeaderRoom);
    }

    internal int StreamBytes { get; }

    internal int ConnectionBytes { get; }

    internal ThriftFullBufferPolicy WhenFull { get; }

    internal bool OfferFlowControl { get; }

    /// <summary>What one message may take.</summary>
    internal MessageLimits Message { get; }

    internal int MaxMessageSize => Message.MaxSize;

    internal int MaxFrameLength { get; }

    /// <summary>Credit is given back in portions of this, so that a peer never runs dry while its messages are consumed.</summary>
    internal int CreditPortion => Math.Max(1, StreamBytes / 2);

    /// <summary>What was consumed is made known in portions of this.</summary>
    internal int ReportPortion => Math.Max(1, StreamBytes / 4);
}
