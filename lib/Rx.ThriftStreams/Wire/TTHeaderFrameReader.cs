using System.Buffers;
using System.Buffers.Binary;

namespace Rx.ThriftStreams.Wire;

/// <summary>Reads TTHeader frames from the front of a connection's buffer. One per connection; not thread-safe.</summary>
/// <param name="maxFrameLength">The largest LENGTH accepted, in bytes; checked before waiting for the rest of the frame.</param>
/// <param name="maxHeaderInfoSize">The largest header info accepted, in bytes.</param>
internal sealed class TTHeaderFrameReader(
    int maxFrameLength = TTHeaderFormat.MaxFrameLength,
    int maxHeaderInfoSize = TTHeaderFormat.MaxHeaderInfoSize)
{
    private const int LongestKept = 64;

    // Only a header that spans segments is copied, into this buffer, so a frame costs no allocation.
    private byte[] _scratch = [];

    // Consecutive DATA frames of a stream have the same header info: the last short one is cached with what was parsed from it.
    private readonly byte[] _lastInfo = new byte[LongestKept];
    private int _lastInfoSize;
    private TTHeaderInfo _parsed;

    /// <summary>How many bytes the buffer must have before <see cref="TryRead"/> can make progress. Meaningful after it returned <see langword="false"/>.</summary>
    public long NeededBytes { get; private set; }

    /// <summary>Removes the next frame from the front of <paramref name="buffer"/>.</summary>
    /// <returns><see langword="false"/> while the frame is not complete; the buffer is then unchanged.</returns>
    /// <exception cref="ThriftProtocolException">The bytes are not a frame, or exceed a limit. The connection cannot be used any further.</exception>
    public bool TryRead(ref ReadOnlySequence<byte> buffer, out TTHeaderFrame frame)
    {
        frame = default;
        long available = buffer.Length;
        if (available < 4)
        {
            NeededBytes = TTHeaderFormat.FixedSize;
            return false;
        }

        Span<byte> copied = stackalloc byte[TTHeaderFormat.FixedSize];
        scoped ReadOnlySpan<byte> fixedPart = buffer.FirstSpan;
        if (fixedPart.Length < TTHeaderFormat.FixedSize)
        {
            int present = (int)Math.Min(available, TTHeaderFormat.FixedSize);
            buffer.Slice(0, present).CopyTo(copied);
            fixedPart = copied[..present];
        }

        uint length = BinaryPrimitives.ReadUInt32BigEndian(fixedPart);
        if (length > (uint)maxFrameLength)
        {
            TTHeaderErrors.FrameTooLarge(length, maxFrameLength);
        }

        if (fixedPart.Length >= TTHeaderFormat.MagicOffset + 2)
        {
            ushort magic = BinaryPrimitives.ReadUInt16BigEndian(fixedPart[TTHeaderFormat.MagicOffset..]);
            if (magic != TTHeaderFormat.Magic)
            {
                TTHeaderErrors.InvalidMagic(fixedPart, magic);
            }
        }

        if (fixedPart.Length < TTHeaderFormat.FixedSize)
        {
            NeededBytes = TTHeaderFormat.FixedSize;
            return false;
        }

        int infoSize = BinaryPrimitives.ReadUInt16BigEndian(fixedPart[TTHeaderFormat.HeaderSizeOffset..]) * 4;
        if (infoSize < 2 || infoSize > maxHeaderInfoSize)
        {
            TTHeaderErrors.InvalidHeaderLength(infoSize);
        }

        long payloadLength = length - (long)TTHeaderFormat.CountedFixedSize - infoSize;
        if (payloadLength < 0)
        {
            TTHeaderErrors.NegativePayload(length, infoSize);
        }

        long total = 4L + length;
        if (available < total)
        {
            NeededBytes = total;
            return false;
        }

        var flags = (TTHeaderFlags)BinaryPrimitives.ReadUInt16BigEndian(fixedPart[TTHeaderFormat.FlagsOffset..]);
        int sequenceId = BinaryPrimitives.ReadInt32BigEndian(fixedPart[TTHeaderFormat.SequenceIdOffset..]);
        ReadOnlySpan<byte> info = GetInfo(buffer, infoSize);
        Parse(info);
        ReadOnlySequence<byte> payload = buffer.Slice(TTHeaderFormat.FixedSize + infoSize, payloadLength);
        buffer = buffer.Slice(payload.End);
        frame = new TTHeaderFrame(flags, sequenceId, info, in _parsed, payload);
        return true;
    }

    private void Parse(ReadOnlySpan<byte> info)
    {
        if (info.SequenceEqual(_lastInfo.AsSpan(0, _lastInfoSize)))
        {
            return;
        }

        _lastInfoSize = 0;
        TTHeaderInfo.Parse(info, out _parsed);
        if (info.Length <= LongestKept)
        {
            info.CopyTo(_lastInfo);
            _lastInfoSize = info.Length;
        }
    }

    private ReadOnlySpan<byte> GetInfo(in ReadOnlySequence<byte> buffer, int infoSize)
    {
        ReadOnlySpan<byte> first = buffer.FirstSpan;
        if (first.Length >= TTHeaderFormat.FixedSize + infoSize)
        {
            return first.Slice(TTHeaderFormat.FixedSize, infoSize);
        }

        if (_scratch.Length < infoSize)
        {
            _scratch = new byte[Math.Max(256, infoSize)];
        }

        Span<byte> copy = _scratch.AsSpan(0, infoSize);
        buffer.Slice(TTHeaderFormat.FixedSize, infoSize).CopyTo(copy);
        return copy;
    }
}
