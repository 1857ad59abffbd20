using System.Buffers;
using System.Buffers.Binary;

namespace Rx.ThriftStreams.Wire;

/// <summary>
/// A streaming frame's header without string pairs, encoded once: a frame then costs a copy and two stores.
/// It depends only on type and method, so all streams of a method share one.
/// </summary>
internal sealed class TTHeaderFrameTemplate
{
    private readonly byte[] _header;

    /// <summary>Encodes the header of frames of this type and method.</summary>
    /// <exception cref="ThriftProtocolException">The method's name is longer than 65535 bytes.</exception>
    public TTHeaderFrameTemplate(TTHeaderFrameType type, string method)
    {
        var builder = new TTHeaderBuilder();
        builder.ResetStreaming(type, 0, method);
        _header = new byte[builder.Length];
        builder.WriteTo(_header, 0);
    }

    /// <summary>The bytes before the payload.</summary>
    public int Length => _header.Length;

    /// <summary>Appends the header; <paramref name="payloadLength"/> bytes must follow.</summary>
    public void WriteTo(IBufferWriter<byte> output, int streamId, int payloadLength)
    {
        WriteTo(output.GetSpan(_header.Length), streamId, payloadLength);
        output.Advance(_header.Length);
    }

    /// <summary>Writes the header to the front of <paramref name="destination"/>.</summary>
    public void WriteTo(Span<byte> destination, int streamId, int payloadLength)
    {
        _header.CopyTo(destination);
        BinaryPrimitives.WriteInt32BigEndian(destination[TTHeaderFormat.SequenceIdOffset..], streamId);
        PatchLength(destination, payloadLength);
    }

    /// <summary>Corrects LENGTH in a frame after its payload has been appended.</summary>
    /// <param name="frame">The frame's bytes, from its first byte.</param>
    /// <param name="payloadLength">The payload's size in bytes.</param>
    public void PatchLength(Span<byte> frame, int payloadLength)
        => TTHeaderFormat.PatchLength(frame, _header.Length - TTHeaderFormat.FixedSize, payloadLength);
}
