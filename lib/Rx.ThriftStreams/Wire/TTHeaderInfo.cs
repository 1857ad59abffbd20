using System.Buffers.Binary;

namespace Rx.ThriftStreams.Wire;

/// <summary>The result of one validating pass over a header info: the values that calls need, as positions instead of copies.</summary>
internal struct TTHeaderInfo
{
    public TTHeaderProtocolId ProtocolId;
    public TTHeaderFrameType FrameType;
    public bool HasStringPairs;

    /// <summary>Where the first block begins: after the protocol id and the transforms.</summary>
    public int BlocksStart;
    public HeaderRange AclToken;
    public HeaderRange TransportType;
    public HeaderRange FromService;
    public HeaderRange ToService;
    public HeaderRange ToMethod;
    public HeaderRange RpcTimeout;
    public HeaderRange FromMethod;
    public HeaderRange MessageType;
    public HeaderRange FrameTypeText;

    /// <summary>Validates every block. Blocks may come in any order and more than once; later values win, as in Kitex.</summary>
    /// <exception cref="ThriftProtocolException">An unknown block, an unsupported protocol, or a length that exceeds the header info.</exception>
    public static void Parse(ReadOnlySpan<byte> info, out TTHeaderInfo result)
    {
        result = default;
        if (info.Length < 2)
        {
            TTHeaderErrors.InvalidHeaderLength(info.Length);
        }

        byte protocol = info[0];
        if (protocol is not (0x00 or 0x03 or 0x04 or 0x10 or 0x11))
        {
            TTHeaderErrors.UnsupportedProtocolId(protocol);
        }

        result.ProtocolId = (TTHeaderProtocolId)protocol;

        // Transforms are counted and skipped: Kitex does not apply any.
        int position = 2 + info[1];
        if (position > info.Length)
        {
            TTHeaderErrors.InfoTruncated(1);
        }

        result.BlocksStart = position;
        while (position < info.Length)
        {
            byte block = info[position++];
            switch (block)
            {
                case TTHeaderFormat.PaddingBlock:
                    break;

                case TTHeaderFormat.IntBlock:
                    result.ParseInts(info, ref position);
                    break;

                case TTHeaderFormat.StringBlock:
                    int pairs = ReadUInt16(info, ref position);
                    result.HasStringPairs |= pairs > 0;
                    for (; pairs > 0; pairs--)
                    {
                        _ = ReadText(info, ref position);
                        _ = ReadText(info, ref position);
                    }

                    break;

                case TTHeaderFormat.AclTokenBlock:
                    result.AclToken = ReadText(info, ref position);
                    result.HasStringPairs = true;
                    break;

                default:
                    TTHeaderErrors.InvalidInfoId(block, position - 1);
                    break;
            }
        }
    }

    public static ushort ReadUInt16(ReadOnlySpan<byte> info, ref int position)
    {
        if (info.Length - position < 2)
        {
            TTHeaderErrors.InfoTruncated(position);
        }

        ushort value = BinaryPrimitives.ReadUInt16BigEndian(info[position..]);
        position += 2;
        return value;
    }

    public static HeaderRange ReadText(ReadOnlySpan<byte> info, ref int position)
    {
        ushort length = ReadUInt16(info, ref position);
        if (info.Length - position < length)
        {
            TTHeaderErrors.InfoTruncated(position - 2);
        }

        var range = new HeaderRange(position, length);
        position += length;
        return range;
    }

    private void ParseInts(ReadOnlySpan<byte> info, ref int position)
    {
        for (int pairs = ReadUInt16(info, ref position); pairs > 0; pairs--)
        {
            var key = (TTHeaderIntKey)ReadUInt16(info, ref position);
            HeaderRange value = ReadText(info, ref position);
            switch (key)
            {
                case TTHeaderIntKey.ToMethod:
                    ToMethod = value;
                    break;
                case TTHeaderIntKey.FrameType:
                    FrameTypeText = value;
                    FrameType = ToFrameType(value.Of(info));
                    break;
                case TTHeaderIntKey.MessageType:
                    MessageType = value;
                    break;
                case TTHeaderIntKey.RpcTimeout:
                    RpcTimeout = value;
                    break;
                case TTHeaderIntKey.TransportType:
                    TransportType = value;
                    break;
                case TTHeaderIntKey.FromService:
                    FromService = value;
                    break;
                case TTHeaderIntKey.ToService:
                    ToService = value;
                    break;
                case TTHeaderIntKey.FromMethod:
                    FromMethod = value;
                    break;
            }
        }
    }

    private static TTHeaderFrameType ToFrameType(ReadOnlySpan<byte> text)
        => text.Length == 1 && text[0] is >= (byte)'1' and <= (byte)'5' ? (TTHeaderFrameType)(text[0] - '0') : TTHeaderFrameType.None;
}
