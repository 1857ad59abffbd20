using System.Buffers;
using System.IO.Hashing;
using System.Text;

namespace Rx.ThriftStreams.Balancing;

/// <summary>A ring of hashes. A key belongs to the owner of the first point after its hash.</summary>
internal sealed class HashRing
{
    /// <summary>How many points a ring has at most, about: 12 MiB.</summary>
    internal const int MaxPoints = 1024 * 1024;
    private const int StackBytes = 256;

    private readonly ulong[] _hashes;
    private readonly int[] _owners;

    /// <param name="hashes">The points in ascending order.</param>
    /// <param name="owners">The owner of each point.</param>
    internal HashRing(ulong[] hashes, int[] owners) => (_hashes, _owners) = (hashes, owners);

    internal int Count => _hashes.Length;

    /// <summary>Builds the ring of a list. The order of the list does not matter, and a point depends on nothing but its address and number.</summary>
    /// <param name="candidates">The endpoints.</param>
    /// <param name="pointsPerWeight">How many points an endpoint has for each unit of weight.</param>
    internal static HashRing Build(WeightedCandidates candidates, int pointsPerWeight)
    {
        // Halving, so that endpoints that come and go change the number of points of the others as seldom as possible. A smaller number keeps the first points.
        double points = pointsPerWeight;
        while (points * candidates.TotalWeight > MaxPoints)
        {
            points /= 2;
        }

        var (hashes, owners) = (new List<ulong>(), new List<int>());
        for (var owner = 0; owner < candidates.Count; owner++)
        {
            var address = candidates[owner].Endpoint.Address;
            var count = Math.Max(1, (long)(candidates.Weights[owner] * points));
            for (var number = 0L; number < count; number++)
            {
                hashes.Add(Hash(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{address}#{number}")));
                owners.Add(owner);
            }
        }

        var (sorted, sortedOwners) = (hashes.ToArray(), owners.ToArray());
        Array.Sort(sorted, sortedOwners);
        OrderEqualHashes(sorted, sortedOwners, candidates);
        return new(sorted, sortedOwners);
    }

    /// <summary>XxHash64 of the UTF-8 text with seed 0: the same in every process.</summary>
    internal static ulong Hash(ReadOnlySpan<char> text)
    {
        var most = Encoding.UTF8.GetMaxByteCount(text.Length);
        byte[]? rented = null;
        var buffer = most <= StackBytes ? stackalloc byte[StackBytes] : (rented = ArrayPool<byte>.Shared.Rent(most));
        var hash = XxHash64.HashToUInt64(buffer[..Encoding.UTF8.GetBytes(text, buffer)]);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        return hash;
    }

    /// <summary>The first point whose hash is greater than that; after the last comes the first.</summary>
    internal int Find(ulong hash)
    {
        var (low, high) = (0, _hashes.Length);
        while (low < high)
        {
            var middle = (int)(((uint)low + (uint)high) / 2);
            if (_hashes[middle] > hash)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low == _hashes.Length ? 0 : low;
    }

    /// <summary>The owner of a point; points after the last one are those at the beginning.</summary>
    internal int OwnerOf(int point) => _owners[point < _owners.Length ? point : point - _owners.Length];

    /// <summary>Points with the same hash are in the order of their addresses, so that every process agrees.</summary>
    private static void OrderEqualHashes(ulong[] hashes, int[] owners, WeightedCandidates candidates)
    {
        for (var start = 0; start < hashes.Length;)
        {
            var end = start + 1;
            while (end < hashes.Length && hashes[end] == hashes[start])
            {
                end++;
            }

            if (end - start > 1)
            {
                owners.AsSpan(start, end - start).Sort(
                    (left, right) => string.CompareOrdinal(candidates[left].Endpoint.Address, candidates[right].Endpoint.Address));
            }

            start = end;
        }
    }
}
