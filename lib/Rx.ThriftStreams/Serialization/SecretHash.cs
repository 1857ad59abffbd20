using System.Runtime.InteropServices;

namespace Rx.ThriftStreams.Serialization;

/// <summary>Hashes bytes with a secret of this process, so that a peer cannot choose bytes that collide.</summary>
/// <remarks>
/// <see cref="HashCode.AddBytes"/> does not serve: it is xxHash32, for which there are texts of a few dozen bytes that collide whatever the seed is.
/// <see cref="string.GetHashCode(ReadOnlySpan{char})"/> is Marvin, made for this purpose; it takes any pairs of bytes.
/// </remarks>
internal static class SecretHash
{
    public static int Of(ReadOnlySpan<byte> bytes)
    {
        var hash = string.GetHashCode(MemoryMarshal.Cast<byte, char>(bytes));
        return (bytes.Length & 1) == 0 ? hash : HashCode.Combine(hash, bytes[^1]);
    }
}
