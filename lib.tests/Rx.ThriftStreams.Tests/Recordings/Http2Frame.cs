namespace Rx.ThriftStreams.Tests.Recordings;

/// <summary>The types of HTTP/2 frames (RFC 9113 §6).</summary>
internal enum Http2FrameType : byte
{
    Data = 0,
    Headers = 1,
    Priority = 2,
    RstStream = 3,
    Settings = 4,
    PushPromise = 5,
    Ping = 6,
    GoAway = 7,
    WindowUpdate = 8,
    Continuation = 9,
}

/// <summary>An HTTP/2 frame. The one that ends a header block carries the decoded list.</summary>
internal sealed record Http2Frame(Http2FrameType Type, byte Flags, int StreamId, byte[] Payload)
{
    /// <summary>The header list, in order, on a HEADERS or CONTINUATION frame with END_HEADERS.</summary>
    public IReadOnlyList<(string Name, string Value)>? Headers { get; init; }

    /// <summary>END_STREAM of DATA and HEADERS, ACK of SETTINGS and PING.</summary>
    public bool HasFlag1 => (Flags & 0x1) != 0;

    public bool EndHeaders => (Flags & 0x4) != 0;

    /// <summary>The payload of DATA and HEADERS without padding and priority.</summary>
    public ReadOnlySpan<byte> Content
    {
        get
        {
            ReadOnlySpan<byte> content = Payload;
            if ((Flags & 0x8) != 0 && Type is Http2FrameType.Data or Http2FrameType.Headers)
            {
                content = content[1..^content[0]];
            }

            return Type == Http2FrameType.Headers && (Flags & 0x20) != 0 ? content[5..] : content;
        }
    }
}

/// <summary>A gRPC message as it stood in DATA frames: not decompressed.</summary>
internal sealed record GrpcMessage(bool Compressed, byte[] Bytes);
