using System.Buffers;
using System.Buffers.Binary;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Transports.PingPong;

/// <summary>
/// A request that is larger than allowed. Its head says how to answer it; the rest is passed over without being kept, because a caller that is still writing
/// would not read the answer, and lose it when the connection is closed.
/// </summary>
/// <param name="request">The request, without arguments.</param>
/// <param name="length">Its size on the wire, in bytes.</param>
internal sealed class OversizeRequest(PingPongRequest request, long length)
{
    // Room for the envelope and its method's name.
    private const int EnvelopeSize = 512;

    private long _rest = length;

    internal PingPongRequest Request => request;

    /// <summary>Passes over what is there of it.</summary>
    /// <returns>Whether its end was reached.</returns>
    internal bool Skip(ref ReadOnlySequence<byte> buffer)
    {
        var skipped = Math.Min(_rest, buffer.Length);
        buffer = buffer.Slice(skipped);
        _rest -= skipped;
        return _rest == 0;
    }

    /// <summary>Copies the beginning of a frame, with lengths as if that was all of it: of a TTHeader frame with the header, of a framed message without the prefix.</summary>
    /// <returns><see langword="false"/> while it is not there.</returns>
    internal static bool TryReadHead(in ReadOnlySequence<byte> buffer, WireProtocol protocol, long length, out ReadOnlySequence<byte> head)
    {
        head = default;
        var prefix = ThriftFraming.PrefixSize;
        if (protocol == WireProtocol.TTHeader)
        {
            if (buffer.Length < TTHeaderFormat.FixedSize)
            {
                return false;
            }

            Span<byte> size = stackalloc byte[2];
            buffer.Slice(TTHeaderFormat.HeaderSizeOffset, 2).CopyTo(size);
            prefix = TTHeaderFormat.FixedSize + (BinaryPrimitives.ReadUInt16BigEndian(size) * 4);
        }

        var headSize = (int)Math.Min(prefix + EnvelopeSize, length);
        if (buffer.Length < headSize)
        {
            return false;
        }

        var bytes = buffer.Slice(0, headSize).ToArray();
        BinaryPrimitives.WriteInt32BigEndian(bytes, headSize - 4);
        if (protocol != WireProtocol.TTHeader)
        {
            head = new ReadOnlySequence<byte>(bytes, prefix, headSize - prefix);
            return true;
        }

        if (prefix < headSize && ProtocolDetector.DetectPayload(bytes.AsSpan(prefix)) == WireProtocol.Framed)
        {
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(prefix), headSize - prefix - ThriftFraming.PrefixSize);
        }

        head = new ReadOnlySequence<byte>(bytes);
        return true;
    }
}
