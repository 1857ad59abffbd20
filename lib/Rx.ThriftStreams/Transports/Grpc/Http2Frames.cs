using System.Buffers.Binary;

namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>The layout of HTTP/2's frames (RFC 9113, 4.1): a length of three bytes, a type, flags, the stream, and the payload.</summary>
internal static class Http2Frames
{
    internal const int HeaderLength = 9;
    internal const int CodeLength = 4;
    internal const int ResetLength = HeaderLength + CodeLength;

    internal const byte Data = 0;
    internal const byte Headers = 1;
    internal const byte Reset = 3;
    internal const byte EndStream = 0x1;

    internal static int LengthOf(ReadOnlySpan<byte> header) => (int)(BinaryPrimitives.ReadUInt32BigEndian(header) >> 8);

    internal static byte TypeOf(ReadOnlySpan<byte> header) => header[3];

    internal static byte FlagsOf(ReadOnlySpan<byte> header) => header[4];

    internal static int StreamOf(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadInt32BigEndian(header[5..]) & int.MaxValue;

    internal static void WriteHeader(Span<byte> header, int length, byte type, byte flags, int stream)
    {
        BinaryPrimitives.WriteUInt32BigEndian(header, (uint)length << 8 | type);
        header[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(header[5..], stream);
    }
}
