namespace Rx.ThriftStreams.Balancing;

/// <summary>The endpoint with the fewest open streams in proportion to its weight; equal ones take turns.</summary>
internal sealed class LeastStreamsPicker(WeightedCandidates candidates) : ThriftPicker
{
    private uint _next = unchecked((uint)Random.Shared.Next());

    public override ThriftCandidate? Pick(in ThriftPickContext context)
    {
        var start = Interlocked.Increment(ref _next);
        ThriftCandidate? best = null;
        var least = double.MaxValue;
        for (uint i = 0; i < (uint)candidates.Count; i++)
        {
            var index = (int)((start + i) % (uint)candidates.Count);
            var candidate = candidates[index];
            var load = candidate.OpenStreams / (double)candidates.Weights[index];
            if (load < least && context.CanPick(candidate))
            {
                (best, least) = (candidate, load);
            }
        }

        return best;
    }
}
