namespace Rx.ThriftStreams.Balancing;

/// <summary>
/// Interleaved weighted round robin: endpoints take turns, and those whose weight is used up wait for the next round. Needs memory for each endpoint only, and a lock for each pick.
/// </summary>
internal sealed class InterleavedPicker : ThriftPicker
{
    private readonly Lock _gate = new();
    private readonly WeightedCandidates _candidates;
    private readonly long[] _left;
    private Queue<int> _current;
    private Queue<int> _next;

    /// <summary>Begins at a random endpoint.</summary>
    internal InterleavedPicker(WeightedCandidates candidates)
        : this(candidates, Random.Shared.Next(candidates.Count))
    {
    }

    /// <param name="candidates">At least one endpoint.</param>
    /// <param name="first">The endpoint to begin with.</param>
    internal InterleavedPicker(WeightedCandidates candidates, int first)
    {
        _candidates = candidates.Rotate(first);
        _left = [.. _candidates.Weights];
        _current = new(Enumerable.Range(0, _candidates.Count));

        // Neither queue grows when it is used.
        _next = new(_candidates.Count);
        _current.EnsureCapacity(_candidates.Count);
    }

    public override ThriftCandidate? Pick(in ThriftPickContext context)
    {
        uint position = 0;
        lock (_gate)
        {
            for (var i = 0; i <= _candidates.Count; i++)
            {
                var index = Take();
                if (context.CanPick(_candidates[index]))
                {
                    return _candidates[index];
                }

                position = (uint)index;
            }
        }

        return _candidates.FirstFrom(position, context);
    }

    private int Take()
    {
        if (_current.Count == 0)
        {
            (_current, _next) = (_next, _current);
        }

        var index = _current.Dequeue();
        _left[index] -= _candidates.Divisor;
        if (_left[index] > 0)
        {
            _current.Enqueue(index);
        }
        else
        {
            _left[index] = _candidates.Weights[index];
            _next.Enqueue(index);
        }

        return index;
    }
}
