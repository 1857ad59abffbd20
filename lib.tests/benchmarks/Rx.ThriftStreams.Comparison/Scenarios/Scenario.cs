using Compared.Thrift;

namespace Rx.ThriftStreams.Comparison.Scenarios;

/// <summary>One row of what no throughput shows: how soon, how many, and what happens when something goes wrong.</summary>
internal abstract class Scenario
{
    /// <summary>What is measured, with its unit.</summary>
    internal abstract IReadOnlyList<string> Names { get; }

    /// <summary>Measures it over a transport.</summary>
    /// <returns>A value for each name.</returns>
    internal abstract Task<IReadOnlyList<string>> MeasureAsync(ScenarioHost host);

    /// <summary>A message that needs no room.</summary>
    protected static Message Small => new() { Text = "0123456789abcdef" };

    protected static string Milliseconds(double milliseconds) => milliseconds.ToString(milliseconds < 10 ? "0.00" : "0", System.Globalization.CultureInfo.InvariantCulture);

    protected static double Percentile(IEnumerable<double> values, double fraction)
    {
        var sorted = values.Order().ToList();
        return sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * fraction))];
    }
}
