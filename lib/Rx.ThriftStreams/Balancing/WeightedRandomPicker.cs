namespace Rx.ThriftStreams.Balancing;

/// <summary>A random endpoint by weight. What is excluded leaves the shares of the others in proportion.</summary>
internal sealed class WeightedRandomPicker(WeightedCandidates candidates, Random random) : ThriftPicker
{
    public override ThriftCandidate? Pick(in ThriftPickContext context) => Pick(candidates, random, context);

    internal static ThriftCandidate? Pick(WeightedCandidates candidates, Random random, in ThriftPickContext context)
    {
        var total = candidates.WeightOfPickable(context);
        if (total == 0)
        {
            return null;
        }

        var rest = random.NextInt64(total);
        for (var i = 0; i < candidates.Count; i++)
        {
            if (context.CanPick(candidates[i]) && (rest -= candidates.Weights[i]) < 0)
            {
                return candidates[i];
            }
        }

        // Something became excluded between the two passes.
        return candidates.FirstFrom((uint)rest, context);
    }
}
