using System.Buffers;
using System.Text;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>Bytes for the tests of the wire formats.</summary>
internal static class WireBytes
{
    /// <summary>Bytes from hex; blanks are allowed.</summary>
    public static byte[] Hex(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal));

    public static ReadOnlySequence<byte> One(byte[] bytes) => new(bytes);

    /// <summary>The same bytes in segments of that size.</summary>
    public static ReadOnlySequence<byte> Cut(ReadOnlyMemory<byte> bytes, int segmentSize)
    {
        if (bytes.Length <= segmentSize)
        {
            return new ReadOnlySequence<byte>(bytes);
        }

        Segment? first = null;
        Segment? last = null;
        for (int i = 0; i < bytes.Length; i += segmentSize)
        {
            ReadOnlyMemory<byte> part = bytes.Slice(i, Math.Min(segmentSize, bytes.Length - i));
            last = last is null ? first = new Segment(part) : last.Append(part);
        }

        return new ReadOnlySequence<byte>(first!, 0, last!, last!.Memory.Length);
    }

    public static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory) => Memory = memory;

        public Segment Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory) { RunningIndex = RunningIndex + Memory.Length };
            Next = next;
            return next;
        }
    }
}
