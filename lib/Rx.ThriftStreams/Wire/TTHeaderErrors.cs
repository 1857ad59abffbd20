using System.Diagnostics.CodeAnalysis;

namespace Rx.ThriftStreams.Wire;

/// <summary>The errors of this folder's codecs. Where Kitex has a text for the same error, the message contains it.</summary>
internal static class TTHeaderErrors
{
    /// <summary>The first four bytes of an HTTP/1.1 answer, read as a length.</summary>
    private const long Http = 0x48545450;

    [DoesNotReturn]
    public static void InvalidMagic(ReadOnlySpan<byte> received, ushort magic)
        => throw new ThriftProtocolException(
            WrongPort.HintFor(received) ?? $"invalid TTHeader magic[0x{magic:x4}]: a frame must have 0x1000 after its length.", TTHeaderFormat.MagicOffset);

    [DoesNotReturn]
    public static void FrameTooLarge(long length, long limit)
        => throw new ThriftProtocolException(
            length == Http
                ? WrongPort.HintFor("HTTP"u8)!
                : $"invalid data: payload size({length}) larger than the limit({limit}){(limit == TTHeaderFormat.MaxFrameLength ? ", which no option raises" : " of MaxReceiveMessageSize")}.", 0);

    [DoesNotReturn]
    public static void FrameTooLargeToWrite(long length)
        => throw new ThriftProtocolException($"a frame of {length} bytes cannot be written: the format allows at most {TTHeaderFormat.MaxFrameLength}.");

    [DoesNotReturn]
    public static void InvalidHeaderLength(int bytes)
        => throw new ThriftProtocolException($"invalid header length[{bytes}]: the header info must have at least 2 bytes, and at most the limit.", TTHeaderFormat.HeaderSizeOffset);

    [DoesNotReturn]
    public static void NegativePayload(long length, int headerInfoSize)
        => throw new ThriftProtocolException(
            $"invalid frame length[{length}]: the fixed part and a header info of {headerInfoSize} bytes are already longer.", 0);

    [DoesNotReturn]
    public static void UnsupportedProtocolId(byte id)
        => throw new ThriftProtocolException($"unsupported ProtocolID[{id}].", TTHeaderFormat.FixedSize);

    [DoesNotReturn]
    public static void InvalidInfoId(byte id, int offset)
        => throw new ThriftProtocolException($"invalid infoIDType[0x{id:x}] in the header info.", TTHeaderFormat.FixedSize + offset);

    [DoesNotReturn]
    public static void InfoTruncated(int offset)
        => throw new ThriftProtocolException("the header info ends inside a block: a count or a length in it is too large.", TTHeaderFormat.FixedSize + offset);

    [DoesNotReturn]
    public static void TextTooLong(string what, int length)
        => throw new ThriftProtocolException($"{what} has {length} bytes: a TTHeader can carry at most 65535 in a key or value.");

    [DoesNotReturn]
    public static void TooManyPairs(string what)
        => throw new ThriftProtocolException($"more than 65535 {what} do not fit into a TTHeader.");

    [DoesNotReturn]
    public static void HeaderTooLargeToWrite(int bytes, int limit)
        => throw new ThriftProtocolException($"a header info of {bytes} bytes cannot be written: the limit is {limit}.");

    [DoesNotReturn]
    public static void ChecksumMismatch(string expected, string actual)
        => throw new ThriftProtocolException($"crc32c payload check failed: the header has {expected}, the payload {actual}.");

    [DoesNotReturn]
    public static void InvalidPayload(uint first, uint second)
        => throw new ThriftProtocolException($"invalid payload (first4Bytes=0x{first:x}, second4Bytes=0x{second:x}): neither Thrift Binary nor framed Thrift Binary.", 0);
}
