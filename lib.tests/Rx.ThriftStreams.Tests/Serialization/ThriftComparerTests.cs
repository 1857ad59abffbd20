using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Tests.Serialization;

public sealed class ThriftComparerTests
{
    private static readonly IEqualityComparer<List<ReadOnlyMemory<byte>>> Lists = ThriftComparer.List(ThriftComparer.Binary);
    private static readonly IEqualityComparer<HashSet<ReadOnlyMemory<byte>>> Sets = ThriftComparer.Set(ThriftComparer.Binary);
    private static readonly IEqualityComparer<Dictionary<ReadOnlyMemory<byte>, List<int>>> Maps
        = ThriftComparer.Map(ThriftComparer.Binary, ThriftComparer.List(EqualityComparer<int>.Default));

    [Fact]
    public void Lists_OfEqualContent_AreEqual()
    {
        Assert.True(Lists.Equals([Bytes(1, 2), Bytes()], [Bytes(1, 2), Bytes()]));
        Assert.Equal(Lists.GetHashCode([Bytes(1, 2)]), Lists.GetHashCode([Bytes(1, 2)]));
        Assert.False(Lists.Equals([Bytes(1), Bytes(2)], [Bytes(2), Bytes(1)]));
        Assert.False(Lists.Equals([Bytes(1)], [Bytes(1), Bytes(2)]));
    }

    [Fact]
    public void Nulls_OfEveryKind_EqualOnlyEachOther()
    {
        Assert.True(Lists.Equals(null, null) && Sets.Equals(null, null) && Maps.Equals(null, null));
        Assert.False(Lists.Equals(null, []) || Lists.Equals([], null) || Sets.Equals(null, []) || Maps.Equals([], null));
    }

    [Fact]
    public void Sets_OfEqualContent_AreEqualWhateverTheirOrderAndComparer()
    {
        // By reference, as somebody makes one who does not know better.
        var plain = new HashSet<ReadOnlyMemory<byte>> { Bytes(2), Bytes(1) };
        var ours = new HashSet<ReadOnlyMemory<byte>>(ThriftComparer.Binary) { Bytes(1), Bytes(2) };

        Assert.True(Sets.Equals(plain, ours) && Sets.Equals(ours, plain));
        Assert.Equal(Sets.GetHashCode(plain), Sets.GetHashCode(ours));
        Assert.False(Sets.Equals(ours, [Bytes(1), Bytes(3)]));
    }

    [Fact]
    public void Maps_OfEqualContent_AreEqualWhateverTheirOrderAndComparer()
    {
        var plain = new Dictionary<ReadOnlyMemory<byte>, List<int>> { [Bytes(2)] = [2], [Bytes(1)] = [1] };
        var ours = new Dictionary<ReadOnlyMemory<byte>, List<int>>(ThriftComparer.Binary) { [Bytes(1)] = [1], [Bytes(2)] = [2] };

        Assert.True(Maps.Equals(plain, ours) && Maps.Equals(ours, plain));
        Assert.Equal(Maps.GetHashCode(plain), Maps.GetHashCode(ours));
        ours[Bytes(2)] = [3];
        Assert.False(Maps.Equals(plain, ours));
    }

    private static ReadOnlyMemory<byte> Bytes(params byte[] bytes) => bytes;
}
