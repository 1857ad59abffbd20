using System.Buffers;
using System.Buffers.Binary;

namespace Rx.ThriftStreams.Wire;

/// <summary>The limit on received messages. It counts only the bytes of a message's struct, so that it means the same on every transport.</summary>
internal static class MessageSize
{
    /// <summary>
    /// Bytes of a ping-pong message that do not count: its envelope and the length of an inner frame. A longer method name counts. Lengths are checked
    /// against the limit plus this before waiting for a message; the struct is checked exactly once it has arrived.
    /// </summary>
    internal const int UncountedEnvelope = 512;

    /// <summary>Reads the size of a message that is prefixed with it: Framed, or in a TTHeader.</summary>
    /// <param name="buffer">The message's first bytes, at least four.</param>
    /// <param name="protocol">Its form.</param>
    /// <param name="total">All of its bytes, including the length.</param>
    /// <param name="message">The bytes without TTHeader and length; negative if the lengths contradict each other.</param>
    /// <returns><see langword="false"/> while the lengths have not arrived.</returns>
    internal static bool TryReadLengths(in ReadOnlySequence<byte> buffer, WireProtocol protocol, out long total, out long message)
    {
        total = 0;
        message = 0;
        var isTTHeader = protocol == WireProtocol.TTHeader;
        var needed = isTTHeader ? TTHeaderFormat.FixedSize : ThriftFraming.PrefixSize;
        if (buffer.Length < needed)
        {
            return false;
        }

        Span<byte> head = stackalloc byte[TTHeaderFormat.FixedSize];
        buffer.Slice(0, needed).CopyTo(head);
        message = BinaryPrimitives.ReadUInt32BigEndian(head);
        total = ThriftFraming.PrefixSize + message;
        if (isTTHeader)
        {
            message -= TTHeaderFormat.CountedFixedSize + (BinaryPrimitives.ReadUInt16BigEndian(head[TTHeaderFormat.HeaderSizeOffset..]) * 4L);
        }

        return true;
    }

    /// <summary>The largest whole message whose struct may be within the limit.</summary>
    internal static int WithEnvelope(int limit) => (int)Math.Min(int.MaxValue, (long)limit + UncountedEnvelope);
}
