using System.Buffers;
using System.Buffers.Binary;

namespace Rx.ThriftStreams.Wire;

/// <summary>The Framed transport: u32 length ‖ Thrift message. Also the inside of a TTHeaderFramed payload.</summary>
internal static class ThriftFraming
{
    public const int PrefixSize = 4;

    /// <summary>Writes the length of a message to the front of <paramref name="frame"/>.</summary>
    public static void WriteLength(Span<byte> frame, int messageLength) => BinaryPrimitives.WriteInt32BigEndian(frame, messageLength);

    /// <summary>Appends the length; the message must follow.</summary>
    public static void WriteLength(IBufferWriter<byte> output, int messageLength)
    {
        WriteLength(output.GetSpan(PrefixSize), messageLength);
        output.Advance(PrefixSize);
    }

    /// <summary>Removes a framed message from the front of <paramref name="buffer"/>.</summary>
    /// <param name="buffer">What has arrived.</param>
    /// <param name="maxMessageSize">The largest length accepted; checked before waiting for the message.</param>
    /// <param name="message">The message, without the length.</param>
    /// <param name="neededBytes">How many bytes the buffer must have, when the message is not complete.</param>
    /// <returns>Whether the message is complete.</returns>
    /// <exception cref="ThriftProtocolException">The length is zero, negative or above the limit.</exception>
    public static bool TryRead(ref ReadOnlySequence<byte> buffer, int maxMessageSize, out ReadOnlySequence<byte> message, out long neededBytes)
    {
        message = default;
        neededBytes = PrefixSize;
        var reader = new SequenceReader<byte>(buffer);
        if (!reader.TryReadBigEndian(out int length))
        {
            return false;
        }

        if (length <= 0)
        {
            throw new ThriftProtocolException($"invalid frame length[{length}]: a framed Thrift message must follow it.", 0);
        }

        if (length > maxMessageSize)
        {
            TTHeaderErrors.FrameTooLarge(length, maxMessageSize);
        }

        neededBytes = PrefixSize + (long)length;
        if (reader.Remaining < length)
        {
            return false;
        }

        message = buffer.Slice(PrefixSize, length);
        buffer = buffer.Slice(message.End);
        return true;
    }
}
