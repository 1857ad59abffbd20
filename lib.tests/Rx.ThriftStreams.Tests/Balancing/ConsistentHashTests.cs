using System.Globalization;
using Rx.ThriftStreams.Balancing;

namespace Rx.ThriftStreams.Tests.Balancing;

public sealed class ConsistentHashTests
{
    private const int Keys = 10_000;

    /// <summary>The ring and the lookups were recorded from Kitex: its hashes are random in each process, its lookup is not.</summary>
    [Fact]
    public void Find_RingAndKeysOfKitex_FindsTheSamePointAndOwner()
    {
        var points = Candidates.Rows("consist-ring.csv").ToList();
        var owners = points.Select(static row => row[2]).Distinct().ToList();
        var ring = new HashRing(
            [.. points.Select(static row => ulong.Parse(row[1], CultureInfo.InvariantCulture))],
            [.. points.Select(row => owners.IndexOf(row[2]))]);

        foreach (var row in Candidates.Rows("consist-hash.csv"))
        {
            var point = ring.Find(ulong.Parse(row[1], CultureInfo.InvariantCulture));

            Assert.Equal((row[2], row[3]), (point.ToString(CultureInfo.InvariantCulture), owners[ring.OwnerOf(point)]));
            var clockwise = Enumerable.Range(point, points.Count).Select(p => owners[ring.OwnerOf(p)]).Distinct().Take(3);
            Assert.Equal([row[3], row[4], row[5]], clockwise);
        }
    }

    [Fact]
    public void Find_HashOfAPointAndBeyondTheLast_IsTheNextPoint()
    {
        var ring = new HashRing([10, 20, 30], [0, 1, 2]);

        Assert.Equal([0, 1, 1, 2, 0, 0], new ulong[] { 9, 10, 19, 29, 30, ulong.MaxValue }.Select(ring.Find));
    }

    /// <summary>Fixed values: another process, and a later version, must choose the same endpoints.</summary>
    [Fact]
    public void Pick_SameKeys_ChooseTheSameInEveryProcess()
    {
        var chosen = Choose([("10.0.0.1:8888", 10), ("10.0.0.2:8888", 10), ("10.0.0.3:8888", 10)], 8);

        Assert.Equal(0xEF46DB3751D8E999UL, HashRing.Hash(string.Empty));
        Assert.Equal(Expected, string.Concat(chosen.Select(static address => address[7])));
    }

    private const string Expected = "13113231";

    [Fact]
    public void Pick_OrderOfTheList_DoesNotMatter()
    {
        (string, int)[] list = [("10.0.0.1:8888", 10), ("10.0.0.2:8888", 20), ("10.0.0.3:8888", 5)];

        Assert.Equal(Choose(list, Keys), Choose([.. list.Reverse()], Keys));
    }

    [Fact]
    public void Pick_ManyKeys_HasAboutTheSharesOfTheWeights()
    {
        var counts = Choose([("a:1", 1), ("b:1", 2), ("c:1", 3), ("d:1", 4), ("e:1", 5)], 100_000).CountBy(static address => address).ToDictionary();

        for (var i = 1; i <= 5; i++)
        {
            // With 100 points for each unit of weight a share is off by less than a fifth.
            Assert.InRange(counts[$"{(char)('a' + i - 1)}:1"], 0.8 * 100_000 * i / 15, 1.2 * 100_000 * i / 15);
        }
    }

    [Theory]
    [InlineData("10.0.0.4:8888", 10)]
    [InlineData("10.0.0.100:8888", 10)]
    [InlineData("10.0.0.4:8888", 100)]
    public void Pick_EndpointThatComesOrGoes_MovesOnlyItsOwnKeys(string address, int weight)
    {
        (string, int)[] few = [("10.0.0.1:8888", 10), ("10.0.0.2:8888", 10), ("10.0.0.3:8888", 10), ("10.0.0.5:8888", 10)];
        var without = Choose(few, Keys);
        var with = Choose([.. few, (address, weight)], Keys);

        var moved = without.Zip(with).Where(static pair => pair.First != pair.Second).ToList();

        Assert.All(moved, pair => Assert.Equal(address, pair.Second));
        var share = weight / (40d + weight);
        Assert.InRange(moved.Count, 0.8 * share * Keys, 1.2 * share * Keys);
    }

    [Fact]
    public void Pick_ExcludedEndpoint_LeavesTheKeysOfTheOthers()
    {
        var all = Candidates.Of(10, 10, 10);
        var picker = ThriftBalancers.ConsistentHash().CreatePicker(all);
        for (var i = 0; i < 1000; i++)
        {
            var first = picker.Pick(Candidates.Call($"key-{i}"));
            var second = picker.Pick(Candidates.Call($"key-{i}", all[0]));

            Assert.NotSame(all[0], second);
            Assert.True(first == all[0] || first == second);
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void Pick_CallWithoutAKey_SaysWhatIsMissing(string? key)
    {
        var picker = ThriftBalancers.ConsistentHash().CreatePicker(Candidates.Of(1, 1));

        var error = Assert.Throws<ArgumentException>(() => picker.Pick(Candidates.Call(key)));

        Assert.Contains("EchoUnary has no key for consistent hashing", error.Message, StringComparison.Ordinal);
        Assert.Equal("HashKey", error.ParamName);
    }

    [Fact]
    public void Build_HugeWeights_HaveABoundedRing()
    {
        var ring = HashRing.Build(Candidates.Weighted(int.MaxValue, int.MaxValue, 1), 100);

        Assert.InRange(ring.Count, HashRing.MaxPoints / 2, HashRing.MaxPoints + 3);
    }

    private static List<string> Choose((string Address, int Weight)[] list, int keys)
    {
        var picker = ThriftBalancers.ConsistentHash().CreatePicker(
            [.. list.Select(static row => new ThriftCandidate(new ThriftEndpoint(row.Address) { Weight = row.Weight }))]);
        return [.. Enumerable.Range(0, keys).Select(i => picker.Pick(Candidates.Call($"key-{i}"))!.Endpoint.Address)];
    }
}
