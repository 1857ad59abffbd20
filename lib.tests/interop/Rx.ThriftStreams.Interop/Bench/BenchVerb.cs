using Rx.ThriftStreams.InteropProgram.Client;
using Rx.ThriftStreams.InteropProgram.Idl;

namespace Rx.ThriftStreams.InteropProgram.Bench;

/// <summary><c>bench --addr A --transport T …</c>: one JSON line a case.</summary>
public static class BenchVerb
{
    /// <summary>Runs it.</summary>
    /// <param name="arguments">What is to be measured.</param>
    /// <param name="output">Where the lines go.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(Arguments arguments, TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        ArgumentNullException.ThrowIfNull(output);
        var options = BenchOptions.From(arguments);
        var channel = ClientChannel.Open(options.Address, options.Transport, caller: "bench");
        await using (channel)
        {
            var cases = new BenchCases(new TestServiceClient(channel), options.Transport);
            foreach (var count in Wanted(options, "bidi") ? options.Streams : [])
            {
                await WriteAsync("bidi", count, 16, cases.BidirectionalAsync);
            }

            foreach (var size in Wanted(options, "server") ? options.Sizes : [])
            {
                await WriteAsync("server", options.ServerStreams, size, worker => cases.ServerStreamingAsync(worker, size));
            }

            foreach (var size in Wanted(options, "client") ? options.Sizes : [])
            {
                await WriteAsync("client", options.ServerStreams, size, worker => cases.ClientStreamingAsync(worker, size));
            }

            foreach (var count in Wanted(options, "unary") ? options.Callers : [])
            {
                await WriteAsync("unary", count, 16, cases.UnaryAsync);
            }
        }

        return 0;

        async Task WriteAsync(string name, int concurrency, int size, Func<BenchWorker, Task> work)
        {
            var result = await new BenchRun(options).MeasureAsync(name, concurrency, size, work);
            await output.WriteLineAsync(result.ToJson());
            await output.FlushAsync();
        }
    }

    private static bool Wanted(BenchOptions options, string name) => options.Cases is [] ? options.Carries(name) : options.Cases.Contains(name);
}
