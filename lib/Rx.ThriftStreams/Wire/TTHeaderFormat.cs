using System.Buffers.Binary;

namespace Rx.ThriftStreams.Wire;

/// <summary>The layout of a TTHeader frame: offsets, magic, limits.</summary>
/// <remarks>
/// All integers in network order: LENGTH u32 (of what follows it) ‖ MAGIC 10 00 ‖ FLAGS u16 ‖ SEQUENCE ID i32 ‖
/// HEADER SIZE u16 (in words of four bytes) ‖ header info ‖ payload.
/// </remarks>
internal static class TTHeaderFormat
{
    public const ushort Magic = 0x1000;

    /// <summary>The bytes before the header info.</summary>
    public const int FixedSize = 14;

    /// <summary>The fixed bytes that LENGTH counts: all except LENGTH itself.</summary>
    public const int CountedFixedSize = FixedSize - 4;

    /// <summary>The largest header info that the u16 of words can express.</summary>
    public const int MaxHeaderInfoSize = ushort.MaxValue * 4;

    /// <summary>The largest LENGTH that peers promise to send.</summary>
    public const int MaxFrameLength = 0x3FFFFFFF;

    public const byte PaddingBlock = 0x00;
    public const byte StringBlock = 0x01;
    public const byte IntBlock = 0x10;
    public const byte AclTokenBlock = 0x11;

    public const int MagicOffset = 4;
    public const int FlagsOffset = 6;
    public const int SequenceIdOffset = 8;
    public const int HeaderSizeOffset = 12;

    /// <summary>Writes LENGTH into a frame after its payload, whose size was not known before.</summary>
    /// <param name="frame">The frame's bytes, from LENGTH on.</param>
    /// <param name="headerInfoSize">The size of its header info in bytes, padding included.</param>
    /// <param name="payloadLength">The payload's size in bytes.</param>
    /// <exception cref="ThriftProtocolException">The frame would be larger than the format allows.</exception>
    public static void PatchLength(Span<byte> frame, int headerInfoSize, int payloadLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(payloadLength);
        long length = CountedFixedSize + (long)headerInfoSize + payloadLength;
        if (length > MaxFrameLength)
        {
            TTHeaderErrors.FrameTooLargeToWrite(length);
        }

        BinaryPrimitives.WriteUInt32BigEndian(frame, (uint)length);
    }
}
