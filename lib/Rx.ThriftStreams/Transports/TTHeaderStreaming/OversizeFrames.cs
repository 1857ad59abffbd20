using System.Buffers;
using System.Buffers.Binary;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Transports.TTHeaderStreaming;

/// <summary>
/// Discards frames that are larger than any message may be, without storing their bytes. Only the frame's stream ends: the length shows where the next frame
/// begins.
/// </summary>
internal sealed class OversizeFrames(FrameConnection connection)
{
    private long _left;

    /// <summary>Whether the rest of such a frame is still to come.</summary>
    internal bool IsInside => _left > 0;

    /// <summary>Discards bytes that belong to a frame that is too large.</summary>
    /// <returns>Whether the remaining bytes begin with a frame of acceptable size.</returns>
    internal bool Skip(ref ReadOnlySequence<byte> buffer)
    {
        if (_left == 0)
        {
            if (buffer.IsEmpty || !IsTooLarge(buffer, out var streamId, out var length))
            {
                return true;
            }

            _left = 4 + length;
            connection.OnMessageTooLarge(streamId, length);
        }

        var skipped = Math.Min(_left, buffer.Length);
        buffer = buffer.Slice(skipped);
        _left -= skipped;
        return _left == 0;
    }

    private bool IsTooLarge(in ReadOnlySequence<byte> buffer, out int streamId, out long length)
    {
        streamId = 0;
        length = 0;
        if (buffer.Length < TTHeaderFormat.FixedSize)
        {
            return false;
        }

        Span<byte> head = stackalloc byte[TTHeaderFormat.FixedSize];
        buffer.Slice(0, TTHeaderFormat.FixedSize).CopyTo(head);
        length = BinaryPrimitives.ReadUInt32BigEndian(head);
        streamId = BinaryPrimitives.ReadInt32BigEndian(head[TTHeaderFormat.SequenceIdOffset..]);
        var limit = connection.Limits.MaxFrameLength;
        if (length <= limit
            || length > TTHeaderFormat.MaxFrameLength
            || BinaryPrimitives.ReadUInt16BigEndian(head[TTHeaderFormat.MagicOffset..]) != TTHeaderFormat.Magic)
        {
            // Small enough, or with inconsistent lengths, which the frame reader refuses.
            return false;
        }

        return ((TTHeaderFlags)BinaryPrimitives.ReadUInt16BigEndian(head[TTHeaderFormat.FlagsOffset..]) & TTHeaderFlags.Streaming) != 0
            ? true
            : throw connection.IllegalFrame($"a frame of {length} bytes exceeds the limit of {limit} and does not belong to a stream");
    }
}
