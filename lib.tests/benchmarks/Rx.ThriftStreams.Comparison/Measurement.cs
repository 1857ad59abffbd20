namespace Rx.ThriftStreams.Comparison;

/// <summary>What one contender made in one cell: figures for each round.</summary>
internal sealed record Measurement(Cell Cell, string Contender)
{
    internal List<Figures> Rounds { get; } = [];

    internal double Median => MedianOf(static figures => figures.PerSecond);

    internal double Lowest => Sorted[0];

    internal double Highest => Sorted[^1];

    /// <summary>Processor time per message, in microseconds: the median.</summary>
    internal double Processor => MedianOf(static figures => figures.Processor);

    private double[] Sorted => SortedBy(static figures => figures.PerSecond);

    private double MedianOf(Func<Figures, double> figure)
    {
        var sorted = SortedBy(figure);
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private double[] SortedBy(Func<Figures, double> figure) => [.. Rounds.Select(figure).Order()];
}
