using System.Globalization;
using System.Text;
using ScottPlot;

namespace Rx.ThriftStreams.Comparison;

/// <summary>Tables and a chart of the measurements.</summary>
internal sealed class Report(IReadOnlyList<Measurement> results)
{
    private const string Reference = "grpc-dotnet";

    private List<string> Contenders { get; } = [.. results.Select(static result => result.Contender).Distinct()];

    private List<Cell> Cells { get; } = [.. results.Select(static result => result.Cell).Distinct()];

    /// <summary>Two tables: thousands of messages per second, as the median of the rounds with the lowest and highest, and processor time per message.</summary>
    internal string ToMarkdown() => $"""
        Thousands of messages per second:

        {Table(static result => $"{Thousands(result.Median)} ({Thousands(result.Lowest)}–{Thousands(result.Highest)})")}
        Microseconds of processor time per message, client and server together:

        {Table(static result => result.Processor.ToString(result.Processor < 10 ? "0.00" : "0.0", CultureInfo.InvariantCulture))}
        """;

    private string Table(Func<Measurement, string> write)
    {
        var text = new StringBuilder("| |").AppendJoin(string.Empty, Contenders.Select(static name => $" {name} |")).Append("\n|---|");
        text.AppendJoin(string.Empty, Contenders.Select(static _ => "---:|")).Append('\n');
        foreach (var cell in Cells)
        {
            text.Append("| ").Append(cell).Append(" |");
            foreach (var contender in Contenders)
            {
                var result = Find(cell, contender);
                text.Append(result is null ? " |" : $" {write(result)} |");
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    /// <summary>A group of bars for each cell: multiples of what grpc-dotnet makes, on a logarithmic axis.</summary>
    /// <param name="path">Without extension; written as SVG and PNG.</param>
    internal void Draw(string path)
    {
        using var plot = new Plot();
        var cells = Cells.Where(cell => Find(cell, Reference) is not null).ToList();
        var names = Contenders.Where(static name => name != Reference).ToList();
        var colors = new ScottPlot.Palettes.Category20();
        var bars = names.Select(static _ => new List<Bar>()).ToList();
        foreach (var (row, cell) in cells.Index())
        {
            var present = names.Where(name => Find(cell, name) is not null).ToList();
            var width = 0.8 / present.Count;
            foreach (var (place, name) in present.Index())
            {
                var color = names.IndexOf(name);
                bars[color].Add(new Bar
                {
                    Position = row - 0.4 + ((place + 0.5) * width),
                    Value = Math.Log10(Find(cell, name)!.Median / Find(cell, Reference)!.Median),
                    Size = width,
                    FillColor = colors.GetColor(color),
                    LineWidth = 0,
                });
            }
        }

        foreach (var (name, its) in names.Zip(bars))
        {
            plot.Add.Bars(its).LegendText = name;
        }

        plot.Axes.Left.SetTicks([-1, -0.301, 0, 0.301, 1, 2], ["0.1", "0.5", "1", "2", "10", "100"]);
        plot.Axes.Bottom.SetTicks([.. cells.Select(static (_, row) => (double)row)], [.. cells.Select(static cell => cell.ToString())]);
        plot.Axes.Bottom.TickLabelStyle.Rotation = 30;
        plot.Axes.Bottom.TickLabelStyle.Alignment = Alignment.UpperLeft;
        plot.Axes.Bottom.MinimumSize = 110;
        plot.YLabel($"times {Reference}");
        plot.ShowLegend(Edge.Right);
        plot.SaveSvg($"{path}.svg", 1100, 480);
        plot.SavePng($"{path}.png", 1100, 480);
    }

    private static string Thousands(double perSecond) => (perSecond / 1000).ToString(perSecond < 100_000 ? "0.0" : "#,0", CultureInfo.InvariantCulture);

    private Measurement? Find(Cell cell, string contender) => results.FirstOrDefault(result => result.Cell == cell && result.Contender == contender);
}
