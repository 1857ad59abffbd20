using System.Buffers.Binary;
using System.Text;
using Rx.ThriftStreams.Tests.Recordings;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>Writes HTTP/2 frames.</summary>
internal static class Http2Wire
{
    internal const int LargestFrame = 16384;

    internal static readonly byte[] Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray();

    internal static byte[] Frame(Http2FrameType type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        var frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteUInt32BigEndian(frame, (uint)payload.Length << 8 | (byte)type);
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame.AsSpan(9));
        return frame;
    }

    internal static byte[] Frame(Http2Frame frame) => Frame(frame.Type, frame.Flags, frame.StreamId, frame.Payload);

    internal static byte[] WindowUpdate(int stream, int increment)
    {
        var payload = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(payload, increment);
        return Frame(Http2FrameType.WindowUpdate, 0, stream, payload);
    }

    /// <summary>A header list as literals, which needs no table; in CONTINUATION frames if it is long.</summary>
    internal static byte[] Headers(int stream, bool endStream, IEnumerable<(string Name, string Value)> headers)
    {
        var block = new List<byte>();
        foreach (var (name, value) in headers)
        {
            block.Add(0);
            Text(block, name);
            Text(block, value);
        }

        var bytes = new List<byte>();
        for (var at = 0; at == 0 || at < block.Count; at += LargestFrame)
        {
            var part = block.GetRange(at, Math.Min(LargestFrame, block.Count - at)).ToArray();
            var flags = (byte)((at + LargestFrame >= block.Count ? 0x4 : 0) | (at == 0 && endStream ? 0x1 : 0));
            bytes.AddRange(Frame(at == 0 ? Http2FrameType.Headers : Http2FrameType.Continuation, flags, stream, part));
        }

        return [.. bytes];
    }

    private static void Text(List<byte> block, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var length = bytes.Length;
        if (length < 127)
        {
            block.Add((byte)length);
        }
        else
        {
            block.Add(127);
            for (length -= 127; length > 127; length >>= 7)
            {
                block.Add((byte)(length | 0x80));
            }

            block.Add((byte)length);
        }

        block.AddRange(bytes);
    }
}
