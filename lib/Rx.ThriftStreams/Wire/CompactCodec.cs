using System.Buffers;
using System.Text;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Wire;

/// <summary>Compact: 82 ‖ type in the high three bits and version 1 ‖ varint sequence id ‖ varint length ‖ method name ‖ struct.</summary>
internal sealed class CompactCodec : MessageCodec
{
    internal const byte ProtocolId = 0x82;
    internal const byte Version = 1;
    internal const byte VersionMask = 0x1F;

    /// <summary>The most bytes of a 32-bit varint.</summary>
    internal const int MaxVarint = 5;

    private const int TypeShift = 5;

    internal override ThriftProtocol Protocol => ThriftProtocol.Compact;

    internal override void WriteEnvelope(ThriftWriteBuffer output, ThriftMessageType type, string method, int sequenceId)
    {
        var nameLength = Encoding.UTF8.GetByteCount(method);
        var span = output.GetSpan(2 + (2 * MaxVarint) + nameLength);
        span[0] = ProtocolId;
        span[1] = (byte)(((int)type << TypeShift) | Version);
        var length = 2;
        WriteVarint(span, ref length, (uint)sequenceId);
        WriteVarint(span, ref length, (uint)nameLength);
        length += Encoding.UTF8.GetBytes(method, span[length..]);
        output.Advance(length);
    }

    internal override ThriftMessageEnvelope ReadEnvelope(in ReadOnlySequence<byte> message, out ReadOnlySequence<byte> body)
    {
        var reader = new SequenceReader<byte>(message);
        if (!reader.TryRead(out var id) || !reader.TryRead(out var typeAndVersion))
        {
            throw ThriftMessageEnvelope.Truncated(0);
        }

        CheckHeader(id, typeAndVersion);
        if (!TryReadVarint(ref reader, out var sequenceId) || !TryReadVarint(ref reader, out var nameLength))
        {
            throw ThriftMessageEnvelope.Truncated(2);
        }

        var method = ThriftMessageEnvelope.ReadName(ref reader, (int)nameLength);
        body = reader.UnreadSequence;
        return new ThriftMessageEnvelope((ThriftMessageType)(typeAndVersion >> TypeShift), method, (int)sequenceId);
    }

    internal override MessageScanner CreateScanner(long maxMessageSize) => new CompactMessageScanner(maxMessageSize);

    /// <exception cref="ThriftProtocolException">The bytes do not begin a Compact message of version 1.</exception>
    internal static void CheckHeader(byte id, byte typeAndVersion)
    {
        if (id != ProtocolId || (typeAndVersion & VersionMask) != Version)
        {
            throw new ThriftProtocolException($"a Compact message of version 1 begins with 82 and version 1, not with {id:x2} and {typeAndVersion & VersionMask}.", 0);
        }
    }

    /// <summary>Reads an unsigned varint of 32 bits; reads nothing while it is not complete.</summary>
    /// <exception cref="ThriftProtocolException">It does not end, or is larger.</exception>
    internal static bool TryReadVarint(ref SequenceReader<byte> reader, out uint value)
    {
        value = 0;
        for (var i = 0; i < MaxVarint; i++)
        {
            if (!reader.TryPeek(i, out var next))
            {
                return false;
            }

            if (i == MaxVarint - 1 && next > 0x0F)
            {
                break;
            }

            value |= (uint)(next & 0x7F) << (7 * i);
            if (next < 0x80)
            {
                reader.Advance(i + 1);
                return true;
            }
        }

        throw new ThriftProtocolException("A variable-length integer of a Compact message does not end or does not fit into 32 bits.", reader.Consumed);
    }

    private static void WriteVarint(Span<byte> span, ref int position, uint value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            span[position++] = (byte)(value | 0x80);
        }

        span[position++] = (byte)value;
    }
}
