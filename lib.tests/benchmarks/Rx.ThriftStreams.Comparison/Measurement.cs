namespace Rx.ThriftStreams.Comparison;

/// <summary>The figures of one contender in one cell: messages per second, a value for each round.</summary>
internal sealed record Measurement(Cell Cell, string Contender)
{
    internal List<double> Rounds { get; } = [];

    internal double Median => Sorted[Rounds.Count / 2];

    internal double Lowest => Sorted[0];

    internal double Highest => Sorted[^1];

    private double[] Sorted => [.. Rounds.Order()];
}
