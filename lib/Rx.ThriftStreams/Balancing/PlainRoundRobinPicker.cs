namespace Rx.ThriftStreams.Balancing;

/// <summary>Round robin over endpoints of equal weight, from a random start.</summary>
internal sealed class PlainRoundRobinPicker(WeightedCandidates candidates) : ThriftPicker
{
    private uint _next = unchecked((uint)Random.Shared.Next());

    public override ThriftCandidate? Pick(in ThriftPickContext context) => candidates.FirstFrom(Interlocked.Increment(ref _next), context);
}
