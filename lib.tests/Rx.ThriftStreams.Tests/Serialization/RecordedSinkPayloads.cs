using System.Buffers;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Tests.Recordings;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.Serialization;

/// <summary>Takes the KitchenSink payloads out of recorded calls, whatever transport carried them.</summary>
internal static class RecordedSinkPayloads
{
    /// <summary>The recordings that have such payloads.</summary>
    internal static IEnumerable<Recording> Recordings
        => Recording.All.Where(recording => recording.Name.Contains("sink", StringComparison.Ordinal) || recording.Name.Contains("two-args", StringComparison.Ordinal));

    /// <summary>The bytes of each value of one direction. Wrappers of arguments and results are taken off.</summary>
    internal static IEnumerable<byte[]> Of(Recording recording, bool fromClient)
    {
        foreach (var message in Messages(recording, fromClient))
        {
            if (recording.Method is "BidiEcho" or "ServerStream" or "ClientStream")
            {
                yield return message;
            }
            else if (Unwrap(message, fromClient ? (short)1 : (short)0) is { } value)
            {
                yield return value;
            }
        }
    }

    private static IEnumerable<byte[]> Messages(Recording recording, bool fromClient)
    {
        if (recording.IsHttp2)
        {
            return Http2Decoder.Decode(fromClient ? recording.ClientToServer : recording.ServerToClient, fromClient).MessagesOf(1).Select(message => message.Bytes);
        }

        return TcpMessages(new ReadOnlySequence<byte>(recording.Bytes(fromClient)));
    }

    private static List<byte[]> TcpMessages(ReadOnlySequence<byte> bytes)
    {
        var messages = new List<byte[]>();
        var frames = new TTHeaderFrameReader();
        while (!bytes.IsEmpty)
        {
            switch (ProtocolDetector.DetectConnection(bytes))
            {
                case WireProtocol.TTHeaderStreaming:
                    Assert.True(frames.TryRead(ref bytes, out var data));
                    if (data.FrameType == TTHeaderFrameType.Data)
                    {
                        messages.Add(data.Payload.ToArray());
                    }

                    break;

                case WireProtocol.TTHeader:
                    Assert.True(frames.TryRead(ref bytes, out var frame));
                    Add(ProtocolDetector.GetMessage(frame.Payload, out _));
                    break;

                case WireProtocol.Framed:
                    Assert.True(ThriftFraming.TryRead(ref bytes, int.MaxValue, out var framed, out _));
                    Add(framed);
                    break;

                case WireProtocol.Buffered:
                    Assert.True(new ThriftMessageScanner(int.MaxValue).TryScan(bytes, out var length));
                    Add(bytes.Slice(0, length));
                    bytes = bytes.Slice(length);
                    break;

                default:
                    Assert.Fail("The recording has bytes of no known protocol.");
                    break;
            }
        }

        return messages;

        void Add(in ReadOnlySequence<byte> message)
        {
            if (ThriftMessageEnvelope.Read(message, out var body).Type != ThriftMessageType.Exception)
            {
                messages.Add(body.ToArray());
            }
        }
    }

    /// <summary>The bytes of a field of struct type; <see langword="null"/> if it is not there.</summary>
    private static byte[]? Unwrap(byte[] wrapper, short field)
    {
        var reader = new ThriftReader(wrapper);
        reader.BeginStruct();
        while (reader.ReadFieldHeader(out var type, out var id))
        {
            var start = reader.Consumed;
            reader.Skip(type);
            if (id == field && type == ThriftType.Struct)
            {
                return wrapper[(int)start..(int)reader.Consumed];
            }
        }

        return null;
    }
}
