namespace Rx.ThriftStreams.Balancing;

/// <summary>Picks by a key. The keys of an excluded endpoint go to the next ones on the ring, each to the same one.</summary>
internal sealed class ConsistentHashPicker(WeightedCandidates candidates, Func<ThriftPickContext, string?> keyOf, int virtualNodes) : ThriftPicker
{
    private readonly HashRing _ring = HashRing.Build(candidates, virtualNodes);

    public override ThriftCandidate? Pick(in ThriftPickContext context)
    {
        var key = keyOf(context);
        if (string.IsNullOrEmpty(key))
        {
            throw NoKey(context.Method.FullName, nameof(ThriftCallOptions.HashKey));
        }

        var point = _ring.Find(HashRing.Hash(key));
        var candidate = candidates[_ring.OwnerOf(point)];
        return context.CanPick(candidate) ? candidate : Next(point, context);
    }

    private static ArgumentException NoKey(string method, string option) => new(
        $"The call of {method} has no key for consistent hashing. Set {nameof(ThriftCallOptions)}.{option}, or return a key from the balancer's function.", option);

    private ThriftCandidate? Next(int point, in ThriftPickContext context)
    {
        if (candidates.WeightOfPickable(context) == 0)
        {
            return null;
        }

        for (var i = 1; i < _ring.Count; i++)
        {
            var candidate = candidates[_ring.OwnerOf(point + i)];
            if (context.CanPick(candidate))
            {
                return candidate;
            }
        }

        return null;
    }
}
