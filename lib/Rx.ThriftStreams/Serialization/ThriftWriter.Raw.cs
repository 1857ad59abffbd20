using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Rx.ThriftStreams.Serialization;

// Bytes in place, for code that copies or converts values without creating objects.
public ref partial struct ThriftWriter
{
    /// <summary>Where the next byte goes, counted from the start of the buffer.</summary>
    internal readonly int Position => _position;

    /// <summary>Writes bytes that are a value, or fields, already.</summary>
    internal void WriteRaw(ReadOnlySpan<byte> value)
    {
        value.CopyTo(MemoryMarshal.CreateSpan(ref Reserve(value.Length), value.Length));
        _position += value.Length;
    }

    /// <summary>Begins a string or binary whose length is not known yet; <see cref="EndBytes"/> completes it before anything else is written.</summary>
    /// <param name="maxLength">The most bytes that it may have.</param>
    /// <returns>Where its bytes go.</returns>
    internal Span<byte> BeginBytes(int maxLength)
        => MemoryMarshal.CreateSpan(ref Unsafe.Add(ref Reserve(checked(4 + maxLength)), 4), maxLength);

    /// <summary>Completes a string or binary.</summary>
    internal void EndBytes(int length)
    {
        BigEndian.Write(ref Unsafe.Add(ref _start, (nint)(uint)_position), (uint)length);
        _position += 4 + length;
    }

    /// <summary>Sets a count that was written before it was known.</summary>
    internal readonly void PatchI32(int position, int value) => BigEndian.Write(ref Unsafe.Add(ref _start, (nint)(uint)position), (uint)value);

    /// <summary>The bytes from <paramref name="start"/>, a former value of <see cref="Position"/>, on; valid until the next write.</summary>
    internal readonly Span<byte> WrittenSince(int start) => MemoryMarshal.CreateSpan(ref Unsafe.Add(ref _start, (nint)(uint)start), _position - start);
}
