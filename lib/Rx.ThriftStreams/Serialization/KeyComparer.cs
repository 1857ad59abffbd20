using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace Rx.ThriftStreams.Serialization;

/// <summary>Hashes keys with a secret of this process, so that a peer cannot choose keys that collide. Equality is that of the type.</summary>
/// <remarks>
/// The default hash of a number is the number itself, or its halves combined: less than a megabyte of chosen keys keeps a core busy for seconds.
/// Here it is the folded product of a 128-bit multiplication with secret operands, as in wyhash. Keys of one or two bytes need none of this: they are
/// too few to form long chains.
/// </remarks>
internal abstract class KeyComparer<T> : IEqualityComparer<T>
{
    private static readonly ulong FirstSecret = KeyComparer.RandomOdd();
    private static readonly ulong SecondSecret = KeyComparer.RandomOdd();

    public abstract bool Equals(T? x, T? y);

    public abstract int GetHashCode([DisallowNull] T obj);

    protected static int Hash(ulong value) => Fold(value ^ FirstSecret, SecondSecret);

    protected static int Hash(ulong first, ulong second) => Fold(first ^ FirstSecret, second ^ SecondSecret);

    private static int Fold(ulong first, ulong second)
    {
        ulong high = Math.BigMul(first, second, out ulong low);
        ulong folded = high ^ low;
        return (int)(folded ^ (folded >> 32));
    }
}

/// <summary>The comparers of each kind of key.</summary>
internal static class KeyComparer
{
    public static ulong RandomOdd()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(bytes);
        return BitConverter.ToUInt64(bytes) | 1;
    }

    public sealed class OfI32 : KeyComparer<int>
    {
        public override bool Equals(int x, int y) => x == y;

        public override int GetHashCode(int obj) => Hash((uint)obj);
    }

    public sealed class OfI64 : KeyComparer<long>
    {
        public override bool Equals(long x, long y) => x == y;

        public override int GetHashCode(long obj) => Hash((ulong)obj);
    }

    public sealed class OfDouble : KeyComparer<double>
    {
        public override bool Equals(double x, double y) => x.Equals(y);

        // Both zeros are equal, and so is every NaN.
        public override int GetHashCode(double obj) => Hash(obj == 0 ? 0 : double.IsNaN(obj) ? ulong.MaxValue : BitConverter.DoubleToUInt64Bits(obj));
    }

    public sealed class OfUuid : KeyComparer<Guid>
    {
        public override bool Equals(Guid x, Guid y) => x == y;

        public override int GetHashCode(Guid obj)
        {
            UInt128 bits = Unsafe.BitCast<Guid, UInt128>(obj);
            return Hash((ulong)bits, (ulong)(bits >> 64));
        }
    }

    public sealed class OfEnum<T> : KeyComparer<T>
        where T : struct, Enum
    {
        public static readonly OfEnum<T> Instance = new();

        public override bool Equals(T x, T y) => Unsafe.BitCast<T, int>(x) == Unsafe.BitCast<T, int>(y);

        public override int GetHashCode(T obj) => Hash((uint)Unsafe.BitCast<T, int>(obj));
    }
}
