namespace Rx.ThriftStreams.Balancing;

/// <summary>The endpoints of positive weight, with their weights at the time when the picker is created.</summary>
internal sealed class WeightedCandidates
{
    private readonly ThriftCandidate[] _all;
    private readonly int[] _weights;

    internal WeightedCandidates(IReadOnlyList<ThriftCandidate> candidates)
        : this([.. candidates.Where(static candidate => candidate.Endpoint.Weight > 0)])
    {
    }

    private WeightedCandidates(ThriftCandidate[] all)
    {
        _all = all;
        _weights = [.. all.Select(static candidate => candidate.Endpoint.Weight)];
        Divisor = _weights.Aggregate(0, Gcd);
        TotalWeight = _weights.Sum(static weight => (long)weight);
    }

    internal int Count => _all.Length;

    internal ReadOnlySpan<int> Weights => _weights;

    internal long TotalWeight { get; }

    /// <summary>The greatest common divisor of the weights.</summary>
    internal int Divisor { get; }

    internal bool IsUniform => Array.TrueForAll(_weights, weight => weight == _weights[0]);

    internal ThriftCandidate this[int index] => _all[index];

    /// <summary>The same endpoints, beginning with another one.</summary>
    internal WeightedCandidates Rotate(int first) => new([.. _all[first..], .. _all[..first]]);

    /// <summary>The first endpoint from that position on that may be picked. For what a picker's own rule cannot find, because much is excluded.</summary>
    internal ThriftCandidate? FirstFrom(uint position, in ThriftPickContext context)
    {
        for (uint i = 0; i < (uint)_all.Length; i++)
        {
            var candidate = _all[(position + i) % (uint)_all.Length];
            if (context.CanPick(candidate))
            {
                return candidate;
            }
        }

        return null;
    }

    /// <summary>The sum of the weights of the endpoints that may be picked.</summary>
    internal long WeightOfPickable(in ThriftPickContext context)
    {
        long total = 0;
        for (var i = 0; i < _all.Length; i++)
        {
            total += context.CanPick(_all[i]) ? _weights[i] : 0;
        }

        return total;
    }

    private static int Gcd(int a, int b)
    {
        while (b != 0)
        {
            (a, b) = (b, a % b);
        }

        return a;
    }
}
