using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Wire;

/// <summary>Binary as Apache's peers write it that are not strict: i32 length ‖ method name ‖ type ‖ i32 sequence id ‖ struct.</summary>
internal sealed class OldBinaryCodec : MessageCodec
{
    private const int FixedSize = 9;

    internal override ThriftProtocol Protocol => ThriftProtocol.Binary;

    internal override void WriteEnvelope(ThriftWriteBuffer output, ThriftMessageType type, string method, int sequenceId)
    {
        var nameLength = Encoding.UTF8.GetByteCount(method);
        var span = output.GetSpan(FixedSize + nameLength);
        BinaryPrimitives.WriteInt32BigEndian(span, nameLength);
        _ = Encoding.UTF8.GetBytes(method, span[4..]);
        span[4 + nameLength] = (byte)type;
        BinaryPrimitives.WriteInt32BigEndian(span[(5 + nameLength)..], sequenceId);
        output.Advance(FixedSize + nameLength);
    }

    internal override ThriftMessageEnvelope ReadEnvelope(in ReadOnlySequence<byte> message, out ReadOnlySequence<byte> body)
    {
        var reader = new SequenceReader<byte>(message);
        if (!reader.TryReadBigEndian(out int nameLength) || nameLength > reader.Remaining - (FixedSize - 4))
        {
            throw ThriftMessageEnvelope.Truncated(0);
        }

        var method = ThriftMessageEnvelope.ReadName(ref reader, nameLength);
        _ = reader.TryRead(out var type);
        _ = reader.TryReadBigEndian(out int sequenceId);
        body = reader.UnreadSequence;
        return new ThriftMessageEnvelope((ThriftMessageType)type, method, sequenceId);
    }

    internal override MessageScanner CreateScanner(long maxMessageSize) => new ThriftMessageScanner(maxMessageSize);
}
