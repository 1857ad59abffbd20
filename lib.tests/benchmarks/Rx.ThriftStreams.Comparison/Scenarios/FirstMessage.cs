using System.Diagnostics;
using Compared.Thrift;

namespace Rx.ThriftStreams.Comparison.Scenarios;

/// <summary>How soon the first message of a server stream is there.</summary>
internal sealed class FirstMessage : Scenario
{
    private const int Warm = 2000;
    private const int Cold = 50;

    internal override IReadOnlyList<string> Names =>
        ["first message of a stream, median, ms", "first message of a stream, 99 %, ms", "first message on a new channel, median, ms"];

    internal override async Task<IReadOnlyList<string>> MeasureAsync(ScenarioHost host)
    {
        var warm = new List<double>();
        await using (var channel = host.Open())
        {
            var client = new EchoClient(channel);
            for (var i = 0; i < 2 * Warm; i++)
            {
                warm.Add(await ReceiveAsync(client));
            }
        }

        var cold = new List<double>();
        for (var i = 0; i < Cold; i++)
        {
            await using var channel = host.Open();
            cold.Add(await ReceiveAsync(new EchoClient(channel)));
        }

        // The first half warms up.
        var counted = warm.Skip(Warm).ToList();
        return [Milliseconds(Percentile(counted, 0.5)), Milliseconds(Percentile(counted, 0.99)), Milliseconds(Percentile(cold, 0.5))];
    }

    private static async Task<double> ReceiveAsync(EchoClient client)
    {
        var started = Stopwatch.GetTimestamp();
        await foreach (var message in client.ServerAsync(Small))
        {
            break;
        }

        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }
}
