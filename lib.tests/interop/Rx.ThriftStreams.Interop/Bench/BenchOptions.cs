namespace Rx.ThriftStreams.InteropProgram.Bench;

/// <summary>What is to be measured.</summary>
internal sealed record BenchOptions(
    string Address,
    string Transport,
    string[] Cases,
    TimeSpan Duration,
    TimeSpan WarmUp,
    int[] Streams,
    int ServerStreams,
    int[] Sizes,
    int[] Callers,
    string Label)
{
    internal static BenchOptions From(Arguments arguments)
    {
        var options = new BenchOptions(
            arguments.Text("addr") ?? "127.0.0.1:8888",
            arguments.Text("transport") ?? "grpc",
            ParseCases(arguments.Text("case") ?? "all"),
            TimeSpan.FromSeconds(arguments.Fraction("secs", 3)),
            TimeSpan.FromSeconds(arguments.Fraction("warmup", 0.5)),
            arguments.Numbers("streams", 1, 16, 64),
            arguments.Number("sstreams", 4),
            arguments.Numbers("sizes", 16, 1024, 65536),
            arguments.Numbers("conc", 1, 16, 64),
            arguments.Text("label") ?? "rx");
        arguments.CheckAllKnown();
        if (options.Duration <= TimeSpan.Zero || options.WarmUp < TimeSpan.Zero)
        {
            throw new UsageException("--secs must be more than 0, and --warmup not less.");
        }

        if (options.ServerStreams < 1 || options.Sizes.Concat(options.Streams).Concat(options.Callers).Any(number => number < 1))
        {
            throw new UsageException("Numbers of streams and callers, and sizes, are 1 at least.");
        }

        if (options.Cases.FirstOrDefault(name => !options.Carries(name)) is { } impossible)
        {
            throw new UsageException($"{options.Transport} cannot carry the case {impossible}.");
        }

        return options;
    }

    /// <summary>Whether a case can be measured over the transport.</summary>
    internal bool Carries(string name) => name == "unary" ? Transport != "ttheader-streaming" : Transport is "grpc" or "ttheader-streaming";

    /// <summary>Empty for all.</summary>
    private static string[] ParseCases(string text)
    {
        var cases = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        foreach (var name in cases)
        {
            if (name is not ("all" or "bidi" or "server" or "client" or "unary"))
            {
                throw new UsageException($"There is no case \"{name}\". Say all, or some of bidi, server, client and unary, with commas between them.");
            }
        }

        return cases.Contains("all") ? [] : cases;
    }
}
