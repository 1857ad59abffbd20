using System.Buffers;

namespace Rx.ThriftStreams.AspNetCore.Port;

/// <summary>Finds, in the bytes that a client sends over HTTP/2, its PINGs and its data. Looks at the headers of frames only, and copies nothing.</summary>
internal struct PingFrames
{
    private const int HeaderLength = 9;
    private const byte AckFlag = 1;

    // The preface of the connection is passed over like the payload of a frame.
    private long _skip = 24;
    private int _position;
    private int _length;
    private byte _type;

    public PingFrames()
    {
    }

    private enum FrameType : byte
    {
        Data = 0,
        Headers = 1,
        Ping = 6,
    }

    /// <summary>Looks at the next bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="hasData">Whether HEADERS or DATA are among them.</param>
    /// <returns>How many PINGs are among them that are not answers.</returns>
    internal int Count(in ReadOnlySequence<byte> bytes, out bool hasData)
    {
        hasData = false;
        var pings = 0;
        foreach (var segment in bytes)
        {
            pings += Count(segment.Span, ref hasData);
        }

        return pings;
    }

    private int Count(ReadOnlySpan<byte> bytes, ref bool hasData)
    {
        var pings = 0;
        while (!bytes.IsEmpty)
        {
            if (_skip > 0)
            {
                var skipped = (int)Math.Min(_skip, bytes.Length);
                _skip -= skipped;
                bytes = bytes[skipped..];
                continue;
            }

            var next = bytes[0];
            bytes = bytes[1..];
            switch (_position++)
            {
                case < 3:
                    _length = (_length << 8) | next;
                    break;

                case 3:
                    _type = next;
                    break;

                case 4:
                    hasData |= (FrameType)_type is FrameType.Data or FrameType.Headers;
                    pings += (FrameType)_type == FrameType.Ping && (next & AckFlag) == 0 ? 1 : 0;

                    // The rest of the header is the number of the stream.
                    _skip = HeaderLength - 5 + _length;
                    _position = _length = 0;
                    break;
            }
        }

        return pings;
    }
}
