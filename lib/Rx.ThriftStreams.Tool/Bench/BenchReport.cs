using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Rx.ThriftStreams.Tool;

/// <summary>Figures for people: tables in a terminal, plain lines elsewhere.</summary>
internal static class BenchReport
{
    private const int BarWidth = 40;

    /// <summary>A line about what runs.</summary>
    public static string Line(BenchOptions options, TimeSpan elapsed, BenchFigures figures)
    {
        var phase = elapsed < options.WarmUp ? "warming up" : string.Create(CultureInfo.InvariantCulture, $"{figures.CallsPerSecond:0} calls/s");
        var latency = figures.LatencyMicroseconds is { } latencies ? $", p50 {Time(latencies.P50)}, p99 {Time(latencies.P99)}, max {Time(latencies.Max)}" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{elapsed.TotalSeconds:0} s: {phase}, {figures.Calls} calls, {figures.Failed} failed{latency}");
    }

    /// <summary>The live display in a terminal.</summary>
    public static IRenderable Live(BenchOptions options, TimeSpan elapsed, BenchFigures figures)
    {
        var total = options.WarmUp + options.Duration;
        var done = Math.Clamp(elapsed / total, 0, 1);
        var table = new Table().Border(TableBorder.Rounded).HideHeaders().AddColumn("name").AddColumn(new TableColumn("value").RightAligned());
        table.AddRow(elapsed < options.WarmUp ? "warming up" : "measuring", string.Create(CultureInfo.InvariantCulture, $"{elapsed.TotalSeconds:0.0} of {total.TotalSeconds:0.#} s"));
        table.AddRow("[grey]progress[/]", $"[green]{new string('█', (int)(done * 20))}[/][grey]{new string('░', 20 - (int)(done * 20))}[/]");
        AddRows(table, figures);
        return table;
    }

    /// <summary>Prints the result.</summary>
    public static void Write(ToolConsole console, BenchResult result)
    {
        var figures = result.Result;
        if (console.IsTerminal)
        {
            var table = new Table().Border(TableBorder.Rounded).HideHeaders().AddColumn("name").AddColumn(new TableColumn("value").RightAligned());
            AddRows(table, figures);
            console.Output.Write(table);
            WriteHistogram(figures, (range, count, bar) => console.Output.MarkupLine($"{range} [grey]{count}[/] [green]{bar}[/]"));
            return;
        }

        foreach (var (name, value) in Rows(figures))
        {
            console.WriteLine($"{name,-12} {value}");
        }

        WriteHistogram(figures, (range, count, bar) => console.WriteLine($"{range} {count} {bar}".TrimEnd()));
    }

    /// <summary>Microseconds as people read them.</summary>
    public static string Time(double microseconds) => microseconds switch
    {
        < 1000 => string.Create(CultureInfo.InvariantCulture, $"{microseconds:0.#} µs"),
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{microseconds / 1000:0.##} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{microseconds / 1_000_000:0.##} s"),
    };

    private static void AddRows(Table table, BenchFigures figures)
    {
        foreach (var (name, value) in Rows(figures))
        {
            table.AddRow(name.StartsWith("error", StringComparison.Ordinal) ? $"[red]{Markup.Escape(name)}[/]" : $"[grey]{Markup.Escape(name)}[/]", Markup.Escape(value));
        }
    }

    private static IEnumerable<(string Name, string Value)> Rows(BenchFigures figures)
    {
        yield return ("calls", string.Create(CultureInfo.InvariantCulture, $"{figures.Calls} in {figures.Seconds:0.###} s, {figures.CallsPerSecond:0.#}/s"));
        yield return ("messages", string.Create(CultureInfo.InvariantCulture, $"{figures.Sent} sent, {figures.Received} received, {figures.MessagesPerSecond:0.#}/s"));
        yield return ("data", string.Create(CultureInfo.InvariantCulture, $"{figures.SentBytes / 1e6:0.###} MB sent, {figures.ReceivedBytes / 1e6:0.###} MB received"));
        if (figures.LatencyMicroseconds is { } latency)
        {
            yield return ("min", Time(latency.Min));
            yield return ("mean", Time(latency.Mean));
            yield return ("p50", Time(latency.P50));
            yield return ("p75", Time(latency.P75));
            yield return ("p90", Time(latency.P90));
            yield return ("p95", Time(latency.P95));
            yield return ("p99", Time(latency.P99));
            yield return ("p99.9", Time(latency.P999));
            yield return ("p99.99", Time(latency.P9999));
            yield return ("max", Time(latency.Max));
        }

        foreach (var (kind, count) in figures.Errors)
        {
            yield return ("error", $"{kind}: {count}");
        }
    }

    private static void WriteHistogram(BenchFigures figures, Action<string, string, string> write)
    {
        var most = figures.Histogram.Count == 0 ? 0 : figures.Histogram.Max(static bucket => bucket.Count);
        foreach (var bucket in figures.Histogram)
        {
            write($"<= {Time(bucket.UpTo),9}", $"{bucket.Count,9}", new string('█', (int)(BarWidth * bucket.Count / most)));
        }
    }
}
