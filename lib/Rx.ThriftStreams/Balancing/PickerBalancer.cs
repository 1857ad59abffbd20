namespace Rx.ThriftStreams.Balancing;

/// <summary>A balancer whose pickers hold all its state.</summary>
internal sealed class PickerBalancer(Func<WeightedCandidates, ThriftPicker> create, bool tracksStreams = false) : ThriftBalancer
{
    public override bool TracksStreams => tracksStreams;

    public override ThriftPicker CreatePicker(IReadOnlyList<ThriftCandidate> candidates)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        var weighted = new WeightedCandidates(candidates);
        return weighted.Count == 0 ? NothingPicker.Instance : create(weighted);
    }
}

/// <summary>The picker of a list without an endpoint that can be used.</summary>
internal sealed class NothingPicker : ThriftPicker
{
    internal static readonly NothingPicker Instance = new();

    public override ThriftCandidate? Pick(in ThriftPickContext context) => null;
}
