using System.Buffers;
using System.Buffers.Binary;

namespace Rx.ThriftStreams.Wire;

/// <summary>Distinguishes the protocols of a shared port by their first eight bytes. Pure functions; nothing is consumed.</summary>
internal static class ProtocolDetector
{
    /// <summary>How many bytes a decision requires. Only a Buffered message in Compact may be shorter; its first bytes decide.</summary>
    public const int NeededBytes = 8;

    /// <summary>Detects the protocol of a connection from its first bytes.</summary>
    public static WireProtocol DetectConnection(in ReadOnlySequence<byte> received)
    {
        Span<byte> copy = stackalloc byte[NeededBytes];
        return DetectConnection(Prefix(received, copy));
    }

    /// <inheritdoc cref="DetectConnection(in ReadOnlySequence{byte})"/>
    public static WireProtocol DetectConnection(ReadOnlySpan<byte> received)
    {
        if (received.Length < NeededBytes)
        {
            return DetectShort(received);
        }

        // TLS first: a ClientHello whose record ends in 80 looks like the length and version of a framed message.
        return received.StartsWith("PRI * HT"u8) ? WireProtocol.Http2
            : IsTls(received) ? WireProtocol.Tls
            : DetectMessage(received) is not WireProtocol.Unknown and var protocol ? protocol
            : IsHttp1(received) ? WireProtocol.Http1
            : WireProtocol.Unknown;
    }

    /// <summary>A record of type handshake, version 3.0 to 3.4, with a ClientHello.</summary>
    private static bool IsTls(ReadOnlySpan<byte> received) => received is [0x16, 0x03, <= 0x04, _, _, 0x01, 0x00, ..];

    /// <summary>A method of HTTP and a space.</summary>
    private static bool IsHttp1(ReadOnlySpan<byte> received)
        => received.StartsWith("GET "u8) || received.StartsWith("POST "u8) || received.StartsWith("HEAD "u8) || received.StartsWith("PUT "u8)
            || received.StartsWith("OPTIONS "u8) || received.StartsWith("DELETE "u8) || received.StartsWith("PATCH "u8) || received.StartsWith("CONNECT "u8)
            || received.StartsWith("TRACE "u8);

    /// <summary>Detects the form of the next message of a connection: a ping-pong connection may change it with each message.</summary>
    public static WireProtocol DetectMessage(in ReadOnlySequence<byte> received)
    {
        Span<byte> copy = stackalloc byte[NeededBytes];
        return DetectMessage(Prefix(received, copy));
    }

    /// <inheritdoc cref="DetectMessage(in ReadOnlySequence{byte})"/>
    public static WireProtocol DetectMessage(ReadOnlySpan<byte> received)
    {
        if (received.Length < NeededBytes)
        {
            return DetectShort(received);
        }

        if (BinaryPrimitives.ReadUInt16BigEndian(received[TTHeaderFormat.MagicOffset..]) == TTHeaderFormat.Magic)
        {
            var flags = (TTHeaderFlags)BinaryPrimitives.ReadUInt16BigEndian(received[TTHeaderFormat.FlagsOffset..]);
            return (flags & TTHeaderFlags.Streaming) != 0 ? WireProtocol.TTHeaderStreaming : WireProtocol.TTHeader;
        }

        return BinaryPrimitives.ReadUInt16BigEndian(received) == MeshHeader.Magic ? WireProtocol.Mesh
            : DetectPayload(received) is not WireProtocol.Unknown and var payload ? payload
            : DetectApache(received);
    }

    private static WireProtocol DetectShort(ReadOnlySpan<byte> received)
        => received is [CompactCodec.ProtocolId, _, ..] && MessageCodec.StartsApacheMessage(received) ? WireProtocol.Buffered : WireProtocol.NeedMore;

    /// <summary>A message of an Apache peer that is not strict Binary, Buffered or Framed.</summary>
    private static WireProtocol DetectApache(ReadOnlySpan<byte> received)
    {
        if (MessageCodec.StartsApacheMessage(received))
        {
            return WireProtocol.Buffered;
        }

        // Of the old Binary only the length of the name is there, which cannot be longer than the frame.
        var message = received[ThriftFraming.PrefixSize..];
        var frameLength = BinaryPrimitives.ReadUInt32BigEndian(received);
        return MessageCodec.StartsApacheMessage(message) || (message is [0, 0, _, _] && BinaryPrimitives.ReadInt32BigEndian(message) is > 0 and var name && name < frameLength)
            ? WireProtocol.Framed
            : WireProtocol.Unknown;
    }

    /// <summary>Detects what a TTHeader's payload is, or what follows a mesh header: Buffered or Framed in strict Binary, Kitex Protobuf or unknown.</summary>
    public static WireProtocol DetectPayload(in ReadOnlySequence<byte> received)
    {
        Span<byte> copy = stackalloc byte[NeededBytes];
        return DetectPayload(Prefix(received, copy));
    }

    /// <inheritdoc cref="DetectPayload(in ReadOnlySequence{byte})"/>
    public static WireProtocol DetectPayload(ReadOnlySpan<byte> received)
    {
        if (received.Length < NeededBytes)
        {
            return WireProtocol.NeedMore;
        }

        if (BinaryPrimitives.ReadUInt16BigEndian(received) == 0x8001)
        {
            return WireProtocol.Buffered;
        }

        return BinaryPrimitives.ReadUInt16BigEndian(received[4..]) switch
        {
            0x8001 => WireProtocol.Framed,
            0x9001 => WireProtocol.FramedKitexProtobuf,
            _ => WireProtocol.Unknown,
        };
    }

    /// <summary>Returns the Thrift message in a complete TTHeader payload, framed or not: what the header declares is not trusted.</summary>
    /// <exception cref="ThriftProtocolException">The payload is neither, or its inner length is wrong.</exception>
    public static ReadOnlySequence<byte> GetMessage(in ReadOnlySequence<byte> payload, out bool framed)
    {
        Span<byte> copy = stackalloc byte[NeededBytes];
        ReadOnlySpan<byte> prefix = Prefix(payload, copy);
        WireProtocol kind = DetectPayload(prefix);
        framed = kind == WireProtocol.Framed;
        if (kind == WireProtocol.Buffered)
        {
            return payload;
        }

        if (!framed)
        {
            Span<byte> padded = stackalloc byte[NeededBytes];
            padded.Clear();
            prefix.CopyTo(padded);
            TTHeaderErrors.InvalidPayload(BinaryPrimitives.ReadUInt32BigEndian(padded), BinaryPrimitives.ReadUInt32BigEndian(padded[4..]));
        }

        uint length = BinaryPrimitives.ReadUInt32BigEndian(prefix);
        if (length > payload.Length - ThriftFraming.PrefixSize)
        {
            throw new ThriftProtocolException($"invalid frame length[{length}]: the TTHeader's payload has {payload.Length - ThriftFraming.PrefixSize} bytes after it.", 0);
        }

        return payload.Slice(ThriftFraming.PrefixSize, length);
    }

    private static ReadOnlySpan<byte> Prefix(in ReadOnlySequence<byte> received, Span<byte> copy)
    {
        ReadOnlySpan<byte> first = received.FirstSpan;
        if (first.Length >= NeededBytes || received.IsSingleSegment)
        {
            return first[..Math.Min(first.Length, NeededBytes)];
        }

        int present = (int)Math.Min(received.Length, NeededBytes);
        received.Slice(0, present).CopyTo(copy);
        return copy[..present];
    }
}
