using System.Buffers;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Wire;

/// <summary>Binary with a version in front: the only form that Kitex speaks.</summary>
internal sealed class StrictBinaryCodec : MessageCodec
{
    internal override ThriftProtocol Protocol => ThriftProtocol.Binary;

    internal override void WriteEnvelope(ThriftWriteBuffer output, ThriftMessageType type, string method, int sequenceId)
        => ThriftMessageEnvelope.Write(output, type, method, sequenceId);

    internal override ThriftMessageEnvelope ReadEnvelope(in ReadOnlySequence<byte> message, out ReadOnlySequence<byte> body)
        => ThriftMessageEnvelope.Read(message, out body);

    internal override MessageScanner CreateScanner(long maxMessageSize) => new ThriftMessageScanner(maxMessageSize);
}
