using System.CommandLine;
using Rx.ThriftStreams.Comparison;
using Rx.ThriftStreams.Comparison.Scenarios;

var port = new Option<int>("--port") { Description = "The first of ten ports of the loopback interface.", DefaultValueFactory = _ => 9400 };
var rounds = new Option<int>("--rounds") { Description = "How often every cell is measured.", DefaultValueFactory = _ => 3 };
var warmUp = new Option<double>("--warmup") { Description = "Seconds before each measurement.", DefaultValueFactory = _ => 0.5 };
var duration = new Option<double>("--secs") { Description = "Seconds of each measurement.", DefaultValueFactory = _ => 1 };
var only = new Option<string?>("--only") { Description = "Measure only cells whose name contains this." };
var contender = new Option<string?>("--contender") { Description = "Measure only contenders whose name begins with this." };
var kestrel = new Option<KestrelSetting>("--kestrel") { Description = "What to change in Kestrel under this library's servers." };
var page = new Option<string?>("--page") { Description = "A Markdown page that gets the table, between <!-- comparison --> and <!-- /comparison -->." };
var chart = new Option<string?>("--chart") { Description = "Where the chart goes, without extension." };

var name = new Option<string?>("--name") { Description = "Run the server of the contender with this name only." };

var serve = new Command("serve", "Runs the servers until standard input ends.") { port, name, kestrel };
serve.SetAction(async (arguments, cancellationToken) =>
{
    var first = arguments.GetValue(port);
    var wanted = arguments.GetValue(name);
    foreach (var (index, served) in Comparison.Contenders().Index().Where(contender => wanted is null || contender.Item.Name == wanted))
    {
        served.Kestrel = arguments.GetValue(kestrel);
        await served.ServeAsync(first + index);
    }

    await Console.Out.WriteLineAsync("ready");
    await Console.In.ReadToEndAsync(cancellationToken);
});

var scenarios = new Command("scenarios", "Measures what throughput does not show, of this library alone: first messages, many streams, a restart, a slow neighbour.") { port, page };
scenarios.SetAction(async (arguments, _) =>
{
    var table = await ScenarioReport.RunAsync(arguments.GetValue(port));
    await Console.Out.WriteLineAsync(table);
    if (arguments.GetValue(page) is { } markdown)
    {
        await MarkdownPage.ReplaceAsync(markdown, "scenarios", table);
    }
});

var compare = new RootCommand("Compares this library with others, in two processes on this machine.") { port, rounds, warmUp, duration, only, contender, kestrel, page, chart, serve, scenarios };
compare.SetAction(async (arguments, _) =>
{
    var first = arguments.GetValue(port);
    var cells = Cell.All.Where(cell => arguments.GetValue(only) is not { } text || cell.ToString().Contains(text, StringComparison.Ordinal)).ToList();
    var comparison = new Comparison(TimeSpan.FromSeconds(arguments.GetValue(warmUp)), TimeSpan.FromSeconds(arguments.GetValue(duration)), arguments.GetValue(rounds), arguments.GetValue(kestrel));
    var report = new Report(await comparison.RunAsync(first, cells, name => name.StartsWith(arguments.GetValue(contender) ?? string.Empty, StringComparison.Ordinal)));
    await Console.Out.WriteLineAsync(report.ToMarkdown());
    if (arguments.GetValue(page) is { } markdown)
    {
        await MarkdownPage.ReplaceAsync(markdown, "comparison", report.ToMarkdown());
    }

    if (arguments.GetValue(chart) is { } path)
    {
        report.Draw(path);
    }
});

return await compare.Parse(args).InvokeAsync();
