using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Tests.Hostile;

namespace Rx.ThriftStreams.Tests.Serialization;

/// <summary>Keys whose default hashes collide: reading a set or map of them takes time in proportion to their number, shown by counting the entries that are looked at.</summary>
public sealed class KeyFloodTests
{
    private const int Count = 100_000;
    private const uint BucketsOfFew = 17_519;
    private const uint BucketsOfMany = 108_631;

    // Both halves are the same, so that the default hash of each is 0.
    private static IEnumerable<long> Longs => Enumerable.Range(1, Count).Select(static i => ((long)i << 32) | (uint)i);

    private static IEnumerable<double> Doubles => Longs.Select(BitConverter.Int64BitsToDouble);

    // Multiples of the number of buckets.
    private static IEnumerable<int> Ints => Enumerable.Range(0, 15_000).Select(static i => i * (int)BucketsOfFew);

    [Fact]
    public void Keys_OfTheseTests_CollideByDefault()
    {
        AssertFloods(Longs.ToList(), EqualityComparer<long>.Default);
        AssertFloods(Doubles.ToList(), EqualityComparer<double>.Default);
        AssertFloods(Ints.ToList(), EqualityComparer<int>.Default);
        AssertFloods(Ints.Select(static i => (Kind)i).ToList(), EqualityComparer<Kind>.Default);
    }

    [Fact]
    public void Deserialize_OfCollidingKeys_LooksAtAFewEntriesForEach()
    {
        byte[] bytes = ThriftSerializer.SerializeToArray(new Everything
        {
            Ints = new HashSet<int>(Ints, ThriftComparer.I32),
            Longs = new HashSet<long>(Longs, ThriftComparer.I64),
            Doubles = new HashSet<double>(Doubles, ThriftComparer.Double),
            Kinds = new HashSet<Kind>(Ints.Select(static i => (Kind)i), ThriftComparer.Enum<Kind>()),
            ByLong = Longs.ToDictionary(static i => i, static i => i, ThriftComparer.I64),
            ByInt = Ints.ToDictionary(static i => i, static i => (long)i, ThriftComparer.I32),
            ByDouble = Doubles.ToDictionary(static i => i, static _ => 0L, ThriftComparer.Double),
            ByKind = Ints.ToDictionary(static i => (Kind)i, static _ => 0L, ThriftComparer.Enum<Kind>()),
        });

        var read = ThriftSerializer.Deserialize<Everything>(bytes, ThriftProtocol.Binary);

        AssertFewSteps(read.Ints, read.Ints.Comparer);
        AssertFewSteps(read.Longs, read.Longs.Comparer);
        AssertFewSteps(read.Doubles, read.Doubles.Comparer);
        AssertFewSteps(read.Kinds, read.Kinds.Comparer);
        AssertFewSteps(read.ByLong.Keys, read.ByLong.Comparer);
        AssertFewSteps(read.ByInt.Keys, read.ByInt.Comparer);
        AssertFewSteps(read.ByDouble.Keys, read.ByDouble.Comparer);
        AssertFewSteps(read.ByKind.Keys, read.ByKind.Comparer);
    }

    [Fact]
    public void Uuids_ThatCollideByDefault_HaveHashesOfTheirOwn()
    {
        var uuids = Enumerable.Range(1, Count).Select(static i => new Guid(i, 0, 0, [0, 0, 0, 0, .. BitConverter.GetBytes(i)])).ToList();
        Assert.Single(uuids.Select(static uuid => uuid.GetHashCode()).Distinct());

        AssertFewSteps(uuids, ThriftComparer.Uuid);
    }

    [Fact]
    public void Structs_OfCollidingFields_HaveHashesOfTheirOwn()
    {
        AssertFewSteps(Longs.Select(static i => new Key { Id = i }).ToList(), EqualityComparer<Key>.Default);
        AssertFewSteps(Doubles.Select(static i => new Key { Weight = i }).ToList(), EqualityComparer<Key>.Default);
        AssertFewSteps(Longs.Select(Choice.Number).ToList(), EqualityComparer<Choice>.Default);
    }

    [Fact]
    public void ContainersAsKeys_OfCollidingElements_HaveHashesOfTheirOwn()
    {
        // By default the hash of a set is a sum, and so many pairs have the same.
        AssertFewSteps(Enumerable.Range(1, Count).Select(static i => new HashSet<int> { i, -i }).ToList(), ThriftComparer.Set(ThriftComparer.I32));
        AssertFewSteps(Longs.Select(static i => new List<long> { i }).ToList(), ThriftComparer.List(ThriftComparer.I64));
        AssertFewSteps(Longs.Select(static i => new Dictionary<long, long> { [i] = i }).ToList(), ThriftComparer.Map(ThriftComparer.I64, ThriftComparer.I64));
    }

    [Fact]
    public void BytesAsKeys_ThatCollideWhateverTheSeedOfXxHash_HaveHashesOfTheirOwn()
    {
        // Keys that differ in one place each: half of them collide with the key that differs in none.
        Assert.Contains(Enumerable.Range(0, 64), static i => XxHash(BytesWithXxHash(1UL << i)) == XxHash(BytesWithXxHash(0)));

        var keys = Enumerable.Range(0, 1 << 16).Select(static i => BytesWithXxHash((ulong)i)).ToList();
        AssertFewSteps(keys.ConvertAll(static key => new ReadOnlyMemory<byte>(key)), ThriftComparer.Binary);
        AssertFewSteps(keys.ConvertAll(static key => new ThriftUtf8String(key)), EqualityComparer<ThriftUtf8String>.Default);
        AssertFewSteps(keys.ConvertAll(static key => new ThriftUtf8String(key.AsMemory(1))), EqualityComparer<ThriftUtf8String>.Default);
    }

    [Fact]
    public void BytesAsKeys_OfAllLengths_HaveHashesOfTheirOwn()
        => AssertFewSteps(Enumerable.Range(0, 2000).Select(static i => new ThriftUtf8String(new byte[i])).ToList(), EqualityComparer<ThriftUtf8String>.Default);

    [Fact]
    public void ForKeys_OfFewKeys_IsTheTypesOwnComparer()
    {
        Assert.Null(ThriftComparer.ForKeys(128, ThriftComparer.I64));
        Assert.Same(ThriftComparer.I64, ThriftComparer.ForKeys(129, ThriftComparer.I64));
    }

    [Fact]
    public void Comparers_AgreeWithTheTypesOwnOnWhatIsEqual()
    {
        double otherNaN = BitConverter.UInt64BitsToDouble(0x7FF8_0000_0000_0001);
        Assert.True(ThriftComparer.Double.Equals(double.NaN, otherNaN) && ThriftComparer.Double.Equals(0.0, -0.0));
        Assert.Equal(ThriftComparer.Double.GetHashCode(double.NaN), ThriftComparer.Double.GetHashCode(otherNaN));
        Assert.Equal(ThriftComparer.Double.GetHashCode(0.0), ThriftComparer.Double.GetHashCode(-0.0));
        Assert.False(ThriftComparer.I64.Equals(1, 2) || ThriftComparer.I32.Equals(1, 2) || ThriftComparer.Double.Equals(1, 2));
        Assert.True(ThriftComparer.Enum<Kind>().Equals((Kind)7, (Kind)7) && !ThriftComparer.Enum<Kind>().Equals((Kind)7, Kind.A));
        Assert.True(ThriftComparer.Uuid.Equals(Guid.Empty, default) && !ThriftComparer.Uuid.Equals(Guid.Empty, Guid.AllBitsSet));
    }

    [Fact]
    public void Values_ReadWithDifferentComparers_AreEqual()
    {
        var mine = new Everything { Longs = [.. Longs.Take(1000)], ByInt = Ints.Take(1000).ToDictionary(static i => i, static i => (long)i) };

        var read = ThriftSerializer.Deserialize<Everything>(ThriftSerializer.SerializeToArray(mine));

        Assert.NotSame(mine.Longs.Comparer, read.Longs.Comparer);
        Assert.True(mine.Equals(read) && read.Equals(mine));
        Assert.Equal(mine.GetHashCode(), read.GetHashCode());
    }

    private static int XxHash(byte[] bytes)
    {
        var hash = default(HashCode);
        hash.AddBytes(bytes);
        return hash.ToHashCode();
    }

    // xxHash32 has four sums, each of every fourth word: sum = rotate(sum + word * P2, 13) * P1. The top bit of a word flips bit 12 before the
    // product with P1, which the next word of that sum takes back if the bit was 0: of each place that `places` selects, for half of the seeds.
    private static byte[] BytesWithXxHash(ulong places)
    {
        const uint P1 = 2654435761;
        const uint P2 = 2246822519;
        var inverse = 1u;
        for (var i = 0; i < 5; i++)
        {
            inverse *= 2 - (P2 * inverse);
        }

        var words = new uint[128];
        for (var i = 0; i < 64; i++)
        {
            if ((places >> i & 1) != 0)
            {
                var first = (i / 4 * 8) + (i % 4);
                words[first] = 1u << 31;
                words[first + 4] = unchecked(0u - ((P1 << 12) * inverse));
            }
        }

        return System.Runtime.InteropServices.MemoryMarshal.AsBytes<uint>(words).ToArray();
    }

    private static void AssertFloods<T>(IReadOnlyCollection<T> keys, IEqualityComparer<T> comparer) => Assert.True(Steps(keys, comparer) > 1000L * keys.Count);

    private static void AssertFewSteps<T>(IReadOnlyCollection<T> keys, IEqualityComparer<T> comparer) => Assert.InRange(Steps(keys, comparer), 0, 10L * keys.Count);

    // How many entries a hash table of .NET looks at while the keys are added: each key walks the chain of its bucket, and the number of buckets is known.
    private static long Steps<T>(IReadOnlyCollection<T> keys, IEqualityComparer<T> comparer)
    {
        uint buckets = keys.Count <= BucketsOfFew ? BucketsOfFew : BucketsOfMany;
        return keys.GroupBy(key => (uint)comparer.GetHashCode(key!) % buckets).Sum(static chain => (long)chain.Count() * (chain.Count() - 1) / 2);
    }
}
