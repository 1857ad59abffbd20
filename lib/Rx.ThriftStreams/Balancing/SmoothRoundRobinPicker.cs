namespace Rx.ThriftStreams.Balancing;

/// <summary>
/// Smooth weighted round robin over a table: each step adds every endpoint's weight to its credit, takes the first endpoint with the largest credit, and subtracts the sum of
/// the weights from it. After sum / gcd steps the sequence repeats.
/// </summary>
/// <remarks>
/// The table is filled in steps, because filling costs its length times the number of endpoints. Weights come from a registry, so the table is bounded:
/// larger weights are scaled down. The random rotation keeps clients that start together apart.
/// </remarks>
internal sealed class SmoothRoundRobinPicker : ThriftPicker
{
    internal const int MaxPeriod = 64 * 1024;
    private const int Step = 512;

    private readonly Lock _gate = new();
    private readonly WeightedCandidates _candidates;
    private readonly int[] _weights;
    private readonly long _total;
    private readonly long[] _credits;
    private readonly int[] _table;
    private int _filled;
    private uint _next;

    /// <summary>Begins at a random endpoint.</summary>
    internal SmoothRoundRobinPicker(WeightedCandidates candidates)
        : this(candidates, Random.Shared.Next(candidates.Count))
    {
    }

    /// <param name="candidates">At least one endpoint.</param>
    /// <param name="first">The endpoint that the rotated list begins with.</param>
    internal SmoothRoundRobinPicker(WeightedCandidates candidates, int first)
    {
        _candidates = candidates.Rotate(first);
        _weights = Scale(_candidates);
        foreach (var weight in _weights)
        {
            _total += weight;
        }

        _credits = new long[_weights.Length];
        _table = new int[_total];
        Fill(0);
    }

    public override ThriftCandidate? Pick(in ThriftPickContext context)
    {
        var position = Interlocked.Increment(ref _next);

        // An excluded endpoint passes its turn on. A sequence in which too much is excluded is left to a search.
        for (uint i = 0; i <= (uint)_candidates.Count; i++)
        {
            var candidate = _candidates[At((position + i) % (uint)_table.Length)];
            if (context.CanPick(candidate))
            {
                return candidate;
            }
        }

        return _candidates.FirstFrom(position, context);
    }

    private int At(uint position)
    {
        if (position >= (uint)Volatile.Read(ref _filled))
        {
            Fill(position);
        }

        return _table[position];
    }

    private void Fill(uint position)
    {
        lock (_gate)
        {
            var filled = _filled;
            while (filled < _table.Length && filled <= position + Step)
            {
                _table[filled++] = Next();
            }

            Volatile.Write(ref _filled, filled);
        }
    }

    private int Next()
    {
        var best = 0;
        for (var i = 0; i < _credits.Length; i++)
        {
            _credits[i] += _weights[i];
            if (_credits[i] > _credits[best])
            {
                best = i;
            }
        }

        _credits[best] -= _total;
        return best;
    }

    private static int[] Scale(WeightedCandidates candidates)
    {
        var weights = candidates.Weights.ToArray();
        var factor = Math.Min(1d / candidates.Divisor, (double)MaxPeriod / candidates.TotalWeight);
        for (var i = 0; i < weights.Length; i++)
        {
            weights[i] = Math.Max(1, (int)Math.Round(weights[i] * factor));
        }

        return weights;
    }
}
