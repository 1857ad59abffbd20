using ScottPlot;

namespace Rx.ThriftStreams.Playground;

/// <summary>Counts as bars: a group for each case, a bar for each name.</summary>
/// <param name="vertical">The name of the vertical axis.</param>
public sealed class Bars(string vertical)
{
    private readonly List<(string Case, IReadOnlyDictionary<string, int> Counts)> _groups = [];

    /// <summary>Adds a group.</summary>
    public void Add(string name, IReadOnlyDictionary<string, int> counts) => _groups.Add((name, counts));

    /// <summary>Draws all groups.</summary>
    public Plot ToPlot()
    {
        var plot = new Plot();
        string[] names = [.. _groups.SelectMany(static group => group.Counts.Keys).Distinct().Order(StringComparer.Ordinal)];
        var width = 0.8 / names.Length;
        for (var index = 0; index < names.Length; index++)
        {
            var bars = _groups.Select((group, position) => new Bar
            {
                Position = position - 0.4 + ((index + 0.5) * width),
                Value = group.Counts.GetValueOrDefault(names[index]),
                Size = width,
                FillColor = plot.Add.Palette.GetColor(index),
                LineWidth = 0,
            });
            plot.Add.Bars(bars.ToList()).LegendText = names[index];
        }

        plot.Axes.Bottom.SetTicks([.. _groups.Select(static (_, position) => (double)position)], [.. _groups.Select(static group => group.Case)]);
        plot.YLabel(vertical);
        plot.Axes.Left.Label.Bold = false;
        plot.ShowLegend(Edge.Right);
        plot.Axes.Margins(bottom: 0);
        return plot;
    }
}
