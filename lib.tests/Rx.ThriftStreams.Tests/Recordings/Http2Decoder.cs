using System.Buffers.Binary;

namespace Rx.ThriftStreams.Tests.Recordings;

/// <summary>Turns the bytes of one direction of an HTTP/2 connection into frames, as they come. For tests: it trusts its input.</summary>
internal sealed class Http2Decoder(bool fromClient)
{
    private static readonly byte[] Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray();

    private readonly HpackDecoder _hpack = new();
    private readonly List<Http2Frame> _frames = [];
    private readonly List<byte> _block = [];
    private byte[] _pending = [];
    private bool _prefaceSeen = !fromClient;

    public IReadOnlyList<Http2Frame> Frames => _frames;

    /// <summary>Bytes that are not a whole frame yet.</summary>
    public int PendingBytes => _pending.Length;

    /// <summary>Decodes all chunks of a direction.</summary>
    public static Http2Decoder Decode(IEnumerable<byte[]> chunks, bool fromClient)
    {
        var decoder = new Http2Decoder(fromClient);
        foreach (byte[] chunk in chunks)
        {
            decoder.Append(chunk);
        }

        return decoder;
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        byte[] all = [.. _pending, .. bytes];
        int position = 0;
        if (!_prefaceSeen && all.Length >= Preface.Length)
        {
            if (!all.AsSpan().StartsWith(Preface))
            {
                throw new FormatException("The connection does not begin with the preface of HTTP/2.");
            }

            position = Preface.Length;
            _prefaceSeen = true;
        }

        while (_prefaceSeen && all.Length - position >= 9)
        {
            ReadOnlySpan<byte> head = all.AsSpan(position);
            int length = (int)(BinaryPrimitives.ReadUInt32BigEndian(head) >> 8);
            if (head.Length < 9 + length)
            {
                break;
            }

            var type = (Http2FrameType)head[3];
            Add(new Http2Frame(type, head[4], BinaryPrimitives.ReadInt32BigEndian(head[5..]) & int.MaxValue, head.Slice(9, length).ToArray()));
            position += 9 + length;
        }

        _pending = all[position..];
    }

    /// <summary>The header lists of a stream: headers, then trailers.</summary>
    public IReadOnlyList<IReadOnlyList<(string Name, string Value)>> HeadersOf(int streamId)
        => [.. _frames.Where(f => f.StreamId == streamId && f.Headers is not null).Select(f => f.Headers!)];

    /// <summary>The complete gRPC messages of a stream.</summary>
    public IReadOnlyList<GrpcMessage> MessagesOf(int streamId)
    {
        var data = new List<byte>();
        foreach (Http2Frame frame in _frames.Where(f => f.StreamId == streamId && f.Type == Http2FrameType.Data))
        {
            data.AddRange(frame.Content);
        }

        byte[] bytes = [.. data];
        var messages = new List<GrpcMessage>();
        for (int position = 0; bytes.Length - position >= 5;)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(position + 1));
            if (bytes.Length - position - 5 < length)
            {
                break;
            }

            messages.Add(new GrpcMessage(bytes[position] != 0, bytes.AsSpan(position + 5, length).ToArray()));
            position += 5 + length;
        }

        return messages;
    }

    private void Add(Http2Frame frame)
    {
        if (frame.Type is Http2FrameType.Headers or Http2FrameType.Continuation)
        {
            _block.AddRange(frame.Content);
            if (frame.EndHeaders)
            {
                frame = frame with { Headers = _hpack.Decode([.. _block]) };
                _block.Clear();
            }
        }

        _frames.Add(frame);
    }
}
