namespace Rx.ThriftStreams.Balancing;

/// <summary>
/// The cheaper of two endpoints that are drawn by weight. Never picking the most expensive one suffices to avoid a slow or busy endpoint, without all clients choosing the same one.
/// </summary>
internal sealed class PickTwoPicker(WeightedCandidates candidates, Random random) : ThriftPicker
{
    private const int Draws = 3;

    private readonly AliasPicker _draw = new(candidates, random);

    public override ThriftCandidate? Pick(in ThriftPickContext context)
    {
        var one = _draw.Draw();
        if (candidates.Count > 1)
        {
            one = Better(one, Another(one), context);
        }

        return context.CanPick(candidates[one]) ? candidates[one] : candidates.FirstFrom((uint)random.Next(candidates.Count), context);
    }

    private int Another(int one)
    {
        for (var i = 0; i < Draws; i++)
        {
            var two = _draw.Draw();
            if (two != one)
            {
                return two;
            }
        }

        return (one + 1) % candidates.Count;
    }

    private int Better(int one, int two, in ThriftPickContext context)
        => !context.CanPick(candidates[one]) ? two
            : !context.CanPick(candidates[two]) ? one
            : CostOf(two) < CostOf(one) ? two : one;

    /// <summary>An endpoint without a latency yet is compared by its streams: a microsecond each.</summary>
    private double CostOf(int index) => Math.Max(candidates[index].Latency.TotalMicroseconds, 1) * (candidates[index].OpenStreams + 1d);
}
