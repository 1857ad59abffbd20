using System.CommandLine;
using Rx.ThriftStreams.Dynamic;
using Spectre.Console;

namespace Rx.ThriftStreams.Tool;

/// <summary><c>thriftstreams bench</c>: calls a method as often as asked, and prints how long the calls took.</summary>
internal static class BenchCommand
{
    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(1);

    public static Command Create(TextReader input, TextWriter output, TextWriter error)
    {
        var address = CallCommands.Address();
        var method = CallCommands.Method();
        var data = new Option<string?>("--data", "-d") { Description = "The request as JSON, with placeholders: {{counter}}, {{random}}, {{random:MIN:MAX}}, {{uuid}}, {{text:LENGTH}}; @FILE to read a file. Without it the standard input is read." };
        var concurrency = new Option<int>("--concurrency", "-c") { Description = "How many calls run at a time.", DefaultValueFactory = static _ => 10 };
        var connections = new Option<int>("--connections") { Description = "How many channels they share.", DefaultValueFactory = static _ => 1 };
        var rate = new Option<double?>("--rate", "-r") { Description = "How many calls begin in a second. Latencies are measured from the time at which a call should have begun. Default: each call begins when one has ended." };
        var duration = new Option<string>("--duration", "-t") { Description = "How long to measure: 500ms, 10s, 2m.", DefaultValueFactory = static _ => "10s" };
        var warmUp = new Option<string>("--warm-up") { Description = "How long to call before.", DefaultValueFactory = static _ => "1s" };
        var grace = new Option<string>("--grace") { Description = "How long the last calls may take after that; those that have not ended then count as unfinished.", DefaultValueFactory = static _ => "10s" };
        var messages = new Option<int>("--messages", "-n") { Description = "The messages that each stream sends; of a stream of responses, how many are received at most.", DefaultValueFactory = static _ => 100 };
        var json = new Option<bool>("--json") { Description = "Print the result as JSON." };
        var lenient = CallCommands.Lenient();
        var quiet = new Option<bool>("--quiet", "-q") { Description = "Show nothing while calls run." };
        var target = new CallTargetOptions();
        var command = new Command("bench", "Measures how fast a server answers calls of a method.") { address, method, data, concurrency, connections, rate, duration, warmUp, grace, messages, json, quiet, lenient };
        target.AddTo(command);
        command.SetAction((parsed, cancellationToken) => Failures.ReportAsync(
            async () =>
            {
                var options = new BenchOptions(
                    parsed.GetValue(concurrency),
                    parsed.GetValue(connections),
                    parsed.GetValue(rate),
                    Durations.Parse(parsed.GetValue(duration)!, "--duration"),
                    Durations.Parse(parsed.GetValue(warmUp)!, "--warm-up", mayBeZero: true),
                    Durations.Parse(parsed.GetValue(grace)!, "--grace", mayBeZero: true),
                    parsed.GetValue(messages));
                options.Validate();
                return await RunAsync(
                    target.Target(parsed, parsed.GetValue(address)),
                    parsed.GetValue(method)!,
                    new MessageInput(parsed.GetValue(data), input),
                    CallCommands.Json(parsed.GetValue(lenient)),
                    options,
                    parsed.GetValue(json) ? null : ToolConsole.Of(output),
                    output,
                    parsed.GetValue(quiet) ? null : ToolConsole.Of(error),
                    cancellationToken);
            },
            error));
        return command;
    }

    private static async Task<int> RunAsync(
        CallTarget target,
        string name,
        MessageInput input,
        ThriftDynamicJsonOptions json,
        BenchOptions options,
        ToolConsole? report,
        TextWriter output,
        ToolConsole? progress,
        CancellationToken cancellationToken)
    {
        var method = SchemaSymbols.FindMethod(await target.LoadAsync(cancellationToken), name);
        var text = method.Request.Fields.Count == 0 ? "{}" : await input.ReadAllAsync(cancellationToken);
        var template = MessageTemplate.Parse(method.Request, text, json);
        await using var calls = new BenchCalls(target, method, template, options.Connections, options.Messages);
        using var engine = new BenchEngine(options, calls.CallAsync, TimeProvider.System);
        await ShowAsync(progress, options, engine, engine.RunAsync(cancellationToken));

        var figures = engine.Snapshot();
        var result = new BenchResult(target.Address!, method.ToString(), method.Mode.ToString(), options.Concurrency, options.Connections, options.Rate, options.Rate is not null, figures);
        if (report is null)
        {
            await output.WriteLineAsync(result.ToJson());
        }
        else
        {
            BenchReport.Write(report, result);
        }

        return cancellationToken.IsCancellationRequested ? ExitCodes.Interrupted
            : figures.Failed == 0 ? ExitCodes.Success
            : figures.Failed == figures.Calls && figures.Errors.Keys.All(static kind => kind is nameof(ThriftStatusCode.Unavailable)) ? ExitCodes.Unreachable
            : ExitCodes.Findings;
    }

    /// <summary>Shows what happens until the run ends: a display that is replaced in a terminal, a line each second elsewhere.</summary>
    private static async Task ShowAsync(ToolConsole? progress, BenchOptions options, BenchEngine engine, Task running)
    {
        if (progress is { IsTerminal: true })
        {
            await progress.Output.Live(BenchReport.Live(options, engine.Elapsed, engine.Snapshot())).AutoClear(true).StartAsync(async display =>
            {
                while (!running.IsCompleted)
                {
                    display.UpdateTarget(BenchReport.Live(options, engine.Elapsed, engine.Snapshot()));
                    await Task.WhenAny(running, Task.Delay(Refresh));
                }
            });
        }
        else if (progress is not null)
        {
            while (await Task.WhenAny(running, Task.Delay(LineInterval)) != running)
            {
                progress.WriteLine(BenchReport.Line(options, engine.Elapsed, engine.Snapshot()));
            }
        }

        await running;
    }
}
