using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Rx.ThriftStreams.Serialization;

// Bytes where they are, for code that copies or converts values without creating objects.
public ref partial struct ThriftReader
{
    /// <summary>Reads a string or binary without copying it.</summary>
    internal ReadOnlySpan<byte> ReadBytes() => TakeSpan(ReadLength());

    /// <summary>The bytes from <paramref name="start"/>, a former value of <see cref="Consumed"/>, to where the reader is.</summary>
    internal readonly ReadOnlySpan<byte> ConsumedSince(int start)
        => MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref _start, (nint)(uint)start), _position - start);
}
