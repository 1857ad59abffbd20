using System.Buffers.Binary;
using System.Globalization;

namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>A reset of HTTP/2 as a trailer, which <see cref="GrpcInbound"/> writes and <see cref="GrpcExchange"/> reads. It does not leave the process.</summary>
internal static class GrpcResetTrailer
{
    internal const string Name = "rx-reset";

    /// <summary>The length of what <see cref="Write"/> writes.</summary>
    internal const int Length = (2 * Http2Frames.HeaderLength) + BlockLength + Http2Frames.CodeLength;

    private const int DigitsLength = 8;
    private const int NameLength = 8;
    private const int BlockLength = 1 + 1 + NameLength + 1 + DigitsLength;
    private const byte EndStreamAndHeaders = 0x5;

    /// <summary>
    /// Writes HEADERS that end the stream, and a reset without an error, at which <see cref="HttpClient"/> stops sending the request of a response that has ended
    /// (RFC 9113, 8.1). The field is a literal without indexing (RFC 7541, 6.2.2), which leaves the tables of the connection as they are.
    /// </summary>
    internal static void Write(Span<byte> frames, int stream, uint code)
    {
        Http2Frames.WriteHeader(frames, BlockLength, Http2Frames.Headers, EndStreamAndHeaders, stream);
        var block = frames[Http2Frames.HeaderLength..];
        block[0] = 0;
        block[1] = NameLength;
        "rx-reset"u8.CopyTo(block[2..]);
        block[2 + NameLength] = DigitsLength;
        code.TryFormat(block[(3 + NameLength)..], out _, "x8", CultureInfo.InvariantCulture);

        var reset = block[BlockLength..];
        Http2Frames.WriteHeader(reset, Http2Frames.CodeLength, Http2Frames.Reset, flags: 0, stream);
        BinaryPrimitives.WriteUInt32BigEndian(reset[Http2Frames.HeaderLength..], 0);
    }

    internal static bool TryRead(string value, out uint code)
        => uint.TryParse(value, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out code);
}
