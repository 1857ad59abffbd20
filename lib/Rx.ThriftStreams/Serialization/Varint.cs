using System.Numerics;
using System.Runtime.CompilerServices;

namespace Rx.ThriftStreams.Serialization;

/// <summary>Variable-length integers of up to 56 bits, eight bytes at a time and without a loop.</summary>
/// <remarks>Groups of seven bits, lowest first; the top bit of a byte is set if another follows. Little-endian machines only: callers check.</remarks>
internal static class Varint
{
    public const int FastSize = 8;

    private const ulong ContinuationBits = 0x8080_8080_8080_8080;

    /// <summary>Stores the value in eight bytes at <paramref name="destination"/> and returns how many of them count.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int WriteFast(ref byte destination, ulong value)
    {
        // Fourteen bits to a half-word, twenty-eight to a word, seven to a byte: the inverse of what reading does.
        // The size is the number of bits over seven, rounded up, without a division.
        int size = (((63 - BitOperations.LeadingZeroCount(value | 1)) * 9) + 73) >> 6;
        ulong spread = (value & 0x0000_0000_0FFF_FFFF) | ((value & 0x00FF_FFFF_F000_0000) << 4);
        spread = (spread & 0x0000_3FFF_0000_3FFF) | ((spread & 0x0FFF_C000_0FFF_C000) << 2);
        spread = (spread & 0x007F_007F_007F_007F) | ((spread & 0x3F80_3F80_3F80_3F80) << 1);
        Unsafe.WriteUnaligned(ref destination, spread | (ContinuationBits & ((1UL << ((8 * size) - 8)) - 1)));
        return size;
    }

    /// <summary>Reads a value from eight bytes at <paramref name="source"/>.</summary>
    /// <returns>Its size, or more than eight if it does not end there.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ReadFast(ref byte source, out ulong value)
    {
        ulong bytes = Unsafe.ReadUnaligned<ulong>(ref source);
        int lastBit = BitOperations.TrailingZeroCount(~bytes & ContinuationBits);

        // Bits above the last byte belong to the next value. Without a last byte the shift wraps, and the value is not used.
        ulong groups = bytes & (ulong.MaxValue >> (63 - lastBit)) & ~ContinuationBits;
        groups = (groups & 0x007F_007F_007F_007F) | ((groups & 0x7F00_7F00_7F00_7F00) >> 1);
        groups = (groups & 0x0000_3FFF_0000_3FFF) | ((groups & 0x3FFF_0000_3FFF_0000) >> 2);
        value = (groups & 0x0000_0000_0FFF_FFFF) | ((groups & 0x0FFF_FFFF_0000_0000) >> 4);
        return (lastBit >> 3) + 1;
    }
}
