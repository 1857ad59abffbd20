using System.Buffers;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Wire;

/// <summary>Apache's JSON: <c>[1,"method name",type,sequence id,struct]</c>.</summary>
internal sealed class JsonCodec : MessageCodec
{
    internal const byte First = (byte)'[';

    // What is before the struct: copied if it does not lie in one piece.
    private const int MaxEnvelope = 64 * 1024;

    internal override ThriftProtocol Protocol => ThriftProtocol.Json;

    internal override void WriteEnvelope(ThriftWriteBuffer output, ThriftMessageType type, string method, int sequenceId)
    {
        var writer = new ThriftJsonWriter(output);
        writer.WriteMessageBegin(method, (int)type, sequenceId);
        writer.Flush();
    }

    internal override void WriteEnd(ThriftWriteBuffer output) => output.Write("]"u8);

    internal override ThriftMessageEnvelope ReadEnvelope(in ReadOnlySequence<byte> message, out ReadOnlySequence<byte> body)
    {
        var reader = new ThriftJsonReader(message.IsSingleSegment ? message.FirstSpan : message.Slice(0, Math.Min(message.Length, MaxEnvelope)).ToArray());
        var method = reader.ReadMessageBegin(out var type, out var sequenceId);
        if (method.Length == 0)
        {
            throw new ThriftProtocolException("the Thrift message has no method name.", 0);
        }

        body = message.Slice(reader.Consumed);
        return new ThriftMessageEnvelope((ThriftMessageType)type, method, sequenceId);
    }

    internal override MessageScanner CreateScanner(long maxMessageSize) => new JsonMessageScanner(maxMessageSize);
}
