using System.Diagnostics;
using Compared.Thrift;

namespace Rx.ThriftStreams.Comparison.Scenarios;

/// <summary>A hundred streams on one connection, each waiting for the answer to its message: how long the slowest answers take, without and with a stream among them that nobody reads.</summary>
internal sealed class SlowNeighbour : Scenario
{
    private const int Fast = 99;
    private const int Rounds = 200;

    internal override IReadOnlyList<string> Names =>
    [
        "99 streams, answer to a message, 99 %, ms",
        "the same beside a stream of 64 KiB messages that is not read, 99 %, ms",
        "memory of the client for the stream that is not read, MiB",
    ];

    internal override async Task<IReadOnlyList<string>> MeasureAsync(ScenarioHost host)
    {
        await using var channel = host.Open(connections: 1);
        var client = new EchoClient(channel);
        var streams = await Task.WhenAll(Enumerable.Range(0, Fast).Select(_ => ScenarioHost.OpenStreamAsync(client)));
        await EchoAllAsync(streams);
        var alone = await EchoAllAsync(streams);

        var heap = GC.GetTotalMemory(forceFullCollection: true);
        await using var unread = client.ServerAsync(new Message { Text = new string('x', 64 * 1024) }).GetAsyncEnumerator();
        await unread.MoveNextAsync();
        var beside = await EchoAllAsync(streams);
        var held = (GC.GetTotalMemory(forceFullCollection: true) - heap) / 1024.0 / 1024;
        foreach (var stream in streams)
        {
            await stream.DisposeAsync();
        }

        return [Milliseconds(alone), Milliseconds(beside), Milliseconds(held)];
    }

    private static async Task<double> EchoAllAsync(EchoingStream[] streams)
    {
        var times = await Task.WhenAll(streams.Select(async stream =>
        {
            var own = new List<double>(Rounds);
            for (var i = 0; i < Rounds; i++)
            {
                var started = Stopwatch.GetTimestamp();
                await stream.EchoAsync();
                own.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }

            return own;
        }));
        return Percentile(times.SelectMany(static own => own), 0.99);
    }
}
