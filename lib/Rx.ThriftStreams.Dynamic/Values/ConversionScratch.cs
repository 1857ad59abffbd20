using System;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Dynamic;

/// <summary>What a conversion needs besides its input and output; kept for each thread.</summary>
internal sealed class ConversionScratch : IPerThread
{
    private Segment[] _segments = new Segment[64];
    private byte[] _bytes = [];
    private int _used;

    internal ValuePath Path { get; } = new();

    /// <summary>Takes cleared segments, for the fields of one struct.</summary>
    /// <returns>The index of the first; others may be taken, and returned, before these are returned.</returns>
    internal int Take(int count)
    {
        int first = _used;
        _used += count;
        if (_used > _segments.Length)
        {
            Array.Resize(ref _segments, Math.Max(_used, _segments.Length * 2));
        }

        _segments.AsSpan(first, count).Clear();
        return first;
    }

    internal void Return(int first) => _used = first;

    internal ref Segment this[int index] => ref _segments[index];

    /// <summary>Bytes to work in; valid until the next call.</summary>
    internal Span<byte> Bytes(int length)
    {
        if (_bytes.Length < length)
        {
            _bytes = new byte[Math.Max(length, Math.Min(_bytes.Length * 2L, Array.MaxLength))];
        }

        return _bytes.AsSpan(0, length);
    }

    void IPerThread.Recycle(int largestKept)
    {
        _used = 0;
        Path.Clear();
        if (_bytes.Length > largestKept)
        {
            _bytes = [];
        }

        if (_segments.Length > largestKept / 8)
        {
            _segments = new Segment[64];
        }
    }

    /// <summary>Where the bytes of a field are in the output.</summary>
    internal struct Segment
    {
        public int Start;
        public int Length;
    }
}
