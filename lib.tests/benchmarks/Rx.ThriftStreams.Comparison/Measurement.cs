namespace Rx.ThriftStreams.Comparison;

/// <summary>What one contender made in one cell: figures for each round.</summary>
internal sealed record Measurement(Cell Cell, string Contender)
{
    internal List<Figures> Rounds { get; } = [];

    internal double Median => Sorted[Rounds.Count / 2];

    internal double Lowest => Sorted[0];

    internal double Highest => Sorted[^1];

    /// <summary>Processor time per message, in microseconds: the median.</summary>
    internal double Processor => Rounds.Select(static figures => figures.Processor).Order().ElementAt(Rounds.Count / 2);

    private double[] Sorted => [.. Rounds.Select(static figures => figures.PerSecond).Order()];
}
