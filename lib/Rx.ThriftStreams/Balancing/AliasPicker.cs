namespace Rx.ThriftStreams.Balancing;

/// <summary>Walker's alias method: two random numbers and two table reads for each pick, whatever the number of endpoints.</summary>
internal sealed class AliasPicker : ThriftPicker
{
    private readonly WeightedCandidates _candidates;
    private readonly Random _random;
    private readonly double[] _probability;
    private readonly int[] _alias;

    internal AliasPicker(WeightedCandidates candidates, Random random)
    {
        _candidates = candidates;
        _random = random;
        _probability = new double[candidates.Count];
        _alias = new int[candidates.Count];
        var scaled = new double[candidates.Count];
        var (small, large) = (new Stack<int>(), new Stack<int>());
        for (var i = 0; i < scaled.Length; i++)
        {
            scaled[i] = (double)candidates.Weights[i] * scaled.Length / candidates.TotalWeight;
            (scaled[i] < 1 ? small : large).Push(i);
        }

        while (small.Count > 0 && large.Count > 0)
        {
            var (less, more) = (small.Pop(), large.Pop());
            _probability[less] = scaled[less];
            _alias[less] = more;
            scaled[more] -= 1 - scaled[less];
            (scaled[more] < 1 ? small : large).Push(more);
        }

        // What is left is 1, but for rounding.
        foreach (var rest in small.Concat(large))
        {
            _probability[rest] = 1;
        }
    }

    /// <summary>For each endpoint, the chance to keep a pick that falls on it.</summary>
    internal IReadOnlyList<double> Probabilities => _probability;

    /// <summary>For each endpoint, which one gets the picks that it does not keep.</summary>
    internal IReadOnlyList<int> Aliases => _alias;

    /// <summary>The position of a random endpoint.</summary>
    internal int Draw()
    {
        var index = _random.Next(_candidates.Count);
        return _random.NextDouble() < _probability[index] ? index : _alias[index];
    }

    public override ThriftCandidate? Pick(in ThriftPickContext context)
    {
        var candidate = _candidates[Draw()];
        return context.CanPick(candidate) ? candidate : WeightedRandomPicker.Pick(_candidates, _random, context);
    }
}
