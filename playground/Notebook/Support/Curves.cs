using ScottPlot;

namespace Rx.ThriftStreams.Playground;

/// <summary>Quantities over time, a curve for each.</summary>
/// <param name="horizontal">The name of the horizontal axis.</param>
/// <param name="vertical">The name of the vertical axis.</param>
public sealed class Curves(string horizontal, string vertical)
{
    private readonly List<(string Name, double[] X, double[] Y)> _curves = [];

    /// <summary>Adds a curve.</summary>
    public void Add(string name, IReadOnlyCollection<(double At, double Value)> points)
        => _curves.Add((name, [.. points.Select(static point => point.At)], [.. points.Select(static point => point.Value)]));

    /// <summary>Draws all curves.</summary>
    public Plot ToPlot()
    {
        var plot = new Plot();
        foreach (var (name, x, y) in _curves)
        {
            var curve = plot.Add.ScatterLine(x, y);
            curve.LegendText = name;
            curve.LineWidth = 2;
        }

        plot.XLabel(horizontal);
        plot.YLabel(vertical);
        plot.Axes.Bottom.Label.Bold = plot.Axes.Left.Label.Bold = false;
        plot.ShowLegend(Edge.Right);
        plot.Axes.AutoScale();
        return plot;
    }
}
