using System.Globalization;
using Rx.ThriftStreams.Comparison.Contenders;

namespace Rx.ThriftStreams.Comparison;

/// <summary>Runs every contender through every cell, in rounds of alternating order: what a machine does to one it does to all.</summary>
internal sealed class Comparison(TimeSpan warmUp, TimeSpan duration, int rounds, KestrelSetting kestrel)
{
    // A caller that does not notice the end of the measurement would never end the program.
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(10);

    // A handler that learns only from its connection that nobody listens may go on for a while, and take the processors from whoever is next.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    // The runtime compiles hot code a second time, which takes seconds while all processors are busy: what is measured first would be measured in slower code.
    private static readonly TimeSpan CompileTime = TimeSpan.FromSeconds(4);

    private readonly List<Measurement> _results = [];

    internal static IReadOnlyList<Contender> Contenders() =>
    [
        new OurLibrary("gRPC", "grpc"),
        new OurLibrary("TTHeader", "ttheader"),
        new OurLibrary("TTHeader inline", "ttheader", configureServer: static options => options.PingPong.RunHandlersInline = true),
        new OurLibrary("TTHeader pooled", "ttheader", static options => options.Connections.Mode = ThriftConnectionMode.Pooled),
        new OurUtf8(),
        new OurLibrary("Framed pooled", "ttheader", static options => options.PingPongTransport = ThriftTransport.Framed),
        new OurLibrary("Framed pipelined", "ttheader", static options =>
        {
            options.PingPongTransport = ThriftTransport.Framed;
            options.Connections.Mode = ThriftConnectionMode.Pipelined;
        }),
        new GrpcDotNet(),
        new ProtobufNet(),
        new SignalR(),
        new Contenders.Apache(),
        new Contenders.Sockets(),
    ];

    /// <param name="firstPort">The port of the first contender's server; the others follow.</param>
    /// <param name="cells">What to measure.</param>
    /// <param name="isWanted">Selects contenders by their name.</param>
    internal async Task<IReadOnlyList<Measurement>> RunAsync(int firstPort, IReadOnlyList<Cell> cells, Func<string, bool> isWanted)
    {
        var contenders = new List<(int Port, Contender Contender, ServerProcess Server)>();
        foreach (var (index, contender) in Contenders().Index().Where(contender => isWanted(contender.Item.Name)))
        {
            // In a process of its own: what the handlers of one leave behind in the thread pool and the heap is not in the way of another.
            contenders.Add((firstPort + index, contender, await ServerProcess.StartAsync(firstPort, contender.Name, kestrel)));
        }

        try
        {
            await CompileAsync(cells, contenders);
            await RunAsync(cells, contenders);
        }
        finally
        {
            foreach (var (_, _, server) in contenders)
            {
                await server.DisposeAsync();
            }
        }

        return _results;
    }

    private static async Task CompileAsync(IReadOnlyList<Cell> cells, List<(int Port, Contender Contender, ServerProcess Server)> contenders)
    {
        foreach (var (port, contender, server) in contenders)
        {
            foreach (var shape in cells.Select(static cell => cell.Shape).Distinct().Where(contender.Has))
            {
                await MeasureAsync(port, contender, server, new Cell(shape, Size: 16, Parallel: 16), CompileTime, TimeSpan.Zero);
            }
        }
    }

    private async Task RunAsync(IReadOnlyList<Cell> cells, List<(int Port, Contender Contender, ServerProcess Server)> contenders)
    {
        for (var round = 0; round < rounds; round++)
        {
            foreach (var cell in cells)
            {
                foreach (var (port, contender, server) in round % 2 == 0 ? contenders : Enumerable.Reverse(contenders))
                {
                    if (contender.Has(cell.Shape))
                    {
                        var figures = await MeasureAsync(port, contender, server, cell, warmUp, duration);
                        var outcome = "nothing moved, or it did not end: does not count";
                        if (figures is { PerSecond: > 0 } counted)
                        {
                            ResultOf(cell, contender.Name).Rounds.Add(counted);
                            outcome = string.Create(CultureInfo.InvariantCulture, $"{counted.PerSecond,12:N0} /s {counted.Processor,8:N2} µs");
                        }

                        await Console.Error.WriteLineAsync($"{round + 1}/{rounds} {cell,-28} {contender.Name,-22} {outcome}");
                    }
                }
            }
        }
    }

    /// <summary>Measures on new connections: nothing that one measurement leaves behind slows the next.</summary>
    /// <returns><see langword="null"/> if a caller hung: its connections are closed, and the program goes on.</returns>
    private static async Task<Figures?> MeasureAsync(int port, Contender contender, ServerProcess server, Cell cell, TimeSpan warmUp, TimeSpan duration)
    {
        await contender.ConnectAsync(port);
        var figures = await MeasureAsync(contender, server, cell, warmUp, duration);
        await Task.Delay(Pause);
        await contender.DisposeAsync();
        return figures;
    }

    private static async Task<Figures?> MeasureAsync(Contender contender, ServerProcess server, Cell cell, TimeSpan warmUp, TimeSpan duration)
    {
        GC.Collect();
        using var clock = new Clock();
        var text = new string('x', cell.Size);
        var callers = Enumerable.Range(0, cell.Parallel).Select(_ => Task.Run(() => contender.RunAsync(cell.Shape, text, clock))).ToList();
        var rate = clock.MeasureAsync(warmUp, duration, () => server.ProcessorTime + Environment.CpuUsage.TotalTime);

        // A caller that fails ends the measurement: it would lower the rate.
        var first = await Task.WhenAny(callers.Append<Task>(rate));
        await first;
        var measured = await rate;
        try
        {
            await Task.WhenAll(callers).WaitAsync(EndLimit);
        }
        catch (TimeoutException)
        {
            return null;
        }

        return measured;
    }

    private Measurement ResultOf(Cell cell, string contender)
    {
        var found = _results.Find(result => result.Cell == cell && result.Contender == contender);
        if (found is null)
        {
            found = new Measurement(cell, contender);
            _results.Add(found);
        }

        return found;
    }
}
