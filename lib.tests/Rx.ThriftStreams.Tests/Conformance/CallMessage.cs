using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.Conformance;

/// <summary>One message of a ping-pong connection as it stood on the wire, whatever its form, and what it says.</summary>
internal sealed record CallMessage(byte[] Bytes, int HeaderSequenceAt, int SequenceAt, ThriftMessageType Type, string Text)
{
    private const int SequenceInHeader = 8;
    private const int SequenceInMessage = 8;

    internal int Sequence => BinaryPrimitives.ReadInt32BigEndian(Bytes.AsSpan(SequenceAt));

    /// <summary>All messages of one direction.</summary>
    internal static List<CallMessage> All(byte[] bytes)
    {
        var buffer = new ReadOnlySequence<byte>(bytes);
        var messages = new List<CallMessage>();
        while (TryTake(ref buffer) is { } message)
        {
            messages.Add(message);
        }

        return messages;
    }

    /// <summary>Takes a message off the front; <see langword="null"/> if it is not whole yet.</summary>
    internal static CallMessage? TryTake(ref ReadOnlySequence<byte> buffer)
    {
        var start = buffer;
        var pairs = string.Empty;
        ReadOnlySequence<byte> message;
        var hasHeader = false;
        switch (ProtocolDetector.DetectMessage(buffer))
        {
            case WireProtocol.TTHeader when new TTHeaderFrameReader().TryRead(ref buffer, out var frame):
                pairs = Pairs(frame);
                message = ProtocolDetector.GetMessage(frame.Payload, out var framed);
                pairs += framed ? " framed" : " unframed";
                hasHeader = true;
                break;
            case WireProtocol.Framed when ThriftFraming.TryRead(ref buffer, int.MaxValue, out message, out _):
                break;
            case WireProtocol.Buffered when new ThriftMessageScanner(int.MaxValue).TryScan(buffer, out var length):
                message = buffer.Slice(0, length);
                buffer = buffer.Slice(length);
                break;
            default:
                return null;
        }

        var envelope = ThriftMessageEnvelope.Read(message, out var body);
        var bytes = start.Slice(0, buffer.Start).ToArray();
        var text = $"{pairs} {envelope.Type} {Encoding.UTF8.GetString(envelope.Method)} {StreamAnswer.CanonicalStruct(body.ToArray())}".Trim();
        return new CallMessage(
            bytes, hasHeader ? SequenceInHeader : -1, bytes.Length - (int)message.Length + SequenceInMessage + envelope.Method.Length, envelope.Type, text);
    }

    /// <summary>The same message as the answer to another.</summary>
    internal byte[] For(CallMessage request)
    {
        var bytes = Bytes.ToArray();
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(SequenceAt), request.Sequence);
        if (HeaderSequenceAt >= 0)
        {
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(HeaderSequenceAt), request.Sequence);
        }

        return bytes;
    }

    private static string Pairs(in TTHeaderFrame frame)
    {
        var pairs = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var pair in frame.StringPairs)
        {
            if (pair.Key.SequenceEqual(TTHeaderStringKeys.Status))
            {
                // A private pair, which no recording has.
                continue;
            }

            pairs.Add(StreamAnswer.Pair(Encoding.UTF8.GetString(pair.Key), Encoding.UTF8.GetString(pair.Value)));
        }

        foreach (var pair in frame.IntPairs)
        {
            pairs.Add($"{(int)pair.Key}={Encoding.UTF8.GetString(pair.Value)}");
        }

        return $"{{{string.Join(", ", pairs)}}}";
    }
}
